#include "simulator/core/units.h"

#include <array>
#include <charconv>
#include <cmath>
#include <span>
#include <system_error>

#include "simulator/core/ascii.h"

namespace vfleet {
namespace {

struct Suffix {
  std::string_view text;
  double factor;
  bool preferred;  // format_quantity may choose it
};

constexpr std::array kDuration{Suffix{"ns", 1e-9, true}, Suffix{"us", 1e-6, true}, Suffix{"ms", 1e-3, true},
                               Suffix{"s", 1, true},     Suffix{"min", 60, true},  Suffix{"h", 3600, true},
                               Suffix{"d", 86400, true}};
constexpr std::array kPower{Suffix{"W", 1, true}, Suffix{"kW", 1e3, true}, Suffix{"MW", 1e6, true}};
constexpr std::array kEnergy{Suffix{"Wh", 1, true}, Suffix{"kWh", 1e3, true}, Suffix{"MWh", 1e6, true}};
constexpr std::array kVoltage{Suffix{"V", 1, true}, Suffix{"kV", 1e3, false}};
constexpr std::array kCurrent{Suffix{"mA", 1e-3, true}, Suffix{"A", 1, true}};
constexpr std::array kTemperature{Suffix{"C", 1, true}, Suffix{"degC", 1, false},
                                  Suffix{"\u00b0C", 1, false}};
constexpr std::array kRatio{Suffix{"", 1, false}, Suffix{"%", 0.01, true}};
constexpr std::array kBitrate{Suffix{"bps", 1, true}, Suffix{"kbps", 1e3, true}, Suffix{"Mbps", 1e6, true},
                              Suffix{"Gbps", 1e9, true}};
constexpr std::array kSize{
    Suffix{"B", 1, true},         Suffix{"KB", 1e3, true},         Suffix{"MB", 1e6, true},
    Suffix{"GB", 1e9, true},      Suffix{"TB", 1e12, true},        Suffix{"KiB", 1024, true},
    Suffix{"MiB", 1048576, true}, Suffix{"GiB", 1073741824, true}, Suffix{"TiB", 1099511627776.0, true}};
constexpr std::array kFrequency{Suffix{"/s", 1, true}, Suffix{"Hz", 1, false}, Suffix{"/min", 1.0 / 60, true},
                                Suffix{"/h", 1.0 / 3600, true}};
constexpr std::array kNone{Suffix{"", 1, true}};

std::span<const Suffix> table(Unit unit) {
  switch (unit) {
    case Unit::none:
      return kNone;
    case Unit::duration:
      return kDuration;
    case Unit::power:
      return kPower;
    case Unit::energy:
      return kEnergy;
    case Unit::voltage:
      return kVoltage;
    case Unit::current:
      return kCurrent;
    case Unit::temperature:
      return kTemperature;
    case Unit::ratio:
      return kRatio;
    case Unit::bitrate:
      return kBitrate;
    case Unit::size:
      return kSize;
    case Unit::frequency:
      return kFrequency;
    case Unit::money:
      return kNone;
  }
  return kNone;
}

std::string expected(Unit unit) {
  switch (unit) {
    case Unit::none:
    case Unit::money:
      return "a number";
    case Unit::ratio:
      return "a ratio such as 10% or 0.1";
    case Unit::duration:
      return "a duration such as 30s (" + suffixes(unit) + ")";
    default:
      return "a number with a unit (" + suffixes(unit) + ")";
  }
}

// Splits the number from the front of `text`; false when there is none.
bool take_number(std::string_view& text, double& number) {
  const char* begin = text.data();
  const char* end = begin + text.size();
  if (begin != end && *begin == '+') ++begin;
  // "1e3s" would read the exponent; "5min" must not lose its m: from_chars stops at what is no number.
  auto [rest, error] = std::from_chars(begin, end, number);
  if (error != std::errc() || !std::isfinite(number)) return false;
  text = std::string_view(rest, static_cast<std::size_t>(end - rest));
  return true;
}

const Suffix* find(Unit unit, std::string_view suffix) {
  for (const Suffix& row : table(unit)) {
    if (row.text == suffix) return &row;
  }
  return nullptr;
}

// 100 for %: how many of the suffix make one base unit; 0 when that is no whole number.
double whole_inverse(const Suffix& suffix) {
  const double inverse = 1 / suffix.factor;
  return suffix.factor < 1 && inverse == std::round(inverse) ? inverse : 0;
}

double in_units_of(double value, const Suffix& suffix) {
  const double inverse = whole_inverse(suffix);
  return inverse > 0 ? value * inverse : value / suffix.factor;
}

// What format_* choose between: a number of 1 or more, then the fewest characters, then the larger unit
// (candidates come from the smallest unit to the largest).
struct Shortest {
  std::string text;
  bool whole = false;
  std::size_t digits = 0;

