#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "simulator/codec/json/reader.h"

/// What stands in payloads, without a tree of their JSON. Texts keep their escapes.
namespace vfleet::platform::ocpp {

/// The members of an object with these names, each as it stands there; empty: it has none, or is no object.
template <std::size_t kCount>
[[nodiscard]] std::array<std::string_view, kCount> members(std::string_view object,
                                                           const std::string_view (&names)[kCount]) {
  std::array<std::string_view, kCount> out;
  codec::json::Reader reader(object);
  if (!reader.enter_object()) return out;
  for (std::string_view name; reader.next_member(name);) {
    std::string_view raw;
    if (!reader.skip(&raw)) return out;
    for (std::size_t i = 0; i < kCount; ++i) {
      if (name == names[i]) out[i] = raw;
    }
  }
  return out;
}

[[nodiscard]] inline std::string_view member(std::string_view object, std::string_view name) {
  return members(object, {name})[0];
}

/// A string without its quotes; nullopt: another value.
[[nodiscard]] std::optional<std::string_view> text_of(std::string_view raw);
/// nullopt: no whole number, or one that does not fit.
[[nodiscard]] std::optional<std::int64_t> integer_of(std::string_view raw);
/// Microseconds since 1970 of a string with a date-time.
[[nodiscard]] std::optional<std::int64_t> time_of(std::string_view raw);

/// A value of a meter: of what leaves the outlet, as a whole unless `phase` says so.
struct Sample {
  enum class Kind : std::uint8_t {
    energy,   ///< Energy.Active.Import.Register: thousandths of a Wh
    power,    ///< Power.Active.Import: mW
    current,  ///< Current.Import of a phase: mA
  };
  Kind kind = Kind::energy;
  std::int64_t at_us = 0;
  std::int64_t value = 0;
  std::int64_t step = 1;     ///< how finely it is told
  std::string_view context;  ///< "Sample.Periodic" when the message does not say
};

/// Goes through the samples of an array of meterValues, in its order; others than Sample tells are left out.
class Samples {
 public:
  explicit Samples(std::string_view meter_values) : values_(meter_values), sampled_("") {
    more_ = values_.enter_array();
  }
  [[nodiscard]] bool next(Sample& out);
  /// The time of the newest meterValue that next() has come to.
  [[nodiscard]] std::int64_t at_us() const { return at_us_; }

 private:
  bool next_value();

  codec::json::Reader values_;
  codec::json::Reader sampled_;
  std::int64_t at_us_ = 0;
  bool more_ = false;
  bool inside_ = false;  // of a meterValue's samples
};

}  // namespace vfleet::platform::ocpp
