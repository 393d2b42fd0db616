// A CSMS of several processes.
#include "simulator/platform/processes/shared_state.h"
#include "tests/unit/platform/ocpp_csms_fixture.h"

namespace vfleet::platform::ocpp {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

using OcppSharesTest = OcppCsmsTest;

TEST_F(OcppSharesTest, NumbersTransactionsApartFromThoseOfOtherProcesses) {
  Csms one(platform, settings, {0, 2});
  Csms two(platform, settings, {1, 2});
  Wire a;
  Wire b;
  ChargePoint* at_one = one.came("A", a, 1);
  ChargePoint* at_two = two.came("B", b, 2);
  const Source source{.way = Way::ocpp, .down = nullptr, .link = 1, .type = {}, .device = "A"};
  std::string first;
  std::string second;
  const std::string text =
      R"([2,"1","StartTransaction",{"connectorId":1,"idTag":"T","meterStart":0,"timestamp":"2026-03-01T08:00:00Z"}])";
  one.take(*at_one, text, false, source, first);
  two.take(*at_two, text, false, source, second);
  const int id = json::parse(first)[2]["transactionId"];
  EXPECT_EQ(json::parse(second)[2]["transactionId"], id + 1);
  second.clear();
  two.take(*at_two,
           json({2,
                 "2",
                 "StopTransaction",
                 {{"transactionId", id}, {"meterStop", 1}, {"timestamp", "2026-03-01T09:00:00Z"}}})
               .dump(),
           false, source, second);
  EXPECT_EQ(two.counts().transactions_elsewhere, 1U);
  EXPECT_EQ(all_complaints(), 0U);
}

/// Two processes of one platform, and a charge point that moves between them.
struct OcppProcessesTest : testing::Test {
  ManualClock clock;
  std::unique_ptr<SharedState> shared = SharedState::create(10).value();
  Platform here{clock,
                Platform::Options{.seed = 1, .limits = {}, .any_payload = false, .shared = shared.get()}};
  Platform there{clock,
                 Platform::Options{.seed = 2, .limits = {}, .any_payload = false, .shared = shared.get()}};
  OcppSettings settings;
  Csms one{here, settings, {0, 2}};
  Csms two{there, settings, {1, 2}};
  Wire a;
  Wire b;
  ChargePoint* at_one = one.came("A", a, 1);
  ChargePoint* at_two = two.came("A", b, 2);
  int ids = 0;

  json say(bool second, const std::string& action, const json& payload) {
    const Source source{.way = Way::ocpp, .down = nullptr, .link = 1, .type = {}, .device = "A"};
    std::string out;
    const std::string text = json({2, std::to_string(++ids), action, payload}).dump();
    (second ? two : one).take(second ? *at_two : *at_one, text, false, source, out);
    return json::parse(out)[2];
  }
  json start(bool second, std::int64_t meter, const std::string& time) {
    return say(
        second, "StartTransaction",
        {{"connectorId", 1}, {"idTag", "T"}, {"meterStart", meter}, {"timestamp", time}})["transactionId"];
  }
  void stop(bool second, const json& id, std::int64_t meter, const std::string& time) {
    say(second, "StopTransaction", {{"transactionId", id}, {"meterStop", meter}, {"timestamp", time}});
  }
  [[nodiscard]] std::string complaints() const {
    std::string out;
    for (const Platform* each : {&here, &there}) {
      for (const auto& [kind, count] : each->complaints().by_kind())
        out += kind + " " + std::to_string(count) + " ";
    }
    return out;
  }
};

TEST_F(OcppProcessesTest, ATransactionThatMovedIsHeldAgainstWhereItBegan) {
  const json id = start(false, 1000, "2026-03-01T08:00:00Z");
  stop(true, id, 2000, "2026-03-01T09:00:00Z");
  EXPECT_EQ(two.counts().transactions_moved, 1U);
  EXPECT_EQ(two.counts().transactions_checked, 1U);
  EXPECT_EQ(two.counts().transactions_elsewhere, 0U);
  EXPECT_EQ(complaints(), "");
  // It has ended for the other one, too: the next one on this connector overlaps nothing.
  const json next = start(false, 2000, "2026-03-01T10:00:00Z");
  EXPECT_EQ(complaints(), "");
  EXPECT_EQ(start(true, 2000, "2026-03-01T10:00:00Z"), next) << "said again on another connection";
  stop(true, next, 1500, "2026-03-01T11:00:00Z");
  EXPECT_EQ(complaints(), "energy_mismatch 1 register_back 1 ");
}

TEST_F(OcppProcessesTest, ARegisterThatFellOnTheWayIsNoticed) {
  const auto meter = [&](bool second, const std::string& time, const char* value) {
    say(second, "MeterValues",
        {{"connectorId", 1},
         {"meterValue", {{{"timestamp", time}, {"sampledValue", {{{"value", value}}}}}}}});
  };
  meter(false, "2026-03-01T08:00:00Z", "5000");
  meter(true, "2026-03-01T08:01:00Z", "5100");
  EXPECT_EQ(complaints(), "");
  meter(false, "2026-03-01T08:00:30Z", "5050");
  EXPECT_EQ(complaints(), "") << "it had waited in a queue";
  meter(false, "2026-03-01T08:02:00Z", "5010");
  EXPECT_EQ(complaints(), "register_back 1 ");
}

}  // namespace
}  // namespace vfleet::platform::ocpp
