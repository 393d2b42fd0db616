// Every number that stands in several frames is the same in each of them.
#include "tests/unit/devices/charging_pile/ykc/ykc_world.h"

namespace vfleet::pile::ykc {
namespace {

class YkcAgreement : public testing::TestWithParam<int> {};

// The newest frame of a type that was sent at the same moment.
const SentFrame* beside(const YkcWorld& world, const SentFrame& frame, std::uint8_t type) {
  for (const SentFrame* each : world.all(type)) {
    if (each->at == frame.at && each->number("gun") == frame.number("gun")) return each;
  }
  return nullptr;
}

TEST_P(YkcAgreement, EnergyChargePowerVoltageAndCurrentAgreeInAllFrames) {
  const auto seed = static_cast<std::uint64_t>(GetParam());
  YkcWorld world({{"ykc.bms_every", duration(15s)}, {"ykc.realtime_charging_every", duration(15s)}}, seed);
  world.log_in();
  const char* vehicles[] = {"sedan", "van", "compact"};
  const double soc = 0.1 + 0.1 * static_cast<double>(seed % 7);
  Status plugged = world.plug(1, vehicles[seed % 3], soc);
  if (!plugged) plugged = world.plug(1, "sedan", soc);
  ASSERT_TRUE(plugged);
  world.start_remotely();
  world.run(40min);
  int pairs = 0;
  std::int64_t energy = 0;
  for (const SentFrame* demand : world.all(0x23)) {
    const SentFrame* live = beside(world, *demand, 0x13);
    const SentFrame* info = beside(world, *demand, 0x25);
    ASSERT_NE(info, nullptr);
    if (live == nullptr) continue;
    ++pairs;
    EXPECT_EQ(live->number("voltage"), demand->number("measured_voltage"));
    EXPECT_EQ(live->number("current"), demand->number("measured_current"));
    EXPECT_EQ(live->number("voltage"), demand->number("pile_voltage"));
    EXPECT_EQ(live->number("current"), demand->number("pile_current"));
    EXPECT_EQ(live->number("soc"), demand->number("soc"));
    EXPECT_EQ(live->number("charging_minutes"), demand->number("charging_minutes"));
    EXPECT_EQ(live->number("remaining_minutes"), demand->number("remaining_minutes"));
    EXPECT_EQ(live->number("battery_temperature"), info->number("max_temperature"));
    EXPECT_EQ(live->text("order"), demand->text("order"));
    EXPECT_LE(demand->number("measured_voltage"), demand->number("demand_voltage"));
    EXPECT_GE(info->number("max_temperature"), info->number("min_temperature"));
    EXPECT_GE(live->number("energy"), energy) << "it never goes back";
    energy = live->number("energy");
  }
  EXPECT_GT(pairs, 20);
  const SentFrame& handshake = world.newest(0x15);
  const SentFrame& limits = world.newest(0x17);
  EXPECT_NEAR(static_cast<double>(limits.number("soc")) / 10, soc * 100, 0.1);
  // Ah times V is kWh.
  EXPECT_NEAR(
      static_cast<double>(handshake.number("rated_capacity") * handshake.number("rated_voltage")) / 1e5,
      static_cast<double>(limits.number("nominal_energy")) / 10, 0.2);
  if (world.state("session") == "true") world.stop_remotely();
  world.run(2s);
  const SentFrame& bill = world.newest(0x3B);
  const SentFrame& end = world.newest(0x19);
  EXPECT_NEAR(static_cast<double>(end.number("energy")) / 10,
              static_cast<double>(bill.number("energy")) / 1e4, 0.051);
  EXPECT_EQ(bill.text("vin"), handshake.text("vin"));
  EXPECT_GE(bill.number("energy"), energy);
  EXPECT_EQ(bill.number("meter_end") - bill.number("meter_start"), bill.number("energy"));
  EXPECT_EQ(end.number("charging_minutes"), (bill.number("end_time") - bill.number("start_time")) / 60'000);
}

INSTANTIATE_TEST_SUITE_P(Seeds, YkcAgreement, testing::Range(1, 21));

}  // namespace
}  // namespace vfleet::pile::ykc
