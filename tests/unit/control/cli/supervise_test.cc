#include <gtest/gtest.h>

#include <map>

#include <nlohmann/json.hpp>

#include "control/cli/supervise/descriptors.h"
#include "control/cli/supervise/disk.h"
#include "control/cli/supervise/memory_watch.h"
#include "control/cli/supervise/note_forwarder.h"
#include "control/cli/supervise/platform_figures.h"
#include "control/cli/supervise/platform_plan.h"
#include "control/cli/supervise/restart_policy.h"

namespace vfleet::cli {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

TEST(RestartPolicy, DoublesTheDelayWithEachDeathWithinAMinute) {
  RestartPolicy policy;
  TimePoint now{std::chrono::hours(1)};
  for (const int delay : {1, 2, 4, 8, 16}) {
    EXPECT_EQ(policy.died(now), Duration(seconds(delay)));
    now += seconds(1);
  }
}

TEST(RestartPolicy, GivesUpAtTheSixthDeathWithinAMinute) {
  RestartPolicy policy;
  const TimePoint begin{std::chrono::hours(1)};
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(policy.died(begin + seconds(i)).has_value());
  EXPECT_EQ(policy.died(begin + seconds(59)), std::nullopt);
}

TEST(RestartPolicy, ForgetsDeathsOfMoreThanAMinuteAgo) {
  RestartPolicy policy;
  TimePoint now{std::chrono::hours(1)};
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(policy.died(now), Duration(seconds(1)));
    now += minutes(1);
  }
}

config::FleetSpec fleet_of(std::uint64_t http, std::uint64_t null) {
  config::FleetSpec fleet;
  fleet.groups.resize(2);
  fleet.groups[0].uplink = "http";
  fleet.groups[0].count = http;
  fleet.groups[1].uplink = "null";
  fleet.groups[1].count = null;
  return fleet;
}

TEST(Descriptors, CountOnlyDevicesThatHoldAConnection) {
  EXPECT_EQ(connections_of(fleet_of(300, 5000)), 300U);
}

TEST(Ports, AreCountedForEachServerAndSourceAddress) {
  config::FleetSpec fleet = fleet_of(1500, 0);
  fleet.groups[0].values["uplink.http.url"].data = std::string("http://h:1/a/{device.id}");
  EXPECT_TRUE(check_ports(fleet, 1500).has_value());
  const auto failed = check_ports(fleet, 1000);
  ASSERT_FALSE(failed.has_value());
  EXPECT_NE(failed.error().message.find("1500 devices connect to http://h:1 from 1 address"),
            std::string::npos)
      << failed.error().message;
  EXPECT_NE(failed.error().hint.find("at least 2"), std::string::npos) << failed.error().hint;
  fleet.groups[0].values["uplink.http.source"].data = config::List{{std::string("127.0.0.2-127.0.0.3")}};
  EXPECT_TRUE(check_ports(fleet, 1000).has_value());
  // Another group to the same server shares them; one to another server does not.
  fleet.groups[1] = fleet.groups[0];
  EXPECT_FALSE(check_ports(fleet, 1000).has_value());
  fleet.groups[1].values["uplink.http.url"].data = std::string("http://h:2/a");
  EXPECT_TRUE(check_ports(fleet, 1000).has_value());
}

