#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "control/cli/doctor/machine.h"
#include "control/cli/doctor/needs.h"

namespace vfleet::cli::doctor {

enum class Level : std::uint8_t { ok, warn, fail };

[[nodiscard]] std::string_view to_string(Level level);

struct Finding {
  std::string name;  ///< a word: "descriptors"
  Level level = Level::ok;
  std::string text;    ///< what is there and what is needed
  std::string remedy;  ///< what helps; empty when all is well
};

/// Compares. A fail is what the fleet cannot run with; a warn is what makes it slow or its results doubtful.
[[nodiscard]] std::vector<Finding> diagnose(const Machine& machine, const Needs& needs);

}  // namespace vfleet::cli::doctor
