#include "control/api/members.h"

#include <algorithm>
#include <cmath>

#include "simulator/config/suggest.h"
#include "simulator/core/units.h"

namespace vfleet::control::api {

using nlohmann::json;

namespace {

std::string in_quotes(std::string_view name) {
  return "'" + std::string(name) + "'";
}

/// JSON text whatever bytes the strings hold.
std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

constexpr double kDurationMaxS = 366.0 * 24 * 3600;

}  // namespace

void Members::mistake(std::string text) {
  if (mistake_.empty()) mistake_ = std::move(text);
}

const json* Members::find(std::string_view name, bool required) {
  known_.emplace_back(name);
  const auto at = object_.find(known_.back());
  if (at == object_.end() || at->is_null()) {
    if (required) mistake("member " + in_quotes(name) + " is missing");
    return nullptr;
  }
  return &*at;
}

std::string Members::text(std::string_view name, bool required, std::string initial) {
  const json* at = find(name, required);
  if (at == nullptr) return initial;
  if (!at->is_string()) {
    mistake("member " + in_quotes(name) + " must be a text");
    return initial;
  }
  return at->get<std::string>();
}

std::optional<std::string> Members::optional_text(std::string_view name) {
  const json* at = find(name);
  if (at == nullptr) return std::nullopt;
  if (!at->is_string()) {
    mistake("member " + in_quotes(name) + " must be a text");
    return std::nullopt;
  }
  return at->get<std::string>();
}

bool Members::boolean(std::string_view name, bool initial) {
  const json* at = find(name);
  if (at == nullptr) return initial;
  if (!at->is_boolean()) {
    mistake("member " + in_quotes(name) + " must be true or false");
    return initial;
  }
  return at->get<bool>();
}

std::optional<std::uint64_t> Members::whole(std::string_view name, std::uint64_t most) {
  const json* at = find(name);
  if (at == nullptr) return std::nullopt;
  const bool good = at->is_number_unsigned() || (at->is_number_integer() && at->get<std::int64_t>() >= 0);
  if (!good || at->get<std::uint64_t>() > most) {
    mistake("member " + in_quotes(name) + " must be a whole number of 0 to " + std::to_string(most));
    return std::nullopt;
  }
  return at->get<std::uint64_t>();
}

std::optional<Duration> Members::duration(std::string_view name) {
  const json* at = find(name);
  if (at == nullptr) return std::nullopt;
  std::optional<Duration> value;
  if (at->is_string()) {
    if (auto parsed = parse_duration(at->get_ref<const std::string&>())) value = *parsed;
  } else if (at->is_number()) {
    const double seconds = at->get<double>();
    if (std::isfinite(seconds) && std::abs(seconds) <= kDurationMaxS) {
      value = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
    }
  }
  if (!value || *value < Duration::zero() || to_seconds(*value) > kDurationMaxS) {
    mistake("member " + in_quotes(name) + " must be a duration like \"5s\"");
    return std::nullopt;
  }
  return value;
}

std::vector<std::string> Members::texts(std::string_view name) {
  std::vector<std::string> out;
  const json* at = find(name, true);
  if (at == nullptr) return out;
  bool good = at->is_array();
  if (good) {
    for (const json& each : *at) {
      if (each.is_string()) {
        out.push_back(each.get<std::string>());
      } else {
        good = false;
      }
    }
  }
  if (!good) mistake("member " + in_quotes(name) + " must be a list of texts");
  return out;
}

const json& Members::list(std::string_view name) {
  static const json kNone = json::array();
  const json* at = find(name, true);
  if (at == nullptr) return kNone;
  if (at->is_array()) return *at;
  mistake("member " + in_quotes(name) + " must be a list");
  return kNone;
}

std::map<std::string, std::string> Members::object(std::string_view name, bool required) {
  std::map<std::string, std::string> out;
  const json* at = find(name, required);
  if (at == nullptr) return out;
  if (!at->is_object()) {
    mistake("member " + in_quotes(name) + " must be an object");
    return out;
  }
  for (const auto& [key, value] : at->items()) out.emplace(key, dump(value));
  return out;
}

Status Members::finish() const {
  if (!mistake_.empty()) return fail(Errc::invalid_argument, mistake_);
  for (const auto& [key, value] : object_.items()) {
    if (std::find(known_.begin(), known_.end(), key) == known_.end()) {
      return fail(Errc::invalid_argument, "unknown member " + in_quotes(key) +
                                              config::did_you_mean(config::nearest_word(key, known_)));
    }
  }
  return {};
}

}  // namespace vfleet::control::api
