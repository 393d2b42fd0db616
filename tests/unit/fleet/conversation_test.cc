// What the engine offers devices whose protocol decides when reports go and what acknowledges them.
#include <gtest/gtest.h>

#include <optional>

#include "simulator/codec/ykc/frame.h"
#include "simulator/config/bind.h"
#include "simulator/device/report_keys.h"
#include "simulator/fleet/config_check.h"
#include "tests/support/simulated_network.h"
#include "tests/unit/fleet/fleet_fixture.h"

namespace vfleet::fleet {
namespace {

using namespace std::chrono_literals;
using device::DeviceContext;
using nlohmann::json;

struct TalkerConfig final : device::DeviceConfig {
  schedule::Pacing beat{.period = 10s};
};

config::Struct<TalkerConfig> talker_keys() {
  config::Struct<TalkerConfig> keys;
  device::add_report_keys(
      keys, "beat", [](auto& c) -> auto& { return c.beat; });
  return keys;
}

/// One question at a time: asks frame 3 ("beat" or "ask"), answered by frame 4 whose body is "yes" or "no";
/// what the platform asks (frame 6) it answers with frame 5.
class Talker final : public device::Device {
 public:
  explicit Talker(std::vector<Talker*>& all) { all.push_back(this); }

  void boot(DeviceContext&) override {}
  void reconfigure(DeviceContext&, const device::DeviceConfig&) override {}
  void link_up(DeviceContext&) override {}
  void link_down(DeviceContext&) override { open_.reset(); }
  void link_failed(DeviceContext& context, std::string_view reason) override {
    failures.push_back(std::string(context.id()) + " " + std::string(reason));
  }
  [[nodiscard]] TimePoint next_event() const override { return kNever; }
  void advance(DeviceContext&) override {}
  [[nodiscard]] std::size_t line_count(const device::DeviceConfig&) const override { return 1; }
  [[nodiscard]] device::ReportLine line(std::size_t) const override { return {}; }
  [[nodiscard]] std::optional<TimePoint> origin(std::size_t) const override { return began; }
  [[nodiscard]] const schedule::Pacing& pacing(std::size_t,
                                               const device::DeviceConfig& config) const override {
    return static_cast<const TalkerConfig&>(config).beat;
  }
  [[nodiscard]] Status encode(const DeviceContext&, const device::Report& report,
                              std::span<const codec::envelope::Override> overrides,
                              codec::Buffer& out) const override {
    std::string body(report.head.type);
    for (const auto& [path, value] : overrides) body += " " + path + "=" + value;
    codec::ykc::append_frame({.type = 3, .body = body}, out);
    return {};
  }
  [[nodiscard]] device::Channel channels(const device::DeviceConfig&) const override { return 1; }
  [[nodiscard]] Status act(DeviceContext& context, const device::ActionCall& call) override {
    if (call.name == "download") {
      const auto id = context.fetch({.url = "http://127.0.0.1:8080/firmware"});
      if (id) downloads.push_back(*id);
      return id ? Status() : tl::unexpected(id.error());
    }
    if (call.name == "begin") {
      began = context.now();
      context.repace(0);
      return {};
    }
    if (call.name == "give_up") {
      context.cancel_fetch(downloads.back());
      return {};
    }
    context.reconnect(/*drain=*/false);
    return {};
  }
  void fetched(DeviceContext& context, const device::Transferred& transferred) override {
    fetches.push_back(std::string(context.id()) + " " + std::to_string(transferred.id) + " " +
                      std::to_string(transferred.http_status) + " " + std::string(transferred.body));
  }
  void receive(DeviceContext& context, std::string_view message) override {
    const auto frame = codec::ykc::parse_frame(message);
    ASSERT_TRUE(frame);
    if (frame->type == 6) {
      std::string answer;
      codec::ykc::append_frame({.type = 5, .body = "done"}, answer);
      said = context.say(answer);
      return;
    }
    if (!open_) return;
    const std::uint32_t seq = *std::exchange(open_, std::nullopt);
    if (frame->body == "yes") {
      context.settle(seq, device::Verdict::acked);
    } else {
      context.refuse(seq, frame->body);
    }
    if (!waiting_.empty()) {
      const TimePoint due = waiting_.front();
      waiting_.erase(waiting_.begin());
      ask(context, {.kind = 0, .due = due});
    }
  }
  void visit_state(const DeviceContext&, device::StateVisitor&) const override {}

