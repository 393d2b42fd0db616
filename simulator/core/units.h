#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "simulator/core/result.h"
#include "simulator/core/time.h"

namespace vfleet {

/// The dimension of a number in text: which suffixes it takes and what one unit of it is.
enum class Unit : std::uint8_t {
  none,         ///< a bare number
  duration,     ///< base s:      ns us ms s min h d
  power,        ///< base W:      W kW MW
  energy,       ///< base Wh:     Wh kWh MWh
  voltage,      ///< base V:      V kV
  current,      ///< base A:      mA A
  temperature,  ///< base degC:   C degC
  ratio,        ///< base 1:      % (50% is 0.5); a bare number is the ratio itself
  bitrate,      ///< base bit/s:  bps kbps Mbps Gbps
  size,         ///< base byte:   B KB MB GB TB (1000), KiB MiB GiB TiB (1024)
  frequency,    ///< base 1/s:    Hz /s /min /h
  money,        ///< a bare number, currency free
};

/// "s", "W", ...: the base unit's suffix; empty for none and money.
[[nodiscard]] std::string_view base_suffix(Unit unit);

/// Every suffix that `unit` takes, for error texts: "ms, s, min, h".
[[nodiscard]] std::string suffixes(Unit unit);

/// Reads "30s", "1.5 kW", "10%" into base units. A number without a suffix is refused for units other than
/// none, ratio and money, except 0. Errors: invalid_argument with a text that names what was expected.
[[nodiscard]] Result<double> parse_quantity(std::string_view text, Unit unit);

/// Reads "1h", "30s", "250ms"; also compounds, "1h30min". Errors: invalid_argument.
[[nodiscard]] Result<Duration> parse_duration(std::string_view text);

/// The shortest text that parse_quantity reads back as the same value: 120000 W -> "120kW".
[[nodiscard]] std::string format_quantity(double value, Unit unit);
[[nodiscard]] std::string format_duration(Duration value);

}  // namespace vfleet