TEST(Descriptors, OfAFleetAreSharedByItsWorkers) {
  EXPECT_EQ(workers_needed(0, 1024), 1U);
  EXPECT_EQ(workers_needed(960, 1024), 1U);
  EXPECT_EQ(workers_needed(961, 1024), 2U);
  EXPECT_EQ(workers_needed(100'000, 1024), 105U);
  EXPECT_EQ(workers_needed(1, 64), 0U) << "no number of workers is enough";
}

TEST(Descriptors, ThatDoNotSufficeNameTheWorkersThatWould) {
  EXPECT_TRUE(check_descriptors(960, 1, 1024).has_value());
  const auto failed = check_descriptors(961, 1, 1024);
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error().status, ExitStatus::usage);
  EXPECT_NE(failed.error().hint.find("--workers 2"), std::string::npos) << failed.error().hint;
  EXPECT_FALSE(check_descriptors(1, 1000, 64).has_value());
}

TEST(PlatformFigures, AreTheBodyOfAnHttpAnswer) {
  EXPECT_EQ(body_of_answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"), "{}");
  EXPECT_EQ(body_of_answer("HTTP/1.1 404 Not Found\r\n\r\n{}").error().code, Errc::rejected);
  for (const char* bad : {"", "HTTP/1.1", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\n", "garbage\r\n\r\n{}"}) {
    EXPECT_EQ(body_of_answer(bad).error().code, Errc::malformed) << bad;
  }
}

TEST(PlatformFigures, RefuseAnUrlThatIsNotPlainHttp) {
  const ManualClock clock;
  for (const char* url : {"", "https://127.0.0.1/figures", "http://", "http://:80/", "http://host:/",
                          "http://host:99999/", "http://user@host/figures"}) {
    EXPECT_EQ(get_figures(clock, url, seconds(1)).error().code, Errc::invalid_argument) << url;
  }
}

config::FleetSpec fleet_to(const std::vector<std::string>& urls, const std::string& figures = "") {
  config::FleetSpec fleet;
  fleet.platform_figures = figures;
  for (const std::string& url : urls) {
    config::GroupSpec group;
    group.uplink = "http";
    group.values["uplink.http.url"] = config::Value{url};
    fleet.groups.push_back(std::move(group));
  }
  return fleet;
}

TEST(PlatformPlan, ListensWhereTheFleetFileSendsTo) {
  const auto plan = platform_plan(fleet_to({"http://127.0.0.1:8090/ingest", "http://127.0.0.1:8090/other"},
                                           "http://127.0.0.1:8090/figures"),
                                  "--seed 7");
  ASSERT_TRUE(plan.has_value()) << plan.error().message;
  EXPECT_EQ(plan->args, (std::vector<std::string>{"--seed", "7", "--http", "127.0.0.1:8090"}));
  EXPECT_EQ(plan->host, "127.0.0.1");
  EXPECT_EQ(plan->port, 8090);
}

TEST(PlatformPlan, TakesTheAddressThatTheOptionsName) {
  for (const char* more : {"--http 0.0.0.0:9000 --quiet", "--http=0.0.0.0:9000"}) {
    const auto plan = platform_plan(fleet_to({"http://10.1.2.3:8090/ingest"}), more);
    ASSERT_TRUE(plan.has_value()) << plan.error().message;
    EXPECT_EQ(plan->port, 9000);
    EXPECT_EQ(plan->host, "127.0.0.1") << "where it can be asked whether it is ready";
  }
}

TEST(PlatformPlan, NamesThePortThatAnUrlLeavesOut) {
  const auto plan = platform_plan(fleet_to({"http://localhost/ingest"}), "");
  ASSERT_TRUE(plan.has_value()) << plan.error().message;
  EXPECT_EQ(plan->args, (std::vector<std::string>{"--http", "localhost:80"}));
  EXPECT_EQ(plan->host, "127.0.0.1");
}

TEST(PlatformPlan, ServesItsFiguresSomewhereWhenTheFleetSpeaksOnlyZeroMq) {
  config::FleetSpec fleet;
  fleet.groups.resize(1);
  fleet.groups[0].uplink = "zmq";
  fleet.groups[0].profile_values["uplink.zmq.endpoint"] = config::Value{std::string("tcp://127.0.0.1:8081")};
  const auto plan = platform_plan(fleet, "");
  ASSERT_TRUE(plan.has_value()) << plan.error().message;
  EXPECT_EQ(plan->args, (std::vector<std::string>{"--zmq", "tcp://127.0.0.1:8081", "--http", "127.0.0.1:0"}));
  EXPECT_EQ(plan->port, 0);
}

config::FleetSpec fleet_over(const std::string& uplink, const std::map<std::string, std::string>& values) {
  config::FleetSpec fleet;
  config::GroupSpec& group = fleet.groups.emplace_back();
  group.uplink = uplink;
  for (const auto& [key, value] : values) {
    group.values["uplink." + uplink + "." + key] = config::Value{value};
  }
  return fleet;
}

TEST(PlatformPlan, TakesEachUplinkWhereItsDevicesSendTo) {
  using Args = std::vector<std::string>;
  const struct {
    std::string uplink;
    std::map<std::string, std::string> values;
    Args args;
    std::uint16_t port;
    bool tls;
  } rows[] = {
      {"mqtt", {{"url", "mqtt://127.0.0.1"}}, {"--mqtt", "127.0.0.1:1883"}, 1883, false},
      {"mqtt", {{"url", "mqtts://localhost:9"}}, {"--mqtts", "localhost:9"}, 9, true},
      {"mqtt",
       {{"url", "mqtt://127.0.0.1:7"}, {"payload", "{type} {seq}"}},
       {"--mqtt", "127.0.0.1:7", "--any-payload"},
       7,
       false},
      {"http", {{"url", "https://127.0.0.1/a"}}, {"--https", "127.0.0.1:443"}, 443, true},
      {"websocket",
       {{"url", "ws://127.0.0.1:8/ws/{device.id}"}, {"ack.by", "member"}},
       {"--ws", "127.0.0.1:8"},
       8,
       false},
      {"websocket", {{"url", "wss://[::1]:8/"}}, {"--wss", "[::1]:8", "--no-acks"}, 8, true},
      {"tcp",
       {{"url", "tcp://127.0.0.1:6"}, {"framing", "length2be"}},
       {"--tcp", "127.0.0.1:6", "--framing", "length2be", "--no-acks"},
       6,
       false},
      {"udp", {{"url", "udp://127.0.0.1:5"}}, {"--udp", "127.0.0.1:5"}, 0, false},
      {"udp",
       {{"url", "udp://127.0.0.1:5"}, {"ack.by", "member"}},
       {"--udp", "127.0.0.1:5", "--udp-acks"},
       0,
       false},
      {"ocpp", {{"url", "ws://127.0.0.1:8180/ocpp"}}, {"--ocpp", "127.0.0.1:8180"}, 8180, false},
      {"ocpp",
       {{"url", "ws://127.0.0.1:8180/ocpp"}, {"secure_url", "wss://127.0.0.1:8181/ocpp"}},
       {"--ocpp", "127.0.0.1:8180", "--ocpps", "127.0.0.1:8181"},
       8180,
       true},
      {"ykc", {{"url", "tcp://127.0.0.1:8767"}}, {"--ykc", "127.0.0.1:8767"}, 8767, false},
      {"ykc", {{"url", "tls://127.0.0.1:8768"}}, {"--ykcs", "127.0.0.1:8768"}, 8768, true},
  };
  for (const auto& row : rows) {
    const auto plan = platform_plan(fleet_over(row.uplink, row.values), "");
    ASSERT_TRUE(plan.has_value()) << plan.error().message;
    Args args = row.args;
    args.insert(args.end(), {"--http", "127.0.0.1:0"});
    EXPECT_EQ(plan->args, args);
    EXPECT_EQ(plan->port, row.port);
    EXPECT_EQ(plan->tls, row.tls);
  }
}

TEST(PlatformPlan, RefusesToBeTrustedByACertificateThatItDoesNotHave) {
  const auto fleet = fleet_over("mqtt", {{"url", "mqtts://127.0.0.1"}, {"tls.ca", "/certs/ca.pem"}});
  const auto plan = platform_plan(fleet, "");
  ASSERT_FALSE(plan.has_value());
  EXPECT_NE(plan.error().hint.find("--cert FILE --key FILE"), std::string::npos) << plan.error().hint;
  EXPECT_TRUE(platform_plan(fleet, "--cert a.pem --key b.pem").has_value());
}

TEST(PlatformPlan, RefusesAddressesThatOneProcessHereCannotHave) {
  for (const auto& fleet :
       {fleet_to({"http://127.0.0.1:1/a", "http://127.0.0.1:2/a"}), fleet_to({"http://10.1.2.3:80/a"}),
        fleet_to({"https://10.1.2.3/a"}), fleet_to({"http://127.0.0.1:99999/a"})}) {
    const auto plan = platform_plan(fleet, "");
    ASSERT_FALSE(plan.has_value());
    EXPECT_EQ(plan.error().status, ExitStatus::usage);
  }
}

TEST(MemoryWatch, ReadsTheResidentPagesOfStatm) {
  const auto page = resident_bytes_in("0 1 0 0 0 0 0\n");
  ASSERT_TRUE(page.has_value());
  EXPECT_EQ(resident_bytes_in("4217 1203 987 5 0 300 0\n"), 1203 * *page);
  for (const char* bad : {"", "12", "12 ", "12 x 3", "12 13"})
    EXPECT_EQ(resident_bytes_in(bad), std::nullopt) << bad;
}

TEST(MemoryWatch, WaitsLongerAndLongerForAWorkerThatIsTooSmallForItsDevices) {
  using Advice = MemoryWatch::Advice;
  MemoryWatch watch;
  TimePoint now{std::chrono::hours(1)};
  EXPECT_EQ(watch.look(100, 100, now), Advice::fine);
  EXPECT_EQ(watch.look(101, 100, now), Advice::recycle);
  watch.recycled(now);
  now += seconds(2);
  EXPECT_EQ(watch.look(101, 100, now), Advice::too_small);
  EXPECT_EQ(watch.look(101, 100, now), Advice::fine) << "said once";
  now += MemoryWatch::kGapMin;
  EXPECT_EQ(watch.look(101, 100, now), Advice::recycle);
  watch.recycled(now);
  EXPECT_EQ(watch.gap(), 2 * MemoryWatch::kGapMin);
  now += std::chrono::hours(2);
  watch.recycled(now);
  EXPECT_EQ(watch.gap(), MemoryWatch::kGapMin) << "it held out for long";
}

TEST(Disk, ThatIsFullIsNamedWithWhatToDo) {
  EXPECT_EQ(full_disk_hint("/run/x", 1 << 30, true), "");
  EXPECT_NE(full_disk_hint("/run/x", 0, true).find("the disk of /run/x is full (0 B are free): make room"),
            std::string::npos);
  EXPECT_NE(full_disk_hint("/run/x", 1 << 30, false).find("no further file"), std::string::npos);
}

struct NotesTest : testing::Test {
  NoteForwarder notes{[this](std::string_view verb, const nlohmann::json& args) {
    EXPECT_EQ(verb, "note");
    sent.push_back(args);
    return "id-" + std::to_string(sent.size());
  }};
  std::vector<nlohmann::json> sent;
  TimePoint now{std::chrono::hours(1)};

  void add(const std::string& source, const std::string& text) { notes.add({source, 7, "info", text}); }
  void answer(const std::string& kind, const std::string& message = "") {
    EXPECT_TRUE(
        notes.take({{"id", "id-" + std::to_string(sent.size())}, {"kind", kind}, {"message", message}}));
  }
};

TEST_F(NotesTest, GoInABatchForEachSource) {
  add("worker-0", "a");
  add("worker-1", "b");
  add("worker-0", "c");
  notes.tick(now);
  EXPECT_TRUE(sent.empty()) << "control is not there";
  notes.connected();
  notes.tick(now);
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0], (nlohmann::json{{"source", "worker-0"},
                                     {"lines",
                                      {{{"at_us", 7}, {"level", "info"}, {"text", "a"}},
                                       {{"at_us", 7}, {"level", "info"}, {"text", "c"}}}}}));
  notes.tick(now);
  EXPECT_EQ(sent.size(), 1U) << "one at a time";
  answer("result");
  notes.tick(now);
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[1]["source"], "worker-1");
  answer("result");
  EXPECT_EQ(notes.kept(), 0U);
  EXPECT_EQ(notes.next_due(), kNever);
}

