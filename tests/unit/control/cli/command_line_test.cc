#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "control/cli/commands/all.h"
#include "control/cli/parser.h"

namespace vfleet::cli {
namespace {

Outcome<Parsed> parse(const std::vector<std::string>& words) {
  return parse_command_line(all_commands(), words);
}

TEST(CommandLine, EveryVerbHasHelpWithExamples) {
  for (const CommandSpec& command : all_commands()) {
    SCOPED_TRACE(command.name);
    EXPECT_NE(command.run, nullptr);
    EXPECT_FALSE(command.examples.empty());
    const auto help = parse({command.name, "--help"});
    ASSERT_TRUE(help) << help.error().message;
    EXPECT_EQ(help->command, nullptr);
    EXPECT_NE(help->text.find("Examples:"), std::string::npos);
    EXPECT_NE(help->text.find(command.examples.front().command), std::string::npos);
  }
}

TEST(CommandLine, AnOlderNameOfAnOptionStillWorksAndIsNotShown) {
  const auto old = parse({"watch", "all", "--limit", "7"});
  ASSERT_TRUE(old);
  EXPECT_EQ(old->invocation.number("count"), 7);
  EXPECT_EQ(parse({"watch", "all", "--count", "8"})->invocation.number("count"), 8);
  EXPECT_FALSE(parse({"watch", "all", "--limit", "0"})) << "checked as the new one";
  const auto help = parse({"watch", "--help"});
  ASSERT_TRUE(help);
  EXPECT_NE(help->text.find("--count"), std::string::npos);
  EXPECT_EQ(help->text.find("--limit"), std::string::npos);
}

TEST(CommandLine, ExamplesInHelpAreAcceptedByTheParser) {
  for (const CommandSpec& command : all_commands()) {
    for (const Example& example : command.examples) {
      std::vector<std::string> words;
      std::string word;
      bool quoted = false;
      const auto end_word = [&] {
        if (!word.empty()) words.push_back(word);
        word.clear();
      };
      const std::size_t begin = example.command.find("vfleet ");
      ASSERT_NE(begin, std::string::npos) << example.command;
      for (const char c : example.command.substr(begin + 7)) {
        if (c == '\'') {
          quoted = !quoted;
        } else if (c == ' ' && !quoted) {
          end_word();
        } else if ((c == '|' || c == '>' || c == ')' || c == '&') && !quoted && word.empty()) {
          break;
        } else {
          word.push_back(c);
        }
      }
      if (!word.empty() && word.back() == ')' && example.command.find("<(") != std::string::npos)
        word.pop_back();
      end_word();
      const auto parsed = parse(words);
      EXPECT_TRUE(parsed) << example.command << ": " << (parsed ? "" : parsed.error().message);
    }
  }
}

TEST(CommandLine, PrintsHelpAndVersion) {
  const auto help = parse({"--help"});
  ASSERT_TRUE(help);
  for (const CommandSpec& command : all_commands())
    EXPECT_NE(help->text.find(command.name), std::string::npos);
  EXPECT_NE(help->text.find("Exit status"), std::string::npos);
  const auto version = parse({"--version"});
  ASSERT_TRUE(version);
  EXPECT_EQ(version->text.substr(0, 7), "vfleet ");
}

TEST(CommandLine, PrintsItsVersionAsADocumentToo) {
  const auto version = parse({"--json", "--version"});
  ASSERT_TRUE(version);
  const auto document = nlohmann::json::parse(version->text, nullptr, false);
  EXPECT_EQ(document.value("name", ""), "vfleet");
  EXPECT_FALSE(document.value("version", "").empty());
}

struct WrongCase {
  std::vector<std::string> words;
  std::string message;  // a part of it
};

TEST(CommandLine, SaysWhatIsWrongWithIt) {
  const std::vector<WrongCase> cases = {
      {{}, "a verb is needed"},
      {{"triger", "all", "meter"}, "did you mean 'trigger'?"},
      {{"--json", "lss"}, "did you mean 'ls'?"},
      {{"xyzzy"}, "there is no verb 'xyzzy'"},
      {{"get"}, "SELECTOR"},
      {{"set", "all"}, "PATH=VALUE"},
      {{"ls", "all", "--limit", "many"}, "--limit takes a whole number, not 'many'"},
      {{"ls", "all", "--limit", "0"}, "--limit must be at least 1"},
      {{"ls", "--timeout", "5"}, "--timeout takes a duration"},
      {{"ls", "--colour", "always"}, "did you mean --color?"},
      {{"ls", "--color", "pink"}, "one of auto, always, never"},
      {{"trigger", "all", "meter", "--wait", "arrived"}, "one of accepted, sent, acked"},
      {{"reboot", "all", "--down", "soon"}, "--down takes a duration"},
      {{"ls", "all", "extra"}, "extra"},
  };
  for (const WrongCase& each : cases) {
    const auto parsed = parse(each.words);
    ASSERT_FALSE(parsed) << each.message;
    EXPECT_EQ(parsed.error().status, ExitStatus::usage);
    EXPECT_NE(parsed.error().message.find(each.message), std::string::npos) << parsed.error().message;
  }
}

TEST(CommandLine, TakesGlobalOptionsBeforeAndAfterTheVerb) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"--json", "--run-dir", "/r", "ls", "all"},
        {"ls", "all", "--run-dir=/r", "--json"}}) {
    const auto parsed = parse(words);
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(parsed->command->name, "ls");
    EXPECT_TRUE(parsed->invocation.has("json"));
    EXPECT_EQ(parsed->invocation.text("run-dir"), "/r");
    EXPECT_EQ(parsed->invocation.text("SELECTOR"), "all");
  }
}

