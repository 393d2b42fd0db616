#pragma once

#include <string>
#include <vector>

#include "tests/integration/fleet/running_fleet.h"
#include "tests/integration/platform/platform_process.h"

namespace vfleet::fleet_test {

/// The Python program that ships as an example, by its whole path.
[[nodiscard]] std::string thermometer();

/// A fleet of external devices `ext-00001` ... with their platform, all of it real processes.
class ProgramFleet {
 public:
  /// `program`: the words of external.command. `more`: keys below `external:`, "per: group, hang_timeout:
  /// 1s". `settings`: what stands in settings: {...}.
  ProgramFleet(int devices, const std::vector<std::string>& program, const std::string& more = {},
               const std::string& settings = {}, std::uint32_t workers = 1);

  /// A program of a test's own, in Python, with `say` and `message` at hand; its body handles one message.
  [[nodiscard]] static std::vector<std::string> python(const std::string& body);
  /// Waits until the python() of the first device reads what it is told: from then on it answers in time.
  [[nodiscard]] bool program_starts() const;

  platform::PlatformProcess platform;
  RunningFleet fleet;

  /// state.NAME of a device, null when there is none.
  [[nodiscard]] nlohmann::json state(const std::string& device, const std::string& name) const;
  [[nodiscard]] pid_t pid(const std::string& device) const;
  [[nodiscard]] std::uint64_t received(const std::string& report) const;
  /// The first reason that a command gives.
  [[nodiscard]] static std::string reason(const Answer& answer);
};

/// Waits until the thermometer of every device has said how it is. A device is online before its program has
/// started, and a program that starts slowly answers late.
[[nodiscard]] bool all_thermometers_speak(const RunningFleet& fleet, std::size_t devices);

/// Whether a process of this number exists and is no zombie.
[[nodiscard]] bool alive(pid_t pid);

}  // namespace vfleet::fleet_test
