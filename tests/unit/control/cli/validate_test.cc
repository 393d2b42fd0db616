#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>

#include "control/cli/render/mistakes.h"
#include "tests/unit/control/cli/fake_environment.h"

namespace vfleet::cli {
namespace {

using nlohmann::json;

config::LoadOptions one_file(const std::string& text) {
  config::LoadOptions options;
  options.read_file = [text](const std::string&, std::size_t) -> Result<std::string> { return text; };
  return options;
}

std::string plain(const config::Mistake& mistake, const std::string& text,
                  const std::set<std::string>& secrets = {}) {
  return render_mistakes({mistake}, Style(false), one_file(text), secrets);
}

TEST(Mistakes, ShowTheLineWithACaretUnderTheColumn) {
  EXPECT_EQ(plain({"a.yaml", 2, 5, "groups[0].cuont", "unknown key", "count"}, "fleet: x\n  - cuont: 3\r\n"),
            "a.yaml:2:5: groups[0].cuont: unknown key (did you mean 'count'?)\n"
            "    2 |   - cuont: 3\n"
            "      |     ^\n"
            "1 mistake\n");
}

TEST(Mistakes, CountCharactersAndTabsAsOneColumn) {
  const std::string text = plain({"a.yaml", 1, 5, "", "wrong", ""}, "\xc3\xa9\tb: c");
  EXPECT_NE(text.find("    1 | \xc3\xa9 b: c\n      |    ^\n"), std::string::npos) << text;
}

TEST(Mistakes, CutLongLinesAroundTheCaret) {
  const std::string line = std::string(500, 'a') + "X" + std::string(500, 'b');
  const std::string text = plain({"a.yaml", 1, 501, "", "wrong", ""}, line);
  const std::size_t shown = text.find("    1 | ");
  const std::size_t caret = text.find('^');
  ASSERT_NE(caret, std::string::npos);
  const std::size_t below = text.find("      | ", shown);
  EXPECT_EQ(text[shown + (caret - below)], 'X');
  EXPECT_LT(below - shown, 140u);
}

TEST(Mistakes, DoWithoutALineThatIsNotThere) {
  EXPECT_EQ(plain({"a.yaml", 9, 1, "", "wrong", ""}, "one line"), "a.yaml:9:1: wrong\n1 mistake\n");
  EXPECT_EQ(plain({"a.yaml", 0, 0, "", "there is no file", ""}, ""), "a.yaml: there is no file\n1 mistake\n");
}

TEST(Mistakes, CannotSteerTheTerminal) {
  const std::string text = plain({"a.yaml", 1, 1, "", "'\x1b[2J'", ""}, "\x1b[2J: 1");
  EXPECT_EQ(text.find('\x1b'), std::string::npos) << text;
}

// What is said of any line of `text`.
std::string of_every_line(const std::string& text) {
  std::string out;
  const auto lines = static_cast<int>(std::count(text.begin(), text.end(), '\n'));
  for (int line = 1; line <= lines; ++line)
    out += plain({"a.yaml", line, 1, "", "wrong", ""}, text, {"token", "password"});
  return out;
}

TEST(Mistakes, ShowNoSecretInWhicheverWayItIsWritten) {
  for (const char* text : {
           "token: hush\n",
           "token: \"hush \\\" hush, it's hush\" # here\n",
           "http: {token: 'hush '' hush, hush', site: here}\n",
           "'token' : hush,hush\n",
           "url: {token: hush, site: here}\n",
           "token:\n  hush\n",
           "token: |\n  hush\n    hush\n\n  hush\nsite: here\n",
           "http:\n  token: >-\n\n      hush\n    hush\n  site: here\n",
           "token: \"a\n  hush\n hush\"\nsite: here\n",
           "password:\n- hush\n- hush\n",
           "users:\n  - password: |\n      hush\n    site: here\n  - site: here\n    password:\n      hush\n",
           "http: {site: here, token:\n  hush}\n",
       }) {
    const std::string shown = of_every_line(text);
    EXPECT_EQ(shown.find("hush"), std::string::npos) << shown;
    const std::string_view given(text);
    std::size_t here = 0;
    for (std::size_t at = given.find("here"); at != std::string_view::npos; at = given.find("here", at + 1))
      ++here;
    std::size_t left = 0;
    for (std::size_t at = shown.find("here"); at != std::string::npos; at = shown.find("here", at + 1))
      ++left;
    EXPECT_EQ(left, here) << "what is no secret is shown:\n" << shown;
  }
}

TEST(Mistakes, MaskNothingThatOnlyLooksLikeASecret) {
  const std::string text =
      "my_token: 1\ntoken_file: 2\n# the token 3\nhttp: {token: {secret_file: 4}}\ntokens:\n  - 5\n";
  const std::string shown = of_every_line(text);
  EXPECT_EQ(shown.find('*'), std::string::npos) << shown;
}

// A worker program that knows one type and one uplink.
struct Validate : testing::Test {
  FakeEnvironment fake;
  Validate() {
    const auto program = fake.dir.write("bin/vfleet-worker", R"(#!/bin/sh
if [ "$1" = --check ]; then
  n=0
  while read -r group; do n=$((n + 1)); echo "{\"line\":$n,\"checked\":1}"; done
  exit
fi
cat <<'END'
{"version":"1","types":[{"name":"pile","doc":"A pile.","schema":[
  {"path":"reports.meter.every","kind":"duration","default":"15s","doc":"Time between meters."},
  {"path":"token","kind":"text","default":"","max":8,"secret":true,"doc":"A secret."}]}],
 "uplinks":[{"name":"null","doc":"Nowhere.","schema":[]},{"name":"http","doc":"HTTP.","schema":[{"path":"url","kind":"text","default":""}]}]}
END
)");
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  }

