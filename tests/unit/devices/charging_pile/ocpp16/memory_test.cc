// What a station takes, and what a MeterValues costs.
#include <malloc.h>

#include <array>

#include "devices/charging_pile/dialects/ocpp16/charge_point.h"
#include "devices/charging_pile/pile.h"
#include "tests/bench/counting_new.h"
#include "tests/unit/devices/charging_pile/ocpp16/ocpp_world.h"

namespace vfleet::pile {
namespace {

/// Answers by itself and keeps nothing, so that it allocates nothing.
class Quiet : public OcppWorld {
 public:
  using OcppWorld::OcppWorld;

  Result<std::uint32_t> tell(const device::Telling& telling) override {
    if (!still_) return OcppWorld::tell(telling);
    out_.clear();
    const device::Report report{.kind = telling.kind, .channel = telling.channel, .detail = telling.detail};
    if (auto encoded = device().encode(*this, report, telling.overrides, out_); !encoded) {
      return tl::unexpected(encoded.error());
    }
    return ++seq_;
  }
  void settle(std::uint32_t seq, device::Verdict verdict) override {
    if (!still_) return OcppWorld::settle(seq, verdict);
    acked_ += verdict == device::Verdict::acked;
  }

  /// A MeterValues and its answer.
  void exchange() {
    ask();
    answer();
  }
  void ask() {
    still_ = true;
    device().due(*this, 2, now());
    still_ = false;
  }
  void answer() {
    still_ = true;
    answer_.assign("[3,\"").append(out_, 4, 36).append("\",{}]");
    device().receive(*this, answer_);
    still_ = false;
  }
  [[nodiscard]] int acked() const { return acked_; }
  [[nodiscard]] const std::string& out() const { return out_; }

 private:
  bool still_ = false;
  int acked_ = 0;
  std::uint32_t seq_ = 1000;
  std::string out_;
  std::string answer_;
};

TEST(OcppMemory, AMeterValuesAllocatesNothing) {
  Quiet world;
  world.accept();
  world.charge();
  for (int i = 0; i < 10; ++i) world.exchange();
  ASSERT_EQ(world.acked(), 10) << world.out();
  const std::uint64_t before = bench::allocations();
  for (int i = 0; i < 1000; ++i) world.exchange();
  EXPECT_EQ(bench::allocations() - before, 0U);
  EXPECT_EQ(world.acked(), 1010);
}

/// Saves before a report leaves, as the engine does.
class Keeping final : public Quiet {
 public:
  using Quiet::Quiet;
  Result<std::uint32_t> tell(const device::Telling& telling) override {
    std::array<std::byte, 8192> room;
    EXPECT_GT(device().save(*this, room), 0U);
    ++saved_;
    return Quiet::tell(telling);
  }
  [[nodiscard]] int saved() const { return saved_; }

 private:
  int saved_ = 0;
};

TEST(OcppMemory, WhatWasSavedForAMeterValuesIsNotSavedAgainBehindIt) {
  Keeping world;
  world.accept();
  world.charge();
  for (int i = 0; i < 3; ++i) {
    const int before = world.saved();
    world.ask();
    EXPECT_EQ(world.saved(), before + 1);
    EXPECT_NE(world.device().unsaved(), device::Unsaved::changed);
    // The answer takes the message out of what must survive.
    world.answer();
    EXPECT_EQ(world.device().unsaved(), device::Unsaved::changed);
  }
}

TEST(OcppMemory, AStationInTwoTransactionsTakesSixKibibytesAtMost) {
  constexpr int kStations = 8;
  std::vector<std::unique_ptr<OcppWorld>> worlds;
  for (int i = 0; i < kStations; ++i) {
    worlds.push_back(std::make_unique<OcppWorld>(
        config::Values{{"ocpp.stop_txn_sampled_data", text("Energy.Active.Import.Register,SoC")},
                       {"reports.meter.every", duration(60s)}},
        static_cast<std::uint64_t>(i)));
    worlds.back()->accept();
  }
  // Only what the pile itself takes: copies are made of what it saved, by other lives in the same world. Many
  // at once, because memory that malloc keeps at hand for a thread counts as taken.
  constexpr std::size_t kTwins = 64;
  std::size_t most = 0;
  for (const auto& world : worlds) {
    world->charge(1, "FIRST");
    world->charge(2, "SECOND");
    world->run_for(30min);
    const auto saved = world->saved();
    ASSERT_FALSE(saved.empty());
    std::vector<std::unique_ptr<device::Device>> twins(kTwins);
    const auto before = mallinfo2().uordblks;
    for (auto& twin : twins) {
      twin = world->type().make(1, 1, world->config());
      ASSERT_TRUE(twin->restore(*world, saved));
    }
    most = std::max<std::size_t>(most, (mallinfo2().uordblks - before) / kTwins);
  }
  // A sanitizer's malloc counts nothing.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_GE(most, sizeof(ocpp16::ChargePoint) + sizeof(Pile)) << "or it is not measured";
#endif
  EXPECT_LE(most, 6U * 1024) << "sizeof: ChargePoint " << sizeof(ocpp16::ChargePoint) << ", Pile "
                             << sizeof(Pile);
  RecordProperty("bytes", static_cast<int>(most));
  std::printf("a station in two transactions: %zu bytes (ChargePoint %zu, Pile %zu)\n", most,
              sizeof(ocpp16::ChargePoint), sizeof(Pile));
}

}  // namespace
}  // namespace vfleet::pile