TEST(CommandLine, KeepsSelectorsAndValuesAsTheyAreTyped) {
  const auto parsed = parse(
      {"set", "type=charging_pile,site in (a,b),!vip", "vehicles=[{\"kwh\": 60}]", "offset=-5", "name=a=b"});
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->invocation.text("SELECTOR"), "type=charging_pile,site in (a,b),!vip");
  EXPECT_EQ(parsed->invocation.texts("PATH=VALUE"),
            (std::vector<std::string>{"vehicles=[{\"kwh\": 60}]", "offset=-5", "name=a=b"}));
}

TEST(CommandLine, ReadsTheOptionsOfTrigger) {
  const auto parsed =
      parse({"trigger", "all", "meter", "power_w=7200", "--count", "3", "--every", "1s", "--spread", "500ms",
             "--wait", "acked", "--queue", "--channel", "2", "--payload", "-"});
  ASSERT_TRUE(parsed) << parsed.error().message;
  const Invocation& in = parsed->invocation;
  EXPECT_EQ(in.number("count"), 3);
  EXPECT_EQ(in.number("channel"), 2);
  EXPECT_EQ(in.duration("every"), std::chrono::seconds(1));
  EXPECT_EQ(in.duration("spread"), std::chrono::milliseconds(500));
  EXPECT_EQ(in.text("wait"), "acked");
  EXPECT_EQ(in.text("payload"), "-");
  EXPECT_TRUE(in.has("queue"));
  EXPECT_EQ(in.texts("KEY=VALUE"), std::vector<std::string>{"power_w=7200"});
}

TEST(CommandLine, LetsTheLastOfTwoEqualOptionsWin) {
  const auto parsed = parse({"ls", "--limit", "3", "--limit", "7"});
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->invocation.number("limit"), 7);
}

TEST(NearestWord, FindsSlipsAndPrefixesAndNothingElse) {
  const std::vector<std::string> verbs = {"trigger", "disconnect", "connect", "ls"};
  EXPECT_EQ(nearest_word(verbs, "tirgger"), "trigger");
  EXPECT_EQ(nearest_word(verbs, "disc"), "disconnect");
  EXPECT_EQ(nearest_word(verbs, "conect"), "connect");
  EXPECT_EQ(nearest_word(verbs, "banana"), "");
}

}  // namespace
}  // namespace vfleet::cli
