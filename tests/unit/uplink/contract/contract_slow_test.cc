#include "tests/unit/uplink/contract/contract_fixture.h"

namespace vfleet::uplink {
namespace {

using namespace std::chrono_literals;

/// A platform that has stopped to read, with a window of a few reports.
class ContractOfSlowReaders : public Contract {
 protected:
  void stop_reading() {
    server_.window = 200;
    started();
    connection().read(false);
  }
  void flood() {
    for (std::uint32_t seq = 1; seq <= 100; ++seq) (void)report(seq);
  }
};

INSTANTIATE_TEST_SUITE_P(Uplinks, ContractOfSlowReaders, testing::ValuesIn(test::contract_entries()),
                         [](const auto& each) { return each.param.name; });

TEST_P(ContractOfSlowReaders, RefusesWhatIsMoreThanItsQueueHolds) {
  stop_reading();
  flood();
  EXPECT_LE(link().pending(), entry().waiting_max);
  EXPECT_GE(link().pending(), static_cast<std::size_t>(test::kContractQueue) - 1);
  EXPECT_EQ(owner_.settled + link().pending(), accepted());
  EXPECT_EQ(answers_[Accepted::queue_full], 100 - accepted());
  EXPECT_GT(answers_[Accepted::queue_full], 50u);
  EXPECT_TRUE(link().refuses("meter")) << "who asks first saves making it";
  connection().read(true);
  loop_.run_for(4s);
  EXPECT_EQ(owner_.settled, accepted());
  EXPECT_EQ(done_count(), accepted()) << "it read in time";
  EXPECT_EQ(peer_->reports.size(), accepted());
  EXPECT_EQ(link().pending(), 0u);
  EXPECT_FALSE(link().refuses("meter"));
  EXPECT_TRUE(owner_.downs.empty());
}

TEST_P(ContractOfSlowReaders, DropsTheOldestOrTheNewestWhenToldSo) {
  for (const char* policy : {"drop_oldest", "drop_newest"}) {
    SCOPED_TRACE(policy);
    values_["queue.when_full"].data = std::string(policy);
    links_.clear();
    answers_.clear();
    owner_.fates.clear();
    owner_.settled = 0;
    stop_reading();
    flood();
    EXPECT_EQ(accepted(), 100u);
    EXPECT_LE(link().pending(), entry().waiting_max);
    EXPECT_GT(owner_.fates[Fate::evicted], 50u);
    EXPECT_EQ(counter("queue_evicted_total"), owner_.fates[Fate::evicted]);
    connection().read(true);
    loop_.run_for(4s);
    EXPECT_EQ(owner_.settled, 100u);
    EXPECT_EQ(done_count() + owner_.fates[Fate::evicted], 100u);
  }
}

TEST_P(ContractOfSlowReaders, LeavesOneThatNeverReads) {
  stop_reading();
  flood();
  loop_.run_for(20s);
  std::size_t downs = 0;
  for (const auto& [reason, n] : owner_.downs) downs += n;
  EXPECT_EQ(downs, 1u) << "the next connection is read";
  ASSERT_TRUE(comes_up());
  loop_.run_for(20s);
  EXPECT_EQ(owner_.settled, accepted());
  EXPECT_EQ(link().pending(), 0u);
  EXPECT_LT(owner_.fates[Fate::timed_out] + owner_.fates[Fate::connection_lost], accepted())
      << "what waited went over the next connection";
}

}  // namespace
}  // namespace vfleet::uplink