  void offer(const std::string& number, std::string candidate, double value) {
    const bool one_or_more = std::abs(value) >= 1;
    const bool better = text.empty() || (one_or_more == whole ? number.size() <= digits : one_or_more);
    if (better) text = std::move(candidate), whole = one_or_more, digits = number.size();
  }
};

std::string number_text(double value) {
  std::array<char, 32> buffer;
  auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return std::string(buffer.data(), end);
}

}  // namespace

std::string_view base_suffix(Unit unit) {
  for (const Suffix& row : table(unit)) {
    if (row.factor == 1) return row.text;
  }
  return {};
}

std::string suffixes(Unit unit) {
  std::string text;
  for (const Suffix& row : table(unit)) {
    if (row.text.empty()) continue;
    if (!text.empty()) text += ", ";
    text += row.text;
  }
  return text;
}

Result<double> parse_quantity(std::string_view text, Unit unit) {
  const std::string_view whole = text = trimmed(text);
  if (unit == Unit::duration) {
    auto duration = parse_duration(text);
    if (!duration) return tl::unexpected<Error>(std::move(duration.error()));
    return to_seconds(*duration);
  }
  double number = 0;
  if (!take_number(text, number)) {
    return fail(Errc::invalid_argument, "'" + std::string(whole) + "': expected " + expected(unit));
  }
  text = trimmed(text);
  const Suffix* suffix = find(unit, text);
  if (suffix == nullptr && text.empty() && number == 0) return 0.0;
  if (suffix == nullptr) {
    return fail(Errc::invalid_argument, "'" + std::string(whole) + "': expected " + expected(unit));
  }
  // Dividing by a whole number keeps 10% at the double nearest to 0.1.
  const double inverse = whole_inverse(*suffix);
  return inverse > 0 ? number / inverse : number * suffix->factor;
}

Result<Duration> parse_duration(std::string_view text) {
  const std::string_view whole = text = trimmed(text);
  const auto wrong = [&] {
    return fail(Errc::invalid_argument, "'" + std::string(whole) + "': expected " + expected(Unit::duration));
  };
  if (text == "0") return Duration::zero();
  if (text.empty()) return wrong();
  double total_ns = 0;
  while (!text.empty()) {
    double number = 0;
    if (!take_number(text, number)) return wrong();
    text = trimmed(text);
    std::size_t length = 0;
    while (length < text.size() && ((text[length] >= 'a' && text[length] <= 'z'))) ++length;
    const Suffix* suffix = find(Unit::duration, text.substr(0, length));
    if (suffix == nullptr || number < 0) return wrong();
    total_ns += number * std::round(suffix->factor * 1e9);
    text = trimmed(text.substr(length));
  }
  if (total_ns > 9e18) return wrong();
  return Duration(static_cast<std::int64_t>(std::llround(total_ns)));
}

std::string format_quantity(double value, Unit unit) {
  if (unit == Unit::duration)
    return format_duration(Duration(static_cast<std::int64_t>(std::llround(value * 1e9))));
  const std::string base = number_text(value) + std::string(base_suffix(unit));
  if (value == 0) return base;
  Shortest best;
  for (const Suffix& row : table(unit)) {
    if (!row.preferred) continue;
    const double count = in_units_of(value, row);
    const std::string number = number_text(count);
    std::string text = number + std::string(row.text);
    const auto back = parse_quantity(text, unit);
    if (back && *back == value) best.offer(number, std::move(text), count);
  }
  return best.text.empty() ? base : best.text;
}

std::string format_duration(Duration value) {
  if (value == Duration::zero()) return "0s";
  Shortest best;
  for (const Suffix& row : kDuration) {
    const double count = static_cast<double>(value.count()) / std::round(row.factor * 1e9);
    const std::string number = number_text(count);
    std::string text = number + std::string(row.text);
    const auto back = parse_duration(text);
    if (back && *back == value) best.offer(number, std::move(text), count);
  }
  return best.text.empty() ? std::to_string(value.count()) + "ns" : best.text;
}

}  // namespace vfleet
