#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "simulator/config/bind.h"
#include "simulator/device/type.h"

namespace vfleet::devices::external {

enum class Per : std::uint8_t { device, group };

/// What a program's process depends on: when this changes, it is started anew.
struct ProgramConfig {
  std::vector<std::string> command;
  std::string directory;
  Per per = Per::device;
  Duration restart_first{std::chrono::seconds(1)};
  Duration restart_max{std::chrono::seconds(30)};
  Duration hang_timeout{std::chrono::seconds(10)};
  Duration quit_timeout{std::chrono::seconds(5)};
  double memory_max_bytes = 0;

  friend bool operator==(const ProgramConfig&, const ProgramConfig&) = default;
};

struct ExternalConfig final : device::DeviceConfig {
  ProgramConfig program;
  Duration answer_timeout{std::chrono::seconds(2)};
  std::map<std::string, std::string> settings;  ///< free: what settings.* says
};

[[nodiscard]] const config::Struct<ExternalConfig>& external_keys();
[[nodiscard]] device::TypeDescription describe_external();

}  // namespace vfleet::devices::external
