#include "control/cli/client.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <nlohmann/json.hpp>

#include "tests/unit/control/cli/fake_control.h"
#include "tests/unit/control/cli/fake_environment.h"

namespace vfleet::cli {
namespace {

using nlohmann::json;

struct ClientTest : testing::Test {
  FakeEnvironment fake;
  std::filesystem::path run_dir = fake.dir.path() / "run";

  Outcome<json> call(Client::Call call, const json& args = json::object()) {
    const Environment env = fake.environment();
    Client client(env, read_run_dir(run_dir));
    return client.call(call, args);
  }
  static Client::Call command(std::string_view verb, bool changes = true) {
    return {.verb = verb, .id = "abc", .timeout = std::chrono::seconds(20), .changes = changes};
  }
};

TEST_F(ClientTest, SendsTheRequestAndReturnsTheResult) {
  FakeControl control(run_dir, answer_with({{"status", 0}, {"matched", 7}}));
  const auto result = call(command("pause"), {{"selector", "all"}});
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ((*result)["matched"], 7);
  ASSERT_EQ(control.requests().size(), 1u);
  EXPECT_EQ(control.requests()[0],
            (json{{"v", 1}, {"id", "abc"}, {"verb", "pause"}, {"args", {{"selector", "all"}}}}));
}

TEST_F(ClientTest, GivesEveryRequestAnIdOfItsOwn) {
  EXPECT_EQ(new_command_id().size(), 32u);
  EXPECT_NE(new_command_id(), new_command_id());
}

TEST_F(ClientTest, IgnoresAnswersToOthersAndBytesThatAreNoAnswer) {
  FakeControl control(run_dir, [](const json&) {
    return std::vector<json>{{{"id", "other"}, {"kind", "result"}, {"status", 1}},
                             {{"kind", 5}},
                             {{"kind", "result"}, {"status", 0}, {"mine", true}}};
  });
  const auto result = call(command("pause"));
  ASSERT_TRUE(result);
  EXPECT_EQ((*result)["mine"], true);
}

TEST_F(ClientTest, TurnsAnErrorFrameIntoAFailure) {
  FakeControl control(run_dir, [](const json&) {
    return std::vector<json>{{{"kind", "error"},
                              {"status", 2},
                              {"code", "unknown_action"},
                              {"message", "no action 'fly'"},
                              {"hint", "describe"}}};
  });
  const auto result = call(command("do"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().status, ExitStatus::usage);
  EXPECT_EQ(result.error().code, "unknown_action");
  EXPECT_EQ(result.error().message, "no action 'fly'");
  EXPECT_EQ(result.error().hint, "describe");
}

TEST_F(ClientTest, GivesUpWhenControlAcceptsNothingWithinTwoSeconds) {
  FakeControl control(run_dir, [](const json&) { return std::vector<json>{}; });
  SteppingClock clock;
  fake.run_ahead(clock, std::chrono::milliseconds(100));
  const auto result = call(command("set"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().status, ExitStatus::no_control);
  EXPECT_NE(result.error().message.find("--command-id abc"), std::string::npos) << result.error().message;
}

TEST_F(ClientTest, GivesUpAtOnceWhenControlIsGone) {
  { FakeControl control(run_dir, answer_with({{"status", 0}})); }
  SteppingClock clock;
  fake.run_ahead(clock, std::chrono::milliseconds(100));
  const auto result = call(command("ls", false));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().status, ExitStatus::no_control);
  EXPECT_EQ(result.error().message.find("outcome"), std::string::npos);
}

TEST_F(ClientTest, SaysThatTheOutcomeIsUnknownWhenTheResultDoesNotCome) {
  FakeControl control(run_dir, [](const json&) {
    return std::vector<json>{{{"kind", "accepted"}, {"seq", 1}}};
  });
  SteppingClock clock;
  fake.run_ahead(clock, Duration::zero());
  Client::Call ask = command("set");
  ask.on_answer = [&](const json&) { clock.step = std::chrono::milliseconds(100); };
  const auto result = call(ask);
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message.find("outcome is unknown"), std::string::npos);
}

TEST_F(ClientTest, EndsWithInterruptedOnCtrlC) {
  FakeControl control(run_dir, [this](const json&) {
    fake.signals.send(SIGINT);
    return std::vector<json>{{{"kind", "accepted"}, {"seq", 1}}};
  });
  const auto result = call(command("set"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().status, ExitStatus::interrupted);
  EXPECT_NE(result.error().message.find("--command-id abc"), std::string::npos);
}

TEST_F(ClientTest, HandsOutProgressAndRowsBeforeTheResult) {
  FakeControl control(run_dir, [](const json&) {
    return std::vector<json>{{{"kind", "progress"}, {"answered", 1}},
                             {{"kind", "rows"}, {"rows", {1, 2}}},
                             {{"kind", "rows"}, {"rows", {3}}},
                             {{"kind", "result"}, {"status", 0}}};
  });
  std::vector<std::string> kinds;
  Client::Call ask = command("ls", false);
  ask.on_answer = [&](const json& answer) { kinds.push_back(answer["kind"]); };
  ASSERT_TRUE(call(ask));
  EXPECT_EQ(kinds, (std::vector<std::string>{"progress", "rows", "rows"}));
}

TEST_F(ClientTest, StopsListeningWhenTheCallerHasEnough) {
  FakeControl control(run_dir, [](const json&) {
    return std::vector<json>{{{"kind", "rows"}, {"rows", {1}}}};
  });
  Client::Call ask = command("watch", false);
  int seen = 0;
  ask.on_answer = [&](const json&) { ++seen; };
  ask.on_end = [&] { return seen == 1; };
  ASSERT_TRUE(call(ask));
  EXPECT_EQ(seen, 1);
}

}  // namespace
}  // namespace vfleet::cli
