#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <streambuf>

#include "tests/unit/control/cli/fake_control.h"
#include "tests/unit/control/cli/fake_environment.h"

namespace vfleet::cli {
namespace {

using nlohmann::json;

struct Commands : testing::Test {
  FakeEnvironment fake;
  std::filesystem::path run_dir = fake.dir.path() / "run";
  Commands() { fake.variables["VFLEET_RUN_DIR"] = run_dir; }

  // What `words` asks control for.
  json request_of(const std::vector<std::string>& words) {
    FakeControl control(run_dir, answer_with({{"status", 0}, {"matched", 1}, {"applied", 1}}));
    EXPECT_EQ(fake.run(words), 0) << fake.err.str();
    const auto requests = control.requests();
    return requests.empty() ? json() : json{{"verb", requests[0]["verb"]}, {"args", requests[0]["args"]}};
  }
};

struct RequestCase {
  std::vector<std::string> words;
  std::string verb;
  json args;
};

// Answers `ls` with two devices and their states, `get` with one key of the configuration.
FakeControl::Script two_devices() {
  return [](const json& request) {
    const bool listed = request["verb"] == "ls";
    json rows = json::array();
    for (const char* id : {"cp-1", "cp-2"}) {
      rows.push_back(
          listed ? json{{"id", id},
                        {"state",
                         {{"registration", "accepted"},
                          {"connector1.transaction", 1289849123.0},
                          {"soc", 20.5}}}}
          : request["args"].contains("explain")
              ? json{{"id", id},
                     {"explain",
                      {{{"path", request["args"]["path"]}, {"value", "x"}, {"source", "default"}}}}}
              : json{{"id", id}, {"values", {{request["args"]["path"], "x"}}}});
    }
    return std::vector<json>{{{"kind", "rows"}, {"rows", rows}}, {{"kind", "result"}, {"status", 0}}};
  };
}

TEST_F(Commands, AskControlForWhatTheOperatorTyped) {
  const std::string payload = fake.dir.write("raw.bin", std::string("\x00\xff{", 3));
  fake.in.str("{broken");
  const std::vector<RequestCase> cases = {
      {{"set", "all", "reports.heartbeat.every=2s", "name=x=y"},
       "set",
       {{"selector", "all"}, {"patch", {{"reports.heartbeat.every", "2s"}, {"name", "x=y"}}}}},
      {{"set", "all", "a=1", "--dry-run", "--if-revision", "4"},
       "set",
       {{"selector", "all"}, {"patch", {{"a", "1"}}}, {"dry_run", true}, {"if_revision", 4}}},
      {{"set", "all", "a=1", "--wait"},
       "set",
       {{"selector", "all"}, {"patch", {{"a", "1"}}}, {"wait", true}, {"timeout", "25s"}}},
      {{"unset", "pile-*", "a", "b.c"}, "unset", {{"selector", "pile-*"}, {"paths", {"a", "b.c"}}}},
      {{"pause", "group=cam"}, "pause", {{"selector", "group=cam"}}},
      {{"resume", "group=cam"}, "resume", {{"selector", "group=cam"}}},
      {{"connect", "all"}, "connect", {{"selector", "all"}}},
      {{"disconnect", "sample(5%)"}, "disconnect", {{"selector", "sample(5%)"}}},
      {{"reboot", "pile-00042", "--down", "2min"}, "reboot", {{"selector", "pile-00042"}, {"down", "2min"}}},
      {{"do", "pile-00042", "fault", "code=over_temperature"},
       "do",
       {{"selector", "pile-00042"}, {"action", "fault"}, {"args", {{"code", "over_temperature"}}}}},
      {{"do", "all", "storage-full"},
       "do",
       {{"selector", "all"}, {"action", "storage_full"}, {"args", json::object()}}},
      {{"trigger", "pile-00042", "meter", "power_w=7200", "idTag=1E23", "ok=true"},
       "trigger",
       {{"selector", "pile-00042"},
        {"report", "meter"},
        {"fields", {{"power_w", "7200"}, {"idTag", "1E23"}, {"ok", "true"}}}}},
      {{"trigger", "all", "meter", "--payload", payload},
       "trigger",
       {{"selector", "all"}, {"report", "meter"}, {"payload", "AP97"}}},
      {{"trigger", "all", "meter", "--payload", "-"},
       "trigger",
       {{"selector", "all"}, {"report", "meter"}, {"payload", "e2Jyb2tlbg=="}}},
      {{"trigger", "all", "status", "--channel", "2", "--count", "3", "--every", "1s", "--spread", "1s",
        "--wait", "sent", "--queue"},
       "trigger",
       {{"selector", "all"},
        {"report", "status"},
        {"channel", 2},
        {"count", 3},
        {"every", "1s"},
        {"spread", "1s"},
        {"wait", "sent"},
        {"timeout", "25s"},
        {"queue", true}}},
      {{"cancel", "j1"}, "cancel", {{"job", "j1"}}},
      {{"jobs"}, "jobs", json::object()},
      {{"reload", "/etc/fleet.yaml", "--dry-run"},
       "reload",
       {{"file", "/etc/fleet.yaml"}, {"dry_run", true}}},
      {{"status"}, "status", json::object()},
  };
  for (const RequestCase& each : cases) {
    EXPECT_EQ(request_of(each.words), (json{{"verb", each.verb}, {"args", each.args}})) << each.words[0];
  }
}

TEST_F(Commands, EndWithTheStatusThatControlGives) {
  for (const int status : {0, 1, 2, 3, 4, 5}) {
    FakeControl control(run_dir, answer_with({{"status", status}, {"matched", 2}}));
    EXPECT_EQ(fake.run({"pause", "all"}), status);
  }
}

TEST_F(Commands, EndWithFiveWhenNoControlAnswers) {
  EXPECT_EQ(fake.run({"--json", "pause", "all"}), 5);
  EXPECT_EQ(json::parse(fake.out.str())["error"]["code"], "no_control");
}

TEST_F(Commands, CheckTheSelectorBeforeControlIsAsked) {
  FakeControl control(run_dir, answer_with({{"status", 0}}));
  EXPECT_EQ(fake.run({"pause", "site in (a"}), 2);
  EXPECT_TRUE(control.requests().empty());
  EXPECT_NE(fake.err.str().find("\n  site in (a\n"), std::string::npos) << fake.err.str();
  EXPECT_NE(fake.err.str().find("^"), std::string::npos);
  EXPECT_EQ(fake.run({"pause", ""}), 2);
}

TEST_F(Commands, RefuseMistakesThatNeedNoControl) {
  FakeControl control(run_dir, answer_with({{"status", 0}}));
  for (const std::vector<std::string>& words : {std::vector<std::string>{"set", "all", "noequals"},
                                                {"set", "all", "=3"},
                                                {"set", "all", "a=1", "a=2"},
                                                {"trigger", "all", "meter", "--count", "3"},
                                                {"trigger", "all", "meter", "a=1", "--payload", "-"},
                                                {"trigger", "all", "meter", "a=1", "a=2"},
                                                {"trigger", "all", "meter", "--payload", "/does/not/exist"},
                                                {"trigger", "all", "meter", "--payload", "/dev/zero"},
                                                {"trigger", "all", "meter", "--payload", "/"},
                                                {"completion", "fish"}}) {
    EXPECT_EQ(fake.run(words), 2) << words[0];
  }
  EXPECT_TRUE(control.requests().empty());
}

TEST_F(Commands, PrintExactlyOneDocumentWithJson) {
  FakeControl control(run_dir, answer_with({{"status", 4},
                                            {"matched", 2},
                                            {"applied", 1},
                                            {"rejected", 1},
                                            {"reasons", {{{"device", "pile-00042"}, {"text", "offline"}}}}}));
  EXPECT_EQ(fake.run({"pause", "all", "--json"}), 4);
  const json document = json::parse(fake.out.str());
  EXPECT_EQ(document["status"], 4);
  EXPECT_EQ(document["verb"], "pause");
  EXPECT_EQ(document["rejected"], 1);
  EXPECT_EQ(document["reasons"][0]["text"], "offline");
  EXPECT_FALSE(document.contains("kind"));
}

TEST_F(Commands, GatherRowsThatComeInParts) {
  FakeControl control(run_dir, [](const json&) {
    return std::vector<json>{{{"kind", "rows"}, {"rows", {{{"id", "a"}}, {{"id", "b"}}}}},
                             {{"kind", "rows"}, {"rows", {{{"id", "c"}}}}},
                             {{"kind", "result"}, {"status", 0}}};
  });
  EXPECT_EQ(fake.run({"ls", "--json"}), 0);
  EXPECT_EQ(json::parse(fake.out.str())["rows"].size(), 3u);
}

TEST_F(Commands, SayWhichWorkersAreMissingFromAnEmptyAnswer) {
  FakeControl control(run_dir, answer_with({{"status", 4}, {"matched", 0}, {"silent", {1}}}));
  EXPECT_EQ(fake.run({"ls", "nobody"}), 4);
  EXPECT_NE((fake.out.str() + fake.err.str()).find("no answer from worker 1"), std::string::npos);
  EXPECT_EQ(fake.run({"get", "nobody", "--json"}), 4);
}

TEST_F(Commands, GetShowsStatesAndKeysTogether) {
  FakeControl control(run_dir, two_devices());
  EXPECT_EQ(fake.run({"get", "cp-*", "state.connector1", "vendor", "state.registration", "--json"}), 0);
  const json rows = json::parse(fake.out.str())["rows"];
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[1]["id"], "cp-2");
  EXPECT_EQ(rows[1]["values"], (json{{"state.connector1.transaction", 1289849123},
                                     {"state.registration", "accepted"},
                                     {"vendor", "x"}}));