  int validate(const std::string& text, const std::vector<std::string>& options = {}) {
    fake.out.str("");
    // This worker program only describes; checked_fleet_test has the real one.
    std::vector<std::string> words{"validate", fake.dir.write("file.yaml", text), "--no-worker-check"};
    words.insert(words.end(), options.begin(), options.end());
    return fake.run(words);
  }
};

const std::string kGood =
    "fleet: f\n"
    "groups:\n"
    "  - {name: a, type: pile, count: 3, uplink: {http: {url: 'http://x/'}}}\n";

TEST_F(Validate, SaysWhatAGoodFileHolds) {
  EXPECT_EQ(validate(kGood), 0) << fake.out.str();
  EXPECT_TRUE(fake.out.str().ends_with("/file.yaml: ok, 3 devices in 1 group\n")) << fake.out.str();
  EXPECT_EQ(validate("type: pile\nreports: {meter: {every: 2s}}\n"), 0);
  EXPECT_TRUE(fake.out.str().ends_with(": ok, a profile of pile that sets 1 key\n")) << fake.out.str();
}

TEST_F(Validate, ListsEveryMistakeAndEndsWithTwo) {
  EXPECT_EQ(validate("fleet: f\nsead: 3\ngroups: 7\n"), 2);
  EXPECT_NE(fake.out.str().find("file.yaml:2:1: sead: unknown key"), std::string::npos) << fake.out.str();
  EXPECT_NE(fake.out.str().find("(did you mean 'seed'?)"), std::string::npos);
  EXPECT_NE(fake.out.str().find("2 mistakes\n"), std::string::npos);
  EXPECT_EQ(validate("type: pile\nreports: {meter: {evry: 2s}}\n"), 2);
  EXPECT_NE(fake.out.str().find("(did you mean 'reports.meter.every'?)"), std::string::npos)
      << fake.out.str();
}

TEST_F(Validate, PrintsOneDocumentForPrograms) {
  EXPECT_EQ(validate("fleet: f\nsead: 3\ngroups: 7\n", {"--json"}), 2);
  const auto bad = json::parse(fake.out.str());
  EXPECT_EQ(bad["status"], 2);
  ASSERT_EQ(bad["mistakes"].size(), 2u);
  EXPECT_EQ(bad["mistakes"][0]["line"], 2);
  EXPECT_EQ(bad["mistakes"][0]["hint"], "seed");
  EXPECT_EQ(validate(kGood, {"--json"}), 0);
  const auto good = json::parse(fake.out.str());
  EXPECT_EQ(good["status"], 0);
  EXPECT_EQ(good["devices"], 3);
  EXPECT_EQ(good["mistakes"], json::array());
}

TEST_F(Validate, ShowsNoSecretBesideAMistake) {
  for (const std::string value : {"[hush]", "hush-hush-hush", "|\n    hush-hush-hush",
                                  ">\n    hush-hush-hush", "\n    hush-hush-hush"}) {
    const std::string text = "type: pile\ntoken: " + value + "\nreports: {meter: {evry: 2s}}\n";
    EXPECT_EQ(validate(text), 2);
    EXPECT_EQ(fake.out.str().find("hush"), std::string::npos) << fake.out.str();
    EXPECT_EQ(validate(text, {"--json"}), 2);
    EXPECT_EQ(fake.out.str().find("hush"), std::string::npos) << fake.out.str();
  }
}

TEST_F(Validate, NeedsTheWorkerProgram) {
  std::filesystem::remove(fake.dir.path() / "bin/vfleet-worker");
  EXPECT_EQ(validate(kGood), 1);
  EXPECT_NE(fake.err.str().find("vfleet-worker"), std::string::npos) << fake.err.str();
}

TEST_F(Validate, IsHelpedByWhatDescribePrintsWithNoFleet) {
  EXPECT_EQ(fake.run({"describe", "--schema"}), 0) << fake.err.str();
  EXPECT_TRUE(json::parse(fake.out.str()).contains("$schema"));
  fake.out.str("");
  EXPECT_EQ(fake.run({"describe", "--reference"}), 0);
  EXPECT_NE(fake.out.str().find("every: 15s"), std::string::npos) << fake.out.str();
  EXPECT_EQ(validate(fake.out.str()), 0) << fake.out.str();
  fake.out.str("");
  EXPECT_EQ(fake.run({"describe", "pile"}), 0);
  EXPECT_EQ(fake.run({"describe", "pile", "--schema"}), 2);
}

}  // namespace
}  // namespace vfleet::cli
