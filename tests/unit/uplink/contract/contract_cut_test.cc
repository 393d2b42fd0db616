#include "tests/unit/uplink/contract/contract_fixture.h"

namespace vfleet::uplink {
namespace {

using namespace std::chrono_literals;
using Cut = test::SimulatedConnection::Cut;

/// The first connection ends at each byte of its first exchange, in each direction and in each way.
class ContractOfCuts : public Contract {
 protected:
  /// How long the first exchange is: all that is said until a report has been dealt with.
  void measure() {
    started();
    ASSERT_EQ(report(++seq_), Accepted::yes);
    loop_.run_for(100ms);
    ASSERT_EQ(done_count(), 1u);
    from_client_ = connection().bytes_received();
    from_server_ = connection().bytes_sent();
    ASSERT_GT(from_client_, body(1).size());
    links_.clear();
    loop_.run_for(100ms);
  }

  [[nodiscard]] static bool may_be(Cut what) { return what != Cut::silence || entry().finds_silence > 0s; }

  /// One link whose first connection is cut as `cut` says: it comes back and carries reports again.
  void live_through(const std::function<void(test::SimulatedConnection&)>& cut) {
    bool first = true;
    on_accepted = [&](test::SimulatedConnection& c) {
      if (std::exchange(first, false)) cut(c);
    };
    links_.push_back(make_link(1));
    link().open();
    ASSERT_TRUE(comes_up());
    (void)report(++seq_);
    loop_.run_for(30s);
    // A connection that died while nobody spoke is found by the next report, in some protocols.
    const std::size_t before = done_count();
    for (int tries = 0; tries < 3 && done_count() == before; ++tries) {
      ASSERT_TRUE(comes_up());
      ASSERT_EQ(report(++seq_), Accepted::yes);
      loop_.run_for(30s);
    }
    EXPECT_GT(done_count(), before) << "carries reports again";
    EXPECT_EQ(link().pending(), 0u);
    EXPECT_EQ(owner_.settled, accepted()) << "each report has one fate";
    links_.clear();
    loop_.run_for(100ms);
  }

  std::size_t from_client_ = 0;
  std::size_t from_server_ = 0;
  std::uint32_t seq_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Uplinks, ContractOfCuts, testing::ValuesIn(test::contract_entries()),
                         [](const auto& each) { return each.param.name; });

TEST_P(ContractOfCuts, SurvivesTheLossOfAnyByteThatItSays) {
  owner_.keep_events = false;
  measure();
  for (const Cut what : {Cut::reset, Cut::end, Cut::silence}) {
    if (!may_be(what)) continue;
    for (std::size_t at = 0; at <= from_client_; ++at) {
      SCOPED_TRACE(std::to_string(at) + " of " + std::to_string(from_client_) + " bytes, way " +
                   std::to_string(static_cast<int>(what)));
      live_through([&](test::SimulatedConnection& c) { c.cut_after_received(at, what); });
      if (HasFailure()) return;
    }
  }
}

TEST_P(ContractOfCuts, SurvivesTheLossOfAnyByteThatItIsTold) {
  owner_.keep_events = false;
  measure();
  for (const Cut what : {Cut::reset, Cut::end, Cut::silence}) {
    if (!may_be(what)) continue;
    for (std::size_t at = 0; at <= from_server_; ++at) {
      SCOPED_TRACE(std::to_string(at) + " of " + std::to_string(from_server_) + " bytes, way " +
                   std::to_string(static_cast<int>(what)));
      live_through([&](test::SimulatedConnection& c) { c.cut_after_sent(at, what); });
      if (HasFailure()) return;
    }
  }
}

}  // namespace
}  // namespace vfleet::uplink
