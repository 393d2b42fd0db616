#include "tests/unit/uplink/contract/contract_fixture.h"

namespace vfleet::uplink {
namespace {

using namespace std::chrono_literals;

/// A peer that vanished without a word: the connection stands on one side.
class ContractOfSilence : public Contract {};

INSTANTIATE_TEST_SUITE_P(Uplinks, ContractOfSilence, testing::ValuesIn(test::contract_entries()),
                         [](const auto& each) { return each.param.name; });

TEST_P(ContractOfSilence, FindsADeadConnectionByItsReports) {
  started();
  const std::size_t before = server_.accepted_count();
  connection().go_silent();
  std::uint32_t seq = 0;
  const auto reports_each_second = [&](Duration span) {
    for (Duration t{0}; t < span && owner_.downs.empty(); t += 1s) {
      (void)report(++seq);
      loop_.run_for(1s);
    }
  };
  if (entry().finds_silence == 0s) {
    // Without answers and keep-alive only the system's own time-out would tell: what fits the window counts
    // as handed over, the rest is refused.
    reports_each_second(30s);
    EXPECT_TRUE(owner_.downs.empty());
    EXPECT_EQ(owner_.fates[Fate::handed_over], accepted());
    return;
  }
  reports_each_second(entry().finds_silence);
  ASSERT_EQ(owner_.downs.size(), 1u);
  EXPECT_GE(owner_.downs["timed_out"] + owner_.downs["ack_timed_out"] + owner_.downs["ping_timed_out"] +
                owner_.downs["keep_alive_timed_out"] + owner_.downs["heartbeat_timed_out"],
            1u)
      << owner_.downs.begin()->first;
  ASSERT_TRUE(comes_up());
  EXPECT_GT(server_.accepted_count(), before);
  loop_.run_for(20s);
  EXPECT_EQ(owner_.settled, accepted());
  EXPECT_EQ(link().pending(), 0u);
}

TEST_P(ContractOfSilence, FindsADeadConnectionThatIsIdle) {
  started();
  connection().go_silent();
  loop_.run_for(entry().finds_idle_silence);
  if (entry().finds_idle_silence == 0s) {
    loop_.run_for(1min);
    EXPECT_TRUE(link().up()) << "nothing asks for a sign of life: the next report will";
    return;
  }
  ASSERT_EQ(owner_.downs.size(), 1u);
  ASSERT_TRUE(comes_up());
}

TEST_P(ContractOfSilence, StaysUpWhileAnIdlePeerLives) {
  started();
  loop_.run_for(1h);
  EXPECT_TRUE(owner_.downs.empty());
  EXPECT_EQ(server_.accepted_count(), 1u);
  ASSERT_EQ(report(1), Accepted::yes);
  loop_.run_for(1s);
  EXPECT_EQ(done_count(), 1u);
}

}  // namespace
}  // namespace vfleet::uplink
