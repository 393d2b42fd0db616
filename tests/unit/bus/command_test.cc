#include "simulator/bus/command.h"

#include <gtest/gtest.h>

#include "simulator/core/random.h"

namespace vfleet::bus {
namespace {

Command set_command() {
  return {.epoch = 7,
          .seq = 42,
          .id = "c0ffee",
          .revision = 3,
          .issued_us = 1772352000000000,
          .expires_us = -1,
          .selector = "site in (a,\"b c\")",
          .verb = Verb::set,
          .args = R"({"patch":{"reports.meter.every":"2s"}})"};
}

CommandResult mixed_result() {
  CommandResult out{.id = "c0ffee", .epoch = 7, .seq = 42, .shard = 3, .matched = 5, .applied = 3};
  out.reject("pile-1", "offline");
  out.fail("pile-2", "no such connector \"9\"");
  return out;
}

TEST(Command, ReadsBackAsItWasWritten) {
  for (const Verb verb : {Verb::set, Verb::unset, Verb::pause, Verb::resume, Verb::connect, Verb::disconnect,
                          Verb::action, Verb::trigger, Verb::reboot, Verb::cancel, Verb::reload, Verb::scale, Verb::rollback}) {
    Command command = set_command();
    command.verb = verb;
    EXPECT_EQ(verb_from(to_string(verb)), verb);
    const auto read = decode_command(encode(command));
    ASSERT_TRUE(read) << read.error().detail;
    EXPECT_EQ(*read, command);
  }
}

TEST(Command, CarriesItsArgumentsAsAnObjectOnTheWire) {
  EXPECT_NE(encode(set_command()).find(R"("args":{"patch":{"reports.meter.every":"2s"}})"),
            std::string::npos);
}

TEST(Command, ArgumentsThatAreNoObjectAreSentAsAnEmptyOne) {
  Command command = set_command();
  for (const char* bad : {"", "[1]", "{", "nonsense"}) {
    command.args = bad;
    const auto read = decode_command(encode(command));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->args, "{}");
  }
}

TEST(Command, KeepsTheLargestNumbers) {
  Command command = set_command();
  command.epoch = command.seq = command.revision = ~0ULL;
  command.issued_us = std::numeric_limits<std::int64_t>::max();
  command.expires_us = std::numeric_limits<std::int64_t>::min();
  EXPECT_EQ(decode_command(encode(command)), command);
}

TEST(Command, BytesThatAreNotUtf8AreReplacedNotThrown) {
  Command command = set_command();
  command.selector = "site=\xff\xfe";
  const auto read = decode_command(encode(command));
  ASSERT_TRUE(read);
  EXPECT_NE(read->selector, command.selector);
}

TEST(Command, RefusesWhatIsMissingOrOfAnotherKind) {
  const std::string good = encode(set_command());
  for (const char* name :
       {"epoch", "seq", "id", "revision", "issued_us", "expires_us", "selector", "verb", "args"}) {
    std::string text = good;
    text.replace(text.find('"' + std::string(name) + "\":") + 1, 1, "Z");
    const auto read = decode_command(text);
    ASSERT_FALSE(read) << name;
    EXPECT_EQ(read.error().code, Errc::malformed);
    EXPECT_NE(read.error().detail.find(name), std::string::npos) << read.error().detail;
  }
  for (const char* text :
       {"", "[]", "7", "null", "{", R"({"epoch":-1})", R"({"epoch":1.5})", R"({"epoch":"1"})"}) {
    EXPECT_FALSE(decode_command(text)) << text;
  }
}

TEST(Command, RefusesAnUnknownVerbAndAnEndlessId) {
  std::string text = encode(set_command());
  text.replace(text.find("\"verb\":\"set\""), 12, "\"verb\":\"explode\"");
  EXPECT_FALSE(decode_command(text));
  Command command = set_command();
  command.id.assign(129, 'x');
  EXPECT_FALSE(decode_command(encode(command)));
}

TEST(Command, DeepNestingIsRefusedBeforeItIsParsed) {
  std::string text = R"({"args":)" + std::string(1000000, '[');
  EXPECT_EQ(decode_command(text).error().code, Errc::malformed);
  text.assign((4U << 20U) + 1, ' ');
  EXPECT_EQ(decode_command(text).error().code, Errc::too_large);
}

TEST(Command, RefusesTextWithANulInItOrBehindIt) {
  const std::string good = encode(set_command());
  EXPECT_FALSE(decode_command(good + std::string(3, '\0')));
  std::string text = good;
  text[text.find(",\"seq\"")] = '\0';
  EXPECT_FALSE(decode_command(text));
  text = good;
  text.insert(text.find(",\"seq\""), std::string("}\0", 2));
  EXPECT_FALSE(decode_command(text));
}

TEST(CommandResult, ReadsBackAsItWasWritten) {
  const auto read = decode_result(encode(mixed_result()));
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(*read, mixed_result());
}

TEST(CommandResult, KeepsOnlyTheFirstReasons) {
  CommandResult result;
  for (int i = 0; i < 100; ++i) result.reject("d" + std::to_string(i), "offline");
  EXPECT_EQ(result.rejected, 100u);
  ASSERT_EQ(result.reasons.size(), CommandResult::kReasonsMax);
  EXPECT_EQ(result.reasons.back().device, "d4");
}

TEST(Command, NoDamageToTheTextEverThrows) {
  Random random(1, 1, "damage");
  const std::string command = encode(set_command());
  const std::string result = encode(mixed_result());
  for (int round = 0; round < 20000; ++round) {
    std::string text = round % 2 == 0 ? command : result;
    for (std::uint64_t n = 1 + random.below(4); n > 0; --n) {
      const auto at = static_cast<std::size_t>(random.below(text.size()));
      if (random.chance(0.3)) {
        text.resize(at + 1);
      } else {
        text[at] = static_cast<char>(random.below(256));
      }
    }
    if (const auto read = decode_command(text)) {
      EXPECT_EQ(decode_command(encode(*read)), *read);
    }
    if (const auto read = decode_result(text)) {
      EXPECT_EQ(decode_result(encode(*read)), *read);
    }
  }
}

}  // namespace
}  // namespace vfleet::bus
