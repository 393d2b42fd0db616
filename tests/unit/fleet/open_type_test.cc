// What the engine offers devices whose behaviour is elsewhere: a waker, late answers, reports of their own.
#include <gtest/gtest.h>

#include "simulator/config/bind.h"
#include "tests/unit/fleet/fleet_fixture.h"

namespace vfleet::fleet {
namespace {

using namespace std::chrono_literals;
using device::AnswerId;
using nlohmann::json;

struct NoConfig final : device::DeviceConfig {};

/// Does what the test says, when it is woken.
class Puppet final : public device::Device {
 public:
  using Move = std::function<void(Puppet&, device::DeviceContext&)>;
  explicit Puppet(std::vector<Puppet*>& all) { all.push_back(this); }

  void later(Move move) {
    moves_.push_back(std::move(move));
    waker_.wake();
  }

  void boot(device::DeviceContext& context) override {
    waker_ = context.waker();
    context.visit_labels([&](std::string_view name, std::string_view value) {
      labels += std::string(name) + "=" + std::string(value) + " ";
    });
    group = context.group();
  }
  void reconfigure(device::DeviceContext&, const device::DeviceConfig&) override {}
  void link_up(device::DeviceContext&) override {}
  void link_down(device::DeviceContext&) override {}
  [[nodiscard]] TimePoint next_event() const override { return kNever; }
  void advance(device::DeviceContext& context) override {
    for (const Move& move : std::exchange(moves_, {})) move(*this, context);
  }
  [[nodiscard]] std::size_t line_count(const device::DeviceConfig&) const override { return 0; }
  [[nodiscard]] device::ReportLine line(std::size_t) const override { return {}; }
  [[nodiscard]] const schedule::Pacing& pacing(std::size_t, const device::DeviceConfig&) const override {
    static const schedule::Pacing kNone{};
    return kNone;
  }
  [[nodiscard]] Status encode(const device::DeviceContext&, const device::Report& report,
                              std::span<const codec::envelope::Override>, codec::Buffer& out) const override {
    codec::json::Writer writer(out);
    codec::envelope::begin(writer, report.head);
    out += report.data;
    codec::envelope::finish(writer);
    return {};
  }
  [[nodiscard]] device::Channel channels(const device::DeviceConfig&) const override { return 0; }
  [[nodiscard]] Status act(device::DeviceContext& context, const device::ActionCall& call) override {
    if (call.name == "now") return {};
    if (call.name == "no") return fail(Errc::rejected, "never");
    owed = context.defer(2s);
    args = call.args->empty() ? "" : std::get<std::string>(call.args->begin()->second.data);
    return {};
  }
  [[nodiscard]] Status trigger(device::DeviceContext& context, const device::TriggerCall& call) override {
    owed = context.defer(2s);
    asked = call.report;
    return {};
  }
  void receive(device::DeviceContext&, std::string_view) override {}
  void visit_state(const device::DeviceContext&, device::StateVisitor&) const override {}

  AnswerId owed = 0;
  std::string asked;
  std::string args;
  std::string labels;
  std::string group;

 private:
  device::Waker waker_;
  std::vector<Move> moves_;
};

class PuppetType final : public device::DeviceType {
 public:
  explicit PuppetType(std::vector<Puppet*>& all) : all_(all) {
    description_.name = "puppet";
    description_.open = true;
  }
  [[nodiscard]] const device::TypeDescription& description() const override { return description_; }
  [[nodiscard]] Result<std::unique_ptr<const device::DeviceConfig>> build(
      const config::Values&) const override {
    return std::make_unique<const NoConfig>();
  }
  [[nodiscard]] std::unique_ptr<device::Device> make(std::uint64_t, std::uint64_t,
                                                     const device::DeviceConfig&) const override {
    return std::make_unique<Puppet>(all_);
  }
  void stop(std::function<void()> done) const override { stop_ = std::move(done); }
  mutable std::function<void()> stop_;

 private:
  std::vector<Puppet*>& all_;
  device::TypeDescription description_;
};

class OpenTypes : public FleetFixture {
 protected:
  OpenTypes() {
    auto type = std::make_unique<PuppetType>(puppets);
    puppet_type = type.get();
    types.add(std::move(type));
  }

