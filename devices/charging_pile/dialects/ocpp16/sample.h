#pragma once

#include <cstdint>
#include <string_view>

#include "devices/charging_pile/dialect.h"
#include "devices/charging_pile/dialects/ocpp16/settings.h"
#include "simulator/codec/json/writer.h"

namespace vfleet::pile::ocpp16 {

/// What a connector's meter showed at one time.
struct Sample {
  EnergyTenths energy = 0;
  std::int32_t current_ca = 0;
  std::uint16_t voltage_dv = 0;
  std::uint16_t soc_permille = 0;
  std::int16_t temperature_dc = 0;  ///< 0.1 degC
  std::uint8_t phases = 1;
  bool dc : 1 = false;
  bool vehicle : 1 = false;     ///< there is one, whose SoC counts
  std::uint32_t offered_w = 0;  ///< the most that the session could have

  [[nodiscard]] std::int64_t energy_wh() const { return energy / 10; }
};

static_assert(sizeof(Sample) == 24);  // messages that wait have one each

/// Why a sample was taken: ReadingContext.
enum class Context : std::uint8_t { periodic, clock, begin, end, trigger };
[[nodiscard]] std::string_view to_string(Context context);

struct TimedSample {
  Sample sample;
  WallTime at;
  Context context = Context::periodic;
};

/// `connector` 0: the main meter, at the grid: energy is the sum, and so is power, as near as a current of
/// 0.01 A tells it; a DC pile draws from three phases.
[[nodiscard]] Sample take_sample(const Station& station, const ::vfleet::pile::Settings& model,
                                 ConnectorNumber connector, TimePoint now);

/// A MeterValue object. Power is voltage x current x phases exactly. Allocates nothing.
void write_meter_value(codec::json::Writer& writer, const Sample& sample, WallTime at, Context context,
                       const Measurands& measurands);

}  // namespace vfleet::pile::ocpp16
