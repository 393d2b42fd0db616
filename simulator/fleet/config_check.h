#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/config/key_mistakes.h"
#include "simulator/device/type.h"
#include "simulator/uplink/registry.h"

namespace vfleet::fleet {

struct GroupMistake {
  std::optional<std::uint32_t> row;  ///< the first that it was found with, when the group has rows
  config::KeyMistake what;
};

/// Judges groups as a start would, before there is one: configurations and uplinks are made in the same way,
/// and what they refuse is told. Of client certificates that are each device's own, those of the first and
/// the last device are read.
class ConfigCheck {
 public:
  /// Both outlive this; the environment with `judging`.
  ConfigCheck(const device::DeviceRegistry& types, const uplink::UplinkEnvironment& environment);
  ~ConfigCheck();
  ConfigCheck(const ConfigCheck&) = delete;
  ConfigCheck& operator=(const ConfigCheck&) = delete;

  /// `text`: JSON of a group, as Group::from_json reads it. Equal mistakes of several rows are told once.
  [[nodiscard]] std::vector<GroupMistake> check(std::string_view text);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace vfleet::fleet
