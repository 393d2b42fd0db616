#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "devices/charging_pile/conversation.h"
#include "simulator/core/result.h"

namespace vfleet::pile::ocpp16 {

/// A configuration key of the standard. Most are a key of the pile's configuration by another name, so that
/// the CSMS and operators change the same value.
struct ConfigurationKey {
  enum class Type : std::uint8_t { boolean, integer, seconds, text };
  enum class Access : std::uint8_t { read_write, read_only, write_only };

  std::string_view name;
  Type type = Type::text;
  Access access = Access::read_write;
  bool reboot = false;                        ///< a new value holds from the next boot on
  std::string_view path = {};                 ///< of the configuration
  std::string (*told)(Host& host) = nullptr;  ///< without a path: what its value is
  std::int64_t least = 0;                     ///< of integers and seconds
  std::int64_t most = INT64_MAX;              ///< the same, of what is answered before it is taken
};

/// By name, as GetConfiguration lists them.
[[nodiscard]] std::span<const ConfigurationKey> configuration_keys();
/// Capital letters do not count; null: there is none.
[[nodiscard]] const ConfigurationKey* find_configuration_key(std::string_view name);

/// As GetConfiguration says it; nullopt: it has none, or none that may be read.
[[nodiscard]] std::optional<std::string> value_of(const ConfigurationKey& key, Host& host);
/// What the configuration's key at `path` is to be for `value` of the CSMS. Errors: invalid_argument.
[[nodiscard]] Result<std::string> value_for(const ConfigurationKey& key, std::string_view value);

}  // namespace vfleet::pile::ocpp16
