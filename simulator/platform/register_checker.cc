#include "simulator/platform/register_checker.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "simulator/platform/processes/shared_state.h"

namespace vfleet::platform {
namespace {

/// The number after `key`, which is written with its quotes and colon; nothing when there is none.
std::optional<double> number_after(std::string_view key, std::string_view text) {
  const std::size_t at = text.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  double value = 0;
  const auto read = std::from_chars(text.data() + at + key.size(), text.data() + text.size(), value);
  if (read.ec != std::errc()) return std::nullopt;
  return value;
}

std::optional<double> register_in(std::string_view type, std::string_view text) {
  if (type == "meter") return number_after("\"energy_wh\":", text);
  if (type != "session_end" || text.find("\"session\":\"\"") != std::string_view::npos) return std::nullopt;
  return number_after("\"meter_stop_wh\":", text);
}

}  // namespace

bool RegisterChecker::went_back(std::string_view type, std::uint32_t channel, std::string_view text,
                                SharedDevice* shared, std::int64_t arrived_us) {
  const std::optional<double> wh = register_in(type, text);
  if (!wh) return false;
  if (shared != nullptr) {
    const auto before = shared->tell_register(channel, {*wh, arrived_us});
    return before && *wh < before->value;
  }
  const auto known = std::find_if(registers_.begin(), registers_.end(),
                                  [channel](const Register& each) { return each.channel == channel; });
  if (known == registers_.end()) {
    if (registers_.size() < kChannelsMax) registers_.push_back({channel, *wh});
    return false;
  }
  const bool back = *wh < known->wh;
  known->wh = *wh;
  return back;
}

}  // namespace vfleet::platform
