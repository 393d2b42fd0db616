// Every request that a CSMS can send: good ones, each mistake, and bytes that somebody has damaged.
#include "devices/charging_pile/dialects/ocpp16/charge_point.h"
#include "simulator/core/random.h"
#include "tests/support/ocpp_examples.h"
#include "tests/unit/devices/charging_pile/ocpp16/ocpp_world.h"

namespace vfleet::pile {
namespace {

namespace wire = codec::ocpp;

class OcppEveryRequest : public testing::TestWithParam<wire::Action> {
 protected:
  OcppEveryRequest() : world_({{"ocpp.strict", boolean(true)}}) {
    world_.accept();
    world_.charge(1);
  }
  const wire::Message& message() const { return wire::message(GetParam()); }
  const std::string name_{to_string(GetParam())};
  OcppWorld world_;
};

TEST_P(OcppEveryRequest, IsAnsweredByTheTableOrNotSupported) {
  for (const std::string& payload :
       {test::minimal_example(message().request), test::maximal_example(message().request)}) {
    const auto answer = world_.request(name_, json::parse(payload));  // the world judges it
    ASSERT_TRUE(answer) << payload;
    if (ocpp16::ChargePoint::handler_of(GetParam()) == nullptr) {
      EXPECT_EQ(answer->value("error", ""), "NotSupported");
    }
    world_.run_for(1min);
  }
}

TEST_P(OcppEveryRequest, IsAnsweredWithTheErrorOfItsMistakeAndNothingIsDone) {
  if (ocpp16::ChargePoint::handler_of(GetParam()) == nullptr) GTEST_SKIP() << "not supported";
  for (const test::Mistake& mistake : test::mistakes(message().request)) {
    const auto answer = world_.request(name_, json::parse(mistake.payload));
    ASSERT_TRUE(answer) << mistake.name;
    EXPECT_EQ(answer->value("error", "(none)"), to_string(mistake.code)) << mistake.name;
  }
  EXPECT_EQ(world_.state("connector1.status"), "charging");
  EXPECT_FALSE(world_.rebooting());
}

TEST_P(OcppEveryRequest, HurtsNobodyWhenItsBytesAreDamaged) {
  Random random(7, static_cast<std::uint64_t>(GetParam()), "damage");
  world_.judge = false;
  const std::string good =
      json::array({2, "x", name_, json::parse(test::maximal_example(message().request))}).dump();
  for (int i = 0; i < 300; ++i) {
    std::string bytes = good;
    for (auto n = random.below(4) + 1; n > 0; --n) {
      bytes[random.below(bytes.size())] = static_cast<char>(random.below(256));
    }
    world_.damaged(bytes);
    if (i % 50 == 0) world_.run_for(1min);
  }
  world_.run_for(1h);
  EXPECT_TRUE(world_.request("GetConfiguration").has_value()) << "it still lives";
}

std::vector<wire::Action> of_central_system() {
  std::vector<wire::Action> out;
  for (const wire::Message& message : wire::messages()) {
    if (message.sender != wire::Sender::charge_point) out.push_back(message.action);
  }
  return out;
}

INSTANTIATE_TEST_SUITE_P(Actions, OcppEveryRequest, testing::ValuesIn(of_central_system()),
                         [](const auto& action) { return std::string(to_string(action.param)); });

}  // namespace
}  // namespace vfleet::pile
