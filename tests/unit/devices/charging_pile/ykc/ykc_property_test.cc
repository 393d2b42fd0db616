// Whatever people, the network, the platform and the machine do to a pile: what it says is strictly right,
// and no charge goes without its bill.
#include <algorithm>
#include <set>

#include "simulator/codec/ykc/built_in.h"
#include "simulator/core/random.h"
#include "tests/support/ykc_samples.h"
#include "tests/unit/devices/charging_pile/ykc/ykc_world.h"

namespace vfleet::pile::ykc {
namespace {

class YkcProperty : public testing::TestWithParam<int> {
 protected:
  YkcProperty() : random_(static_cast<std::uint64_t>(GetParam()), 1, "deeds"), world_(values(), seed()) {
    for (const auto& frame : layout().frames()) {
      if (frame.type % 2 == 0) platform_.push_back(&frame);
    }
  }

  [[nodiscard]] static std::uint64_t seed() { return static_cast<std::uint64_t>(GetParam()); }
  [[nodiscard]] static const codec::ykc::Layout& layout() { return *codec::ykc::built_in("ykc-1.6"); }
  [[nodiscard]] static config::Values values() {
    config::Values values = {{"ykc.bills_max", integer(64)},
                             {"ykc.parking_lock", boolean(seed() % 2 == 0)},
                             {"ykc.ask_by_vin", boolean(seed() % 5 == 0)},
                             {"ykc.heartbeat_of", text(seed() % 3 == 0 ? "gun" : "pile")},
                             {"arrivals.per_day", number(seed() % 4 == 0 ? 100 : 0)},
                             {"reboot_time", duration(5s)}};
    if (seed() % 7 == 0) values["kind"] = text("ac");
    if (seed() % 6 == 0) values["end_on_unplug"] = boolean(false);
    return values;
  }

  int gun() { return 1 + static_cast<int>(random_.below(2)); }
  bool one_in(std::uint64_t n) { return random_.below(n) == 0; }

  /// Any frame that a platform may send, strictly right, nearly always for this pile.
  void hear() {
    const codec::ykc::FrameLayout& frame = *platform_[random_.below(platform_.size())];
    std::string body = codec::ykc::sample_body(layout(), frame, random_);
    const auto put = [&](std::string_view field, const std::string& bytes) {
      const int at = frame.find(field);
      if (at >= 0) body.replace(frame.fields[static_cast<std::size_t>(at)].bit_at / 8, bytes.size(), bytes);
    };
    if (!one_in(10)) put("pile", std::string("\x32\x01\x06\x00\x00\x00\x01", 7));
    if (!one_in(10)) put("gun", std::string(1, static_cast<char>(gun())));
    if (frame.type == 0x40) return;  // confirmed when it is due, below
    if (one_in(2)) put("pair", std::string("\x20\x11\x21\x12\x00\x00", 6));
    std::string bytes;
    codec::ykc::append_frame(
        {.sequence = static_cast<std::uint16_t>(random_.below(65536)), .type = frame.type, .body = body},
        bytes);
    world_.platform_bytes(bytes);
  }

  void deed() {
    switch (random_.below(16)) {
      case 0:
      case 1:
        return (void)world_.plug(gun(), "sedan", 0.1 + 0.1 * static_cast<double>(random_.below(8)));
      case 2:
        return (void)world_.on("unplug", gun());
      case 3:
        return (void)world_.swipe(gun(), std::to_string(random_.below(3)));
      case 4:
        return (void)world_.on(one_in(2) ? "start" : "stop", gun());
      case 5:
        return (void)world_.fault(one_in(2) ? "ev_communication_error" : "emergency_stop", gun());
      case 6:
        world_.platform(0x52, {{"pile", YkcWorld::kPile}, {"locked", "no"}, {"max_power", "100"}});
        return (void)world_.clear();
      case 7:
        return (void)world_.on(one_in(4) ? "disable" : "enable", gun());
      case 8:
        if (world_.rebooting()) return;
        return world_.online() ? world_.disconnect() : world_.wanted ? world_.connect() : void();
      case 9:
        return world_.stop_remotely(gun());
      case 10:
      case 11: {
        char order[64];
        std::snprintf(order, sizeof order, "%s%02d20112112%08d", YkcWorld::kPile, gun(), ++orders_);
        return world_.start_remotely(gun(), order, one_in(3) ? "3.00" : "0");
      }
      case 12:
        confirms_ = !confirms_ || one_in(2);
        return;
      case 13:
        if (one_in(4)) die();
        return;
      default:
        return hear();
    }
  }

