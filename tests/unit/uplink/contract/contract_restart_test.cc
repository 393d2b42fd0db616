#include "tests/unit/uplink/contract/contract_fixture.h"

namespace vfleet::uplink {
namespace {

using namespace std::chrono_literals;

/// Two hundred devices and a platform that restarts.
class ContractOfRestarts : public Contract {
 protected:
  static constexpr LinkKey kLinks = 200;

  ContractOfRestarts() { owner_.keep_events = false; }

  [[nodiscard]] std::size_t up() const {
    std::size_t n = 0;
    for (const auto& each : links_) n += each->up() ? 1 : 0;
    return n;
  }
  /// Each device reports each second.
  void live(Duration span) {
    for (Duration t{0}; t < span; t += 1s) {
      for (const auto& each : links_) (void)report(*each, ++seq_);
      loop_.run_for(1s);
    }
  }
  std::uint32_t seq_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Uplinks, ContractOfRestarts, testing::ValuesIn(test::contract_entries()),
                         [](const auto& each) { return each.param.name; });

TEST_P(ContractOfRestarts, EveryDeviceComesBackAndTheAccountBalances) {
  start(kLinks);
  live(5s);
  EXPECT_EQ(up(), kLinks);
  for (int round = 0; round < 3; ++round) {
    server_.stop();
    live(10s);
    EXPECT_EQ(up(), 0u);
    server_.start();
    const std::size_t before = server_.accepted_count();
    live(1s);
    // Those that were refused wait a random time of up to eight seconds.
    EXPECT_LT(server_.accepted_count() - before, kLinks / 2) << "not all at once";
    live(11s);
    EXPECT_EQ(up(), kLinks);
  }
  loop_.run_for(30s);
  EXPECT_EQ(owner_.settled, accepted()) << "to the last report";
  EXPECT_EQ(done_count() + owner_.fates[Fate::connection_lost], accepted());
  EXPECT_GT(answers_[Accepted::offline], 0u);
  if (entry().acked) {
    EXPECT_GE(peer_->reports.size(), done_count());
  }
  for (const auto& each : links_) EXPECT_EQ(each->pending(), 0u);
}

TEST_P(ContractOfRestarts, ConnectsAtThePaceOfItsRamp) {
  values_["pacing.ramp"].data = std::string("0s:0, 10s:20");
  values_["pacing.in_flight"].data = std::int64_t{1000};
  start(kLinks);
  // Half of two a second squared: one after a second, a hundred after ten, and twenty a second from there.
  loop_.run_for(1s);
  EXPECT_NEAR(static_cast<double>(network_.attempts()), 1, 1);
  loop_.run_for(9s);
  EXPECT_NEAR(static_cast<double>(network_.attempts()), 100, 2);
  loop_.run_for(6s);
  EXPECT_EQ(up(), kLinks);
  server_.stop();
  server_.start();
  const std::size_t before = network_.attempts();
  loop_.run_for(1s);
  EXPECT_LE(network_.attempts() - before, 22u) << "a restart is no reason to hurry";
  ASSERT_TRUE(loop_.run_until([&] { return up() == kLinks; }, 60s));
}

}  // namespace
}  // namespace vfleet::uplink