  [[nodiscard]] bool converses() const override { return true; }
  void due(DeviceContext& context, std::size_t, TimePoint due) override {
    if (waiting_.size() >= 2) return context.forgo(0);
    if (open_) return waiting_.push_back(due);
    ask(context, {.kind = 0, .due = due});
  }
  [[nodiscard]] Status trigger(DeviceContext& context, const device::TriggerCall& call) override {
    unchecked = call.unchecked;
    const device::AnswerId answer = context.defer(5s);
    ask(context, {.kind = 1, .channel = call.channel, .answers = answer, .overrides = call.fields});
    context.answer(answer, {});
    return {};
  }

  Status said;
  bool unchecked = false;
  std::vector<device::TransferId> downloads;
  std::vector<std::string> fetches;
  std::vector<std::string> failures;
  std::optional<TimePoint> began;

 private:
  void ask(DeviceContext& context, const device::Telling& telling) {
    if (auto told = context.tell(telling)) open_ = *told;
  }
  std::optional<std::uint32_t> open_;
  std::vector<TimePoint> waiting_;
};

class TalkerType final : public device::DeviceType {
 public:
  explicit TalkerType(std::vector<Talker*>& all) : all_(all) {
    description_.name = "talker";
    description_.reports = {{"beat", "", true, false, {}}, {"ask", "", false, false, {}}};
    description_.actions = {{"hang_up", "", false, {}, "", ""},
                            {"begin", "", false, {}, "", ""},
                            {"download", "", false, {}, "", ""},
                            {"give_up", "", false, {}, "", ""}};
    description_.schema = talker_keys().schema();
  }
  [[nodiscard]] const device::TypeDescription& description() const override { return description_; }
  [[nodiscard]] Result<std::unique_ptr<const device::DeviceConfig>> build(
      const config::Values& values) const override {
    auto config = talker_keys().build(values);
    if (!config) return tl::unexpected(config.error());
    return std::make_unique<TalkerConfig>(std::move(*config));
  }
  [[nodiscard]] Status suits(const device::DeviceConfig&, std::string_view uplink) const override {
    if (uplink == "ykc") return {};
    return fail(Errc::invalid_argument, "a talker needs uplink ykc");
  }
  [[nodiscard]] std::unique_ptr<device::Device> make(std::uint64_t, std::uint64_t,
                                                     const device::DeviceConfig&) const override {
    return std::make_unique<Talker>(all_);
  }

 private:
  std::vector<Talker*>& all_;
  device::TypeDescription description_;
};

class Conversation : public FleetFixture {
 protected:
  Conversation() {
    types.add(std::make_unique<TalkerType>(talkers));
    host = std::make_unique<FleetHost>(loop, types,
                                       uplink::UplinkEnvironment{.loop = loop, .network = &network});
    server.received = [this](test::SimulatedConnection& c, std::string_view bytes) {
      c.inbox += bytes;
      std::string_view rest = c.inbox;
      for (std::string_view frame; !(frame = reader.next(rest, totals)).empty();) {
        const auto read = codec::ykc::parse_frame(frame);
        heard.push_back(std::to_string(read->type) + " " + std::string(read->body));
        if (read->type == 3 && !answer.empty()) say(c, 4, answer);
      }
      c.inbox.clear();
    };
  }

  ~Conversation() override { host.reset(); }  // before the network that its links are on