  void die() {
    if (world_.rebooting() || std::stoi(world_.state("ykc_bills")) > 4) return;
    const auto bytes = world_.saved();
    ASSERT_FALSE(bytes.empty());
    ASSERT_TRUE(world_.resume(bytes));
  }

  void judge_frame(const SentFrame& frame) {
    const codec::ykc::FrameLayout* known = layout().find(frame.type);
    ASSERT_NE(known, nullptr) << int{frame.type};
    const auto wrong = codec::ykc::BodyReader(layout(), *known, frame.body).check();
    ASSERT_TRUE(wrong.empty()) << known->name << ": " << wrong.front().field << " " << wrong.front().what;
    if (frame.type == 0x13) {
      const bool charges = frame.text("state") == "charging";
      EXPECT_EQ(charges, frame.text("order") != std::string(32, '0'));
    }
    if ((frame.type == 0x33 || frame.type == 0xA3) && frame.text("result") == "ok")
      accepted_.insert(frame.text("order"));
    if (frame.type == 0x15) accepted_.insert(frame.text("order"));
    if (frame.type == 0x3B) judge_bill(frame);
  }

  void judge_bill(const SentFrame& bill) {
    billed_.insert(bill.text("order"));
    std::int64_t energy = 0;
    std::int64_t amount = 0;
    for (const std::string period : {"sharp", "peak", "flat", "valley"}) {
      energy += bill.number(period + "_energy");
      amount += bill.number(period + "_amount");
    }
    EXPECT_EQ(energy, bill.number("energy"));
    // Some of these platforms ask for tens of thousands a kWh: the field tells what it can hold.
    EXPECT_EQ(std::min<std::int64_t>(amount, UINT32_MAX), bill.number("cost"));
    EXPECT_EQ(bill.number("meter_end") - bill.number("meter_start"), bill.number("energy"));
    EXPECT_EQ(bill.text("order").size(), 32U);
    EXPECT_NE(bill.text("order"), std::string(32, '0'));
  }

  vfleet::Random random_;
  YkcWorld world_;
  std::vector<const codec::ykc::FrameLayout*> platform_;
  std::set<std::string> accepted_;
  std::set<std::string> billed_;
  int orders_ = 0;
  bool confirms_ = true;
};

TEST_P(YkcProperty, FramesAreStrictlyRightAndEveryAcceptedStartHasItsBill) {
  world_.answers[0x3B] = [&](const SentFrame& f) {
    if (confirms_) world_.platform(0x40, {{"order", f.raw_order()}, {"result", "ok"}}, f.sequence);
  };
  world_.answers[0x31] = [&](const SentFrame& f) {
    if (one_in(3)) return;
    char order[64];
    std::snprintf(order, sizeof order, "%s%02d20112112%08d", YkcWorld::kPile,
                  static_cast<int>(f.number("gun")), ++orders_);
    world_.platform(0x32,
                    {{"order", order},
                     {"pile", YkcWorld::kPile},
                     {"gun", f.text("gun")},
                     {"result", one_in(3) ? "failed" : "ok"}},
                    f.sequence);
  };
  world_.log_in();
  std::size_t judged = 0;
  for (int i = 0; i < 600 && !HasFatalFailure(); ++i) {
    deed();
    world_.run(std::chrono::seconds(random_.below(one_in(20) ? 600 : 20)));
    for (; judged < world_.frames().size() && !HasFatalFailure(); ++judged)
      judge_frame(world_.frames()[judged]);
  }
  // Everybody goes home, and everything that waits is told.
  confirms_ = true;
  world_.answers[0x31] = nullptr;
  ASSERT_TRUE(world_.set("arrivals.per_day", number(0)));
  world_.run(1h);
  for (const int gun : {1, 2}) {
    (void)world_.on("stop", gun);
    (void)world_.on("unplug", gun);
  }
  world_.run(1h);
  if (!world_.online() && world_.wanted) world_.connect();
  world_.run(1h);
  if (world_.online()) world_.disconnect();
  if (world_.wanted) world_.connect();
  world_.run(1h);
  for (; judged < world_.frames().size() && !HasFatalFailure(); ++judged)
    judge_frame(world_.frames()[judged]);
  EXPECT_EQ(world_.state("ykc_stage"), "ready");
  EXPECT_EQ(world_.state("ykc_bills"), "0");
  for (const std::string& order : accepted_) EXPECT_TRUE(billed_.contains(order)) << order;
  EXPECT_GT(billed_.size(), 5U);
}

INSTANTIATE_TEST_SUITE_P(Seeds, YkcProperty, testing::Range(1, 101));

}  // namespace
}  // namespace vfleet::pile::ykc
