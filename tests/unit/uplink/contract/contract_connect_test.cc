#include <set>

#include "tests/unit/uplink/contract/contract_fixture.h"

namespace vfleet::uplink {
namespace {

using namespace std::chrono_literals;

/// Kinds that this suite does not run, and why. uplink_contract_test runs them on real sockets.
const std::map<std::string, std::string, std::less<>> kElsewhere = {
    {"null", "has no connection"},
    {"zmq", "libzmq makes its connections itself"},
    {"ocpp", "is the websocket kind; what acknowledges is the device's, see conversation_test"},
    {"ykc", "is the tcp kind; what acknowledges is the device's, see conversation_test"},
    {"udp",
     "has no connection: nobody is refused, cut or half-open; udp_on_simulated_network_test has its own"},
};

TEST(ContractEntries, HoldEveryKindOrSayWhyNot) {
  std::set<std::string> named;
  for (const test::ContractEntry& each : test::contract_entries()) named.insert(each.kind.name);
  for (const UplinkKind& each : all_uplinks()) {
    EXPECT_NE(named.contains(each.name), kElsewhere.contains(each.name)) << each.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Uplinks, Contract, testing::ValuesIn(test::contract_entries()),
                         [](const auto& each) { return each.param.name; });

TEST_P(Contract, ConnectsAndCarriesReportsInTheirOrder) {
  started();
  std::vector<std::string> said;
  for (std::uint32_t seq = 1; seq <= 8; ++seq) {
    ASSERT_EQ(report(seq), Accepted::yes);
    said.push_back(body(seq));
  }
  loop_.run_for(1s);
  EXPECT_EQ(peer_->reports, said);
  EXPECT_EQ(done_count(), 8u);
  EXPECT_EQ(owner_.sent, 8u);
  EXPECT_EQ(owner_.settled, 8u);
  EXPECT_EQ(link().pending(), 0u);
  EXPECT_EQ(server_.accepted_count(), 1u);
  EXPECT_TRUE(owner_.downs.empty());
}

TEST_P(Contract, ReadsWhatComesByteByByte) {
  server_.slice = 1;
  started();
  for (std::uint32_t seq = 1; seq <= 5; ++seq) ASSERT_EQ(report(seq), Accepted::yes);
  loop_.run_for(1s);
  EXPECT_EQ(peer_->reports.size(), 5u);
  EXPECT_EQ(done_count(), 5u);
}

TEST_P(Contract, BacksOffWhenItIsRefusedAndSaysSo) {
  server_.listening = false;
  start();
  loop_.run_for(10min);
  // Waits of up to 8 s, 4 s on average.
  EXPECT_GT(network_.attempts(), 100u);
  EXPECT_LT(network_.attempts(), 220u);
  EXPECT_EQ(owner_.downs["connection_refused"], network_.attempts());
  EXPECT_EQ(counter("connect_failures_total{reason=\"connection_refused\"}"), network_.attempts());
  EXPECT_EQ(report(1), Accepted::offline);
  server_.listening = true;
  EXPECT_TRUE(comes_up(9s));
}

TEST_P(Contract, SaysWhatThisMachineLacks) {
  const std::pair<net::StreamError, const char*> table[] = {{net::StreamError::no_ports, "`source`"},
                                                            {net::StreamError::source_address, "ip address"},
                                                            {net::StreamError::no_descriptors, "ulimit -n"}};
  for (const auto& [error, words] : table) network_.connect_errors.push_back(error);
  started();
  ASSERT_EQ(warnings_.size(), std::size(table));
  for (std::size_t i = 0; i < std::size(table); ++i) {
    EXPECT_EQ(owner_.downs[std::string(to_string(table[i].first))], 1u);
    EXPECT_NE(warnings_[i].find(table[i].second), std::string::npos) << warnings_[i];
  }
}

TEST_P(Contract, GivesUpAnAttemptThatGetsNoAnswer) {
  server_.answers = false;
  start();
  loop_.run_for(2999ms);
  EXPECT_TRUE(owner_.downs.empty());
  loop_.run_for(2ms);
  EXPECT_EQ(owner_.downs["connect_timed_out"], 1u);
  server_.answers = true;
  EXPECT_TRUE(comes_up(9s));
}

}  // namespace
}  // namespace vfleet::uplink