  static void say(test::SimulatedConnection& c, std::uint8_t type, std::string_view body) {
    std::string bytes;
    codec::ykc::append_frame({.type = type, .body = body}, bytes);
    c.send(bytes);
  }
  json talkers_json(std::uint32_t count, const std::string& uplink, const std::string& url) {
    json group = group_json(count, "talk");
    group["type"] = "talker";
    group["uplink"] = uplink;
    group["profile_values"] = json::object();
    group["values"] = {{"reports.beat.every", "10s"}, {"reports.beat.phase", "together"}};
    if (uplink == "ykc") group["values"]["uplink.ykc.url"] = url;
    return group;
  }
  void join_talkers(std::uint32_t count, const std::string& uplink = "ykc", const std::string& url = kUrl) {
    join({talkers_json(count, uplink, url)});
    loop.run_for(100ms);
  }
  void say(std::uint8_t type, std::string_view body) { say(*server.connections().at(0), type, body); }
  json counts() { return figures()["reports"]["talker.beat"]; }

  static constexpr const char* kUrl = "tcp://127.0.0.1:8767";
  test::SimulatedNetwork network{loop};
  test::SimulatedServer& server = network.listen(8767);
  codec::ykc::FrameReader reader;
  codec::ykc::FrameReader::Totals totals;
  std::vector<std::string> heard;
  std::string answer;
  std::vector<Talker*> talkers;
};

TEST_F(Conversation, AnUplinkThatDoesNotSuitIsFoundBeforeTheGroupIsStarted) {
  ConfigCheck check(types, {.loop = loop, .network = &network, .judging = true});
  json group = group_json(1, "talk");
  group["type"] = "talker";
  group["profile_values"] = group["values"] = json::object();
  group["uplink"] = "ykc";
  EXPECT_TRUE(check.check(group.dump()).empty());
  group["uplink"] = "tcp";
  const auto mistakes = check.check(group.dump());
  ASSERT_EQ(mistakes.size(), 1U);
  EXPECT_EQ(mistakes[0].what.message, "a talker needs uplink ykc");
  group["uplink"] = "null";
  EXPECT_TRUE(check.check(group.dump()).empty()) << "so are profiles judged, whose users have another one";
}

TEST_F(Conversation, APlatformThatTalksNonsenseIsMetEverMoreSeldom) {
  server.accepted = [](test::SimulatedConnection& c) {
    c.send("220 mail.example ESMTP");
    c.close();
  };
  join_talkers(1);
  loop.run_for(10min);
  // Up to 30 s apart, 15 s in the middle; a second apart it would be hundreds.
  EXPECT_GT(server.accepted_count(), 10U);
  EXPECT_LT(server.accepted_count(), 100U);
}

TEST_F(Conversation, ALineThatBeginsWithSomethingCountsItsPeriodsFromThere) {
  answer = "yes";
  join_talkers(1);
  loop.run_for(3700ms);
  EXPECT_EQ(run(bus::Verb::action, "all", {{"action", "begin"}, {"args", json::object()}}).applied, 1u);
  heard.clear();
  loop.run_for(9900ms);
  EXPECT_TRUE(heard.empty());
  loop.run_for(200ms);
  EXPECT_EQ(heard.size(), 1U);
  loop.run_for(10s);
  EXPECT_EQ(heard.size(), 2U);
}

TEST_F(Conversation, AReportThatWaitsForItsTurnIsLateFromWhenItWasDue) {
  join_talkers(1);
  loop.run_for(25s);
  EXPECT_EQ(heard, (std::vector<std::string>{"3 beat"})) << "one question at a time";
  EXPECT_EQ(counts()["sent"], 1);
  say(4, "yes");
  loop.run_for(1s);
  EXPECT_EQ(heard.size(), 2u);
  EXPECT_EQ(counts()["acked"], 1);
  say(4, "no");
  loop.run_for(1s);
  EXPECT_EQ(counts()["acked"], 1);
  EXPECT_EQ(counts()["failed"], 1);
  // The third is due 10 s after the second, which was due 10 s after the first.
  loop.run_for(10s);
  say(4, "yes");
  loop.run_for(1s);
  const json latency = figures()["ack_latency"];
  EXPECT_EQ(latency["count"], 2);
  EXPECT_GT(latency["max"].get<std::int64_t>(), 15'000'000) << "of the first, whose answer took so long";
}

TEST_F(Conversation, WhatTheProtocolHasNoPlaceForIsCounted) {
  join_talkers(1);
  loop.run_for(55s);
  EXPECT_EQ(counts()["sent"], 1);
  EXPECT_EQ(figures()["not_sent"]["forgone"], 2);
}

TEST_F(Conversation, AnAnswerToThePlatformIsNoReport) {
  join_talkers(1);
  say(6, "start");
  loop.run_for(1s);
  EXPECT_EQ(heard, (std::vector<std::string>{"5 done"}));
  EXPECT_TRUE(talkers.at(0)->said);
  EXPECT_EQ(figures()["sent"], 0);
}

TEST_F(Conversation, WhatIsInFlightWhenTheConnectionGoesFails) {
  join_talkers(1);
  loop.run_for(11s);
  server.connections().at(0)->reset();
  loop.run_for(1s);
  EXPECT_EQ(counts()["failed"], 1);
  EXPECT_EQ(figures()["failed"]["connection_lost"], 1);
  EXPECT_TRUE(talkers.at(0)->failures.empty()) << "it stood";
}

TEST_F(Conversation, ADeviceLearnsWhyItsConnectionDidNotCome) {
  join_talkers(1, "ykc", "tcp://127.0.0.1:9");  // where nobody listens
  loop.run_for(1s);
  ASSERT_FALSE(talkers.at(0)->failures.empty());
  EXPECT_EQ(talkers.at(0)->failures.front(), "talk-00001 connection_refused");
}

TEST_F(Conversation, WhatIsInFlightWhenTheDeviceRebootsIsNotWaitedFor) {
  join_talkers(1);
  loop.run_for(11s);
  EXPECT_EQ(run(bus::Verb::reboot, "all", {{"down", "500ms"}}).applied, 1u);
  loop.run_for(5s);
  EXPECT_EQ(counts()["failed"], 1);
  EXPECT_EQ(server.accepted_count(), 2u) << "it comes back with a connection of its own";
  EXPECT_EQ(figures()["online"], 1);
}

TEST_F(Conversation, ADeviceThatDrainsIsCountedNoMoreAlsoWhileItsConnectionStands) {
  join_talkers(2);
  loop.run_for(11s);  // each waits for an answer
  const json args = {
      {"counts", json::object()}, {"groups", {talkers_json(1, "ykc", kUrl)}}, {"removed", json::array()}};
  (void)run(bus::Verb::scale, "all", args);
  loop.run_for(100ms);
  EXPECT_EQ(figures()["devices"], 1);
  EXPECT_EQ(figures()["online"], 1) << "not two of one";
  loop.run_for(10s);
  EXPECT_EQ(figures()["online"], 1) << "counted out once";
}

TEST_F(Conversation, AnswersAreHeardWhileTheFleetStops) {
  join_talkers(1);
  loop.run_for(11s);
  bool stopped = false;
  host->stop([&] { stopped = true; });
  loop.run_for(1s);
  EXPECT_FALSE(stopped) << "one is in flight";
  say(4, "yes");
  loop.run_for(1s);
  EXPECT_TRUE(stopped);
  EXPECT_EQ(counts()["acked"], 1);
}

TEST_F(Conversation, AnOperatorWaitsForTheVerdict) {
  join_talkers(1);
  answer = "yes";
  auto result = run(bus::Verb::trigger, "all",
                    {{"report", "ask"}, {"fields", {{"code", "7"}}}, {"unchecked", true}, {"wait", "acked"}});
  EXPECT_EQ(result.applied, 1u);
  EXPECT_EQ(heard, (std::vector<std::string>{"3 ask code=7"}));
  EXPECT_TRUE(talkers.at(0)->unchecked);
  answer = "no";
  result = run(bus::Verb::trigger, "all", {{"report", "ask"}, {"wait", "acked"}});
  EXPECT_EQ(result.failed, 1u);
  ASSERT_EQ(result.reasons.size(), 1u);
  EXPECT_EQ(result.reasons[0].text, "refused: no");
}

TEST_F(Conversation, RawBytesOfAnOperatorAreDoneWhenTheyHaveLeft) {
  join_talkers(1);
  std::string bytes;
  codec::ykc::append_frame({.type = 9, .body = "odd"}, bytes);
  const auto result =
      run(bus::Verb::trigger, "all", {{"report", "ask"}, {"payload", "aAcAAAAJb2RkAAA="}, {"wait", "acked"}});
  EXPECT_EQ(result.applied, 1u) << "whatever it is";
  say(6, "are you well?");
  loop.run_for(1s);
  EXPECT_EQ(heard, (std::vector<std::string>{"5 done"})) << "a frame whose CRC is wrong is none";
  EXPECT_EQ(totals.bad_crcs, 1u);
}

TEST_F(Conversation, ADeviceMakesItsConnectionAnew) {
  join_talkers(1);
  EXPECT_EQ(run(bus::Verb::action, "all", {{"action", "hang_up"}, {"args", json::object()}}).applied, 1u);
  loop.run_for(1s);
  EXPECT_EQ(server.accepted_count(), 2u);
  EXPECT_EQ(figures()["online"], 1);
}

TEST_F(Conversation, ADeviceDownloadsAFileBesideItsConnection) {
  join_talkers(2);
  test::SimulatedServer& files = network.listen(8080);
  files.received = [](test::SimulatedConnection& c, std::string_view) {
    c.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfw 2");
  };
  const auto act = [&](const char* name, const char* who) {
    return run(bus::Verb::action, who, {{"action", name}, {"args", json::object()}}).applied;
  };
  EXPECT_EQ(act("download", "all"), 2u);
  loop.run_for(1s);
  EXPECT_EQ(talkers.at(0)->fetches, (std::vector<std::string>{"talk-00001 1 200 fw 2"}));
  EXPECT_EQ(talkers.at(1)->fetches, (std::vector<std::string>{"talk-00002 2 200 fw 2"}));
  // What is given up, and what ends while the power is off, nobody hears of.
  files.delay = 2s;
  EXPECT_EQ(act("download", "all"), 2u);
  EXPECT_EQ(act("give_up", "talk-00001"), 1u);
  EXPECT_EQ(run(bus::Verb::reboot, "talk-00002", {{"down", "1min"}}).applied, 1u);
  loop.run_for(30s);
  EXPECT_EQ(talkers.at(0)->fetches.size(), 1u);
  EXPECT_EQ(talkers.at(1)->fetches.size(), 1u);
}

TEST_F(Conversation, AnUplinkThatDoesNotSuitIsRefused) {
  json group = group_json(1, "talk");
  group["type"] = "talker";
  group["profile_values"] = group["values"] = json::object();
  host->snapshot_begin({.fleet = "test", .seed = 42, .boot = 1});
  host->snapshot_groups({group.dump()});
  bool done = false;
  host->snapshot_end([&] { done = true; });
  ASSERT_TRUE(loop.run_until([&] { return done; }, 1s));
  ASSERT_FALSE(host->problems().empty());
  EXPECT_NE(host->problems()[0].find("needs uplink ykc"), std::string::npos) << host->problems()[0];
}

TEST_F(Conversation, ATraceShowsWhatBothSidesSaidInItsOrder) {
  answer = "yes";
  join_talkers(1);
  std::vector<json> rows;
  host->query(9, "trace", "talk-00001", "{}", [&](std::vector<std::string> more, bool) {
    for (const std::string& row : more) rows.push_back(json::parse(row));
  });
  loop.run_for(10s);
  say(6, "do it");
  loop.run_for(100ms);
  std::vector<std::string> seen;
  for (const json& row : rows) {
    if (row.contains("tracing")) continue;
    EXPECT_EQ(row["uplink"], "ykc");
    seen.push_back(row["direction"].get<std::string>() + " " + row["kind"].get<std::string>() + " " +
                   row.value("report", ""));
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"out report beat", "in message ", "in message ", "out answer "}));
}

}  // namespace
}  // namespace vfleet::fleet