  void join_puppets(int count) {
    auto group = group_json(static_cast<std::uint32_t>(count), "doll");
    group["type"] = "puppet";
    group["profile_values"] = group["values"] = json::object();
    join({group});
    loop.run_for(10ms);
  }

  /// Starts a command; its result is in `result` once it is there.
  void begin(const bus::Command& what) {
    result.reset();
    done = false;
    host->execute(
        what, [this](bus::CommandResult r) { result = std::move(r); }, [this] { done = true; });
    loop.run_for(1ms);
  }
  std::uint64_t sent_as(const std::string& name) {
    const json all = figures();
    return all["reports"].contains(name) ? all["reports"][name]["sent"].get<std::uint64_t>() : 0;
  }

  std::vector<Puppet*> puppets;
  PuppetType* puppet_type = nullptr;
  std::optional<bus::CommandResult> result;
  bool done = false;
};

TEST_F(OpenTypes, ADeviceIsWokenOutsideItsOwnCalls) {
  join_puppets(1);
  int woken = 0;
  puppets[0]->later([&](Puppet&, device::DeviceContext& context) {
    ++woken;
    EXPECT_TRUE(context.emit_open("warm", 2, R"({"c":21.5})"));
  });
  EXPECT_EQ(woken, 0) << "in a later turn";
  loop.run_for(5ms);
  EXPECT_EQ(woken, 1);
  EXPECT_EQ(sent_as("puppet.warm"), 1u);
  EXPECT_EQ(puppets[0]->group, "doll");
  EXPECT_NE(puppets[0]->labels.find("site=a"), std::string::npos);
}

TEST_F(OpenTypes, TheReplyOfAnActionWaitsForTheDeviceAndLaterCommandsDoNot) {
  join_puppets(1);
  begin(command(bus::Verb::action, "all", {{"action", "turn"}, {"args", {{"by", 3}}}}));
  EXPECT_TRUE(done);
  EXPECT_FALSE(result);
  EXPECT_EQ(puppets[0]->args, "3");
  EXPECT_EQ(run(bus::Verb::pause, "all").applied, 1u);
  puppets[0]->later([](Puppet& self, device::DeviceContext& context) {
    context.answer(self.owed + 1, fail(Errc::rejected, "nobody asked"));
    context.answer(self.owed, {});
    context.answer(self.owed, fail(Errc::rejected, "twice"));
  });
  loop.run_for(5ms);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->matched, 1u);
  EXPECT_EQ(result->applied, 1u);
  EXPECT_EQ(result->rejected + result->failed, 0u);
}

TEST_F(OpenTypes, ADevicesOwnReasonReachesTheOperator) {
  join_puppets(3);
  begin(command(bus::Verb::action, "all", {{"action", "turn"}}));
  for (Puppet* each : puppets) {
    each->later([](Puppet& self, device::DeviceContext& context) {
      context.answer(self.owed, self.owed % 2 == 0 ? fail(Errc::rejected, "the door is open") : Status());
    });
  }
  loop.run_for(5ms);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->matched, 3u);
  EXPECT_EQ(result->applied, 2u);
  EXPECT_EQ(result->reasons, (std::vector<bus::Reason>{{"doll-00002", "the door is open"}}));
  EXPECT_EQ(run(bus::Verb::action, "all", {{"action", "no"}}).rejected, 3u);
  EXPECT_EQ(run(bus::Verb::action, "all", {{"action", "now"}}).applied, 3u);
}

TEST_F(OpenTypes, NoAnswerInTimeIsAFailureThatSaysSo) {
  join_puppets(1);
  begin(command(bus::Verb::trigger, "all", {{"report", "warm"}}));
  EXPECT_EQ(puppets[0]->asked, "warm");
  loop.run_for(1900ms);
  EXPECT_FALSE(result);
  loop.run_for(200ms);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->failed, 1u);
  EXPECT_EQ(result->reasons, (std::vector<bus::Reason>{{"doll-00001", "no answer in 2s"}}));
}