  fake.out.str("");
  EXPECT_EQ(fake.run({"get", "cp-*", "state.registration"}), 0);
  EXPECT_EQ(fake.out.str(),
            "ID    state.registration\n"
            "cp-1  accepted\n"
            "cp-2  accepted\n");
  fake.out.str("");
  EXPECT_EQ(fake.run({"get", "cp-*", "state.soc", "vendor"}), 0);
  EXPECT_EQ(fake.out.str(),
            "ID    state.soc  vendor\n"
            "cp-1  20.5       x\n"
            "cp-2  20.5       x\n");
}

TEST_F(Commands, GetSaysWhichStateWasMeant) {
  FakeControl control(run_dir, two_devices());
  EXPECT_EQ(fake.run({"get", "cp-1", "state.registratoin"}), 2);
  EXPECT_NE(fake.err.str().find("no state 'registratoin' (did you mean 'registration'?)"), std::string::npos)
      << fake.err.str();
  fake.out.str("");
  EXPECT_EQ(fake.run({"get", "cp-1", "vendor", "state", "--explain"}), 0);
  EXPECT_NE(fake.out.str().find("vendor                        x           default"), std::string::npos)
      << fake.out.str();
  EXPECT_NE(fake.out.str().find("state.soc                     20.5        state"), std::string::npos)
      << fake.out.str();
}

TEST_F(Commands, EndWithThreeWhenNothingMatched) {
  FakeControl control(run_dir, answer_with({{"status", 3}, {"matched", 0}}));
  EXPECT_EQ(fake.run({"ls", "nobody"}), 3);
  EXPECT_EQ(fake.run({"pause", "nobody"}), 3);
  EXPECT_NE(fake.out.str().find("no device matched"), std::string::npos);
}

TEST_F(Commands, WatchPrintsALineARowAndEndsAtItsLimit) {
  const json row = {{"id", "pile-00042"},
                    {"type", "meter"},
                    {"seq", 17},
                    {"ch", 1},
                    {"at_us", 43'201'234'000},
                    {"state", "sent"},
                    {"message", {{"power_w", 7200}}}};
  FakeControl control(run_dir, [row](const json&) {
    return std::vector<json>{{{"kind", "accepted"}}, {{"kind", "rows"}, {"rows", {row, row, row}}}};
  });
  EXPECT_EQ(fake.run({"watch", "all", "--count", "2"}), 0);
  const std::string line = "12:00:01.234 pile-00042 meter ch=1 seq=17 {\"power_w\":7200}\n";
  EXPECT_EQ(fake.out.str(), line + line);
}

TEST_F(Commands, WatchPrintsJsonLinesForPrograms) {
  const json row = {{"id", "pile-00042"}, {"seq", 17}};
  FakeControl control(run_dir, [row](const json&) {
    return std::vector<json>{{{"kind", "rows"}, {"rows", {row, row}}}};
  });
  EXPECT_EQ(fake.run({"watch", "all", "--limit", "2", "--json", "--report", "meter"}), 0) << "as it was once";
  EXPECT_EQ(fake.out.str(), row.dump() + "\n" + row.dump() + "\n");
  EXPECT_EQ(control.requests()[0]["args"], (json{{"selector", "all"}, {"report", "meter"}}));
}

TEST_F(Commands, WatchRenewsItsLeaseUntilItsTimeIsOver) {
  FakeControl control(run_dir, [](const json&) { return std::vector<json>{{{"kind", "accepted"}}}; });
  SteppingClock clock;
  fake.run_ahead(clock, std::chrono::milliseconds(1));
  EXPECT_EQ(fake.run({"watch", "all", "--timeout", "20s"}), 0) << fake.err.str();
  const auto requests = control.wait_for_requests(2);
  ASSERT_GE(requests.size(), 2u);
  for (std::size_t i = 1; i < requests.size(); ++i) {
    EXPECT_EQ(requests[i]["verb"], "renew");
    EXPECT_EQ(requests[i]["args"]["watch"], requests[0]["id"]);
  }
}

TEST_F(Commands, DescribeFindsTheTypeThatWasMeant) {
  FakeControl control(
      run_dir, answer_with({{"status", 0}, {"types", {{{"name", "charging_pile"}, {"doc", "A pile."}}}}}));
  EXPECT_EQ(fake.run({"describe"}), 0);
  EXPECT_NE(fake.out.str().find("charging_pile  A pile."), std::string::npos);
  EXPECT_EQ(fake.run({"describe", "charging_pil"}), 3);
  EXPECT_NE(fake.err.str().find("did you mean 'charging_pile'?"), std::string::npos);
}

// An endless stdin.
class Zeros final : public std::streambuf {
  int_type underflow() override {
    setg(block_, block_, block_ + sizeof(block_));
    return 0;
  }
  char block_[4096] = {};
};

TEST_F(Commands, ReadAPayloadFromStdinOnlyUpToItsLimit) {
  FakeControl control(run_dir, answer_with({{"status", 0}}));
  Zeros zeros;
  fake.in.std::istream::rdbuf(&zeros);
  EXPECT_EQ(fake.run({"trigger", "all", "meter", "--payload", "-"}), 2);
  EXPECT_NE(fake.err.str().find("the payload from stdin has more than the 2900000 bytes"), std::string::npos)
      << fake.err.str();
  EXPECT_TRUE(control.requests().empty());
}

nlohmann::json watched(int dropped) {
  return {{"kind", "rows"}, {"dropped", dropped}, {"rows", {{{"device", "pile-1"}, {"type", "meter"}}}}};
}

TEST_F(Commands, WatchSaysNowAndThenAndAtTheEndHowMuchWasDropped) {
  FakeControl control(run_dir, [](const nlohmann::json&) {
    return std::vector<nlohmann::json>{
        watched(1), watched(2), watched(3), watched(4), {{"kind", "result"}, {"status", 0}}};
  });
  EXPECT_EQ(fake.run({"watch", "all", "--json"}), 0) << fake.err.str();
  EXPECT_EQ(fake.err.str(),
            "(1 dropped so far: --rate shows more, a narrower selector needs fewer)\n(4 dropped in all)\n");
}

TEST_F(Commands, WatchEndsWhenNobodyReadsItAnyMore) {
  FakeControl control(run_dir, [](const nlohmann::json&) { return std::vector<nlohmann::json>{watched(0)}; });
  fake.out_is_gone = true;
  EXPECT_EQ(fake.run({"watch", "all"}), 0) << fake.err.str();
}

TEST_F(Commands, ResultsOfAFleetThatHasEndedAreWhereItLeftThem) {
  namespace fs = std::filesystem;
  EXPECT_EQ(fake.run({"results"}), 5);
  EXPECT_EQ(fake.err.str().find("has ended"), std::string::npos) << "it has left none";

  const auto leave = [](const fs::path& dir, std::chrono::seconds age) {
    fs::create_directories(dir / "results");
    std::ofstream(dir / "results" / "report.html") << "a page";
    const fs::path page = dir / "results" / "report.html";
    fs::last_write_time(page, fs::last_write_time(page) - age);
  };
  leave(run_dir, std::chrono::seconds(9));
  fake.err.str("");
  EXPECT_EQ(fake.run({"results"}), 5);
  EXPECT_NE(fake.err.str().find((run_dir / "results/report.html").string()), std::string::npos) << fake.err.str();

  // Nobody names a directory: the newest of all.
  fake.variables.clear();
  const fs::path mine = fake.dir.path() / fmt::format("vfleet-{}", ::geteuid());
  leave(mine / "old", std::chrono::seconds(5));
  leave(mine / "new", std::chrono::seconds(3));
  fs::create_directories(mine / "newest without a report");
  fake.err.str("");
  EXPECT_EQ(fake.run({"results"}), 5);
  EXPECT_NE(fake.err.str().find((mine / "new/results").string()), std::string::npos) << fake.err.str();
}

}  // namespace
}  // namespace vfleet::cli