TEST_F(NotesTest, AreSentAgainToTheNextControlWhenTheFirstDidNotAnswer) {
  notes.connected();
  add("worker-0", "a");
  notes.tick(now);
  notes.disconnected();
  EXPECT_FALSE(notes.take({{"id", "id-1"}, {"kind", "result"}})) << "nobody waits for that any more";
  add("worker-0", "b");
  notes.connected();
  notes.tick(now);
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[1]["lines"].size(), 2U);
}

TEST_F(NotesTest, AreSentAgainWhenNoAnswerCame) {
  notes.connected();
  add("worker-0", "a");
  notes.tick(now);
  now += NoteForwarder::kAnswerWithin;
  notes.tick(now);
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[1], sent[0]);
}

TEST_F(NotesTest, WaitForAControlThatKnowsThem) {
  notes.connected();
  add("worker-0", "a");
  notes.tick(now);
  answer("error", "unknown verb 'note'");
  EXPECT_EQ(notes.next_due(), kNever);
  notes.disconnected();
  notes.connected();
  notes.tick(now);
  EXPECT_EQ(sent.size(), 2U);
}

TEST_F(NotesTest, ThatControlRefusesAreNotSentForEver) {
  notes.connected();
  add("worker-0", "a");
  notes.tick(now);
  answer("error", "member 'lines' is wrong");
  EXPECT_EQ(notes.kept(), 0U);
  EXPECT_EQ(notes.dropped(), 1U);
}

TEST_F(NotesTest, AreBoundedWhileControlIsAwayAndSayWhatIsMissing) {
  for (std::size_t i = 0; i < NoteForwarder::kKeptMax + 5; ++i) add("worker-0", std::to_string(i));
  EXPECT_EQ(notes.kept(), NoteForwarder::kKeptMax);
  notes.connected();
  notes.tick(now);
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0]["source"], "up");
  EXPECT_EQ(sent[0]["lines"][0]["text"], "5 lines are missing here: control was away for long");
  answer("result");
  notes.tick(now);
  EXPECT_EQ(sent[1]["lines"][0]["text"], "5");
  EXPECT_EQ(sent[1]["lines"].size(), NoteForwarder::kBatchLinesMax);
}

}  // namespace
}  // namespace vfleet::cli
