#pragma once

#include <filesystem>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

#include "control/cli/signals.h"
#include "simulator/core/clock.h"

namespace vfleet::cli {

/// Everything that a command sees of the process it runs in. main.cc fills it from the system, tests from
/// fakes. What is referred to outlives the Environment.
struct Environment {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  const Clock& clock;
  Signals& signals;
  std::function<std::optional<std::string>(std::string_view)> variable;  ///< of the environment
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  int columns = 100;                       ///< of the terminal
  std::filesystem::path bin_dir;           ///< where vfleet-control and its sisters are
  std::filesystem::path tmp_dir = "/tmp";  ///< parent of the run directories when there is no XDG_RUNTIME_DIR
  unsigned uid = 0;
  bool detached = false;  ///< this is the second process of `up --detach`
  /// Whether nobody reads `out` any more (`| head -1` has ended); empty where that cannot be known.
  std::function<bool()> out_is_gone = {};
};

}  // namespace vfleet::cli