TEST_F(OpenTypes, WhoWaitsForTheAcknowledgementWaitsForTheReportThatFollows) {
  join_puppets(1);
  const json acked = {{"report", "warm"}, {"wait", "acked"}};
  begin(command(bus::Verb::trigger, "all", acked));
  puppets[0]->later([](Puppet& self, device::DeviceContext& context) {
    EXPECT_TRUE(context.emit_open("warm", 0, "{}", self.owed));
    context.answer(self.owed, {});
  });
  loop.run_for(5ms);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->applied, 1u);

  begin(command(bus::Verb::trigger, "all", acked));
  puppets[0]->later([](Puppet& self, device::DeviceContext& context) { context.answer(self.owed, {}); });
  loop.run_for(5ms);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->applied, 0u);
  EXPECT_EQ(result->reasons, (std::vector<bus::Reason>{{"doll-00001", "accepted, but no report followed"}}));
}

TEST_F(OpenTypes, AJobAsksAndDoesNotWait) {
  join_puppets(1);
  EXPECT_EQ(run(bus::Verb::trigger, "all", {{"report", "warm"}, {"count", 3}, {"every_us", 1000}}).applied,
            1u);
  loop.run_for(100ms);
  EXPECT_EQ(puppets[0]->asked, "warm");
  EXPECT_EQ(puppets[0]->owed, 0u);
}

TEST_F(OpenTypes, ADeviceThatDoesNotWantItsLinkIsOffline) {
  join_puppets(1);
  puppets[0]->later([](Puppet&, device::DeviceContext& context) { context.want_link(false); });
  loop.run_for(5ms);
  EXPECT_EQ(figures()["online"], 0);
  EXPECT_EQ(run(bus::Verb::trigger, "all", {{"report", "warm"}}).reasons.at(0).text, "offline");
  run(bus::Verb::disconnect, "all");
  run(bus::Verb::connect, "all");
  EXPECT_EQ(figures()["online"], 0) << "an operator does not overrule it";
  puppets[0]->later([](Puppet&, device::DeviceContext& context) { context.want_link(true); });
  loop.run_for(5ms);
  EXPECT_EQ(figures()["online"], 1);
}

TEST_F(OpenTypes, NamesOfReportsAreCheckedAndCountedInABoundedTable) {
  join_puppets(1);
  puppets[0]->later([](Puppet&, device::DeviceContext& context) {
    EXPECT_FALSE(context.emit_open("not a name", 0, "{}"));
    EXPECT_FALSE(context.emit_open("", 0, "{}"));
    for (int i = 0; i < 200; ++i) EXPECT_TRUE(context.emit_open("r" + std::to_string(i), 0, "{}"));
  });
  loop.run_for(5ms);
  EXPECT_EQ(sent_as("puppet.r0"), 1u);
  EXPECT_EQ(sent_as("puppet.r62"), 1u);
  EXPECT_EQ(sent_as("puppet.r63"), 0u);
  EXPECT_EQ(sent_as("puppet.other"), 137u);
  EXPECT_EQ(figures()["sent"], 200);
}

TEST_F(OpenTypes, APausedDeviceSendsOnlyWhatWasAskedFor) {
  join_puppets(1);
  run(bus::Verb::pause, "all");
  begin(command(bus::Verb::trigger, "all", {{"report", "warm"}}));
  puppets[0]->later([](Puppet& self, device::DeviceContext& context) {
    EXPECT_FALSE(context.emit_open("warm", 0, "{}"));
    EXPECT_TRUE(context.emit_open("warm", 0, "{}", self.owed));
  });
  loop.run_for(5ms);
  EXPECT_EQ(sent_as("puppet.warm"), 1u);
  EXPECT_EQ(figures()["not_sent"]["paused"], 1);
}

TEST_F(OpenTypes, ADeviceThatLeavesOwesNothing) {
  join_puppets(1);
  begin(command(bus::Verb::action, "all", {{"action", "turn"}}));
  run(bus::Verb::reload, "all", {{"removed", {"doll"}}});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->reasons, (std::vector<bus::Reason>{{"doll-00001", "the device was removed"}}));
}

TEST_F(OpenTypes, StopWaitsForWhatTheTypeRuns) {
  join_puppets(1);
  bool stopped = false;
  host->stop([&] { stopped = true; });
  loop.run_for(5s);
  EXPECT_FALSE(stopped);
  ASSERT_TRUE(puppet_type->stop_);
  puppet_type->stop_();
  loop.run_for(20ms);
  EXPECT_TRUE(stopped);
}

}  // namespace
}  // namespace vfleet::fleet
