#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace vfleet::cli {

/// What the process ends with; ARCHITECTURE.md "Command line".
enum class ExitStatus : int {
  done = 0,  ///< done on every match
  failed = 1,
  usage = 2,  ///< wrong usage or invalid configuration
  no_match = 3,
  partly = 4,      ///< done on some, not on all
  no_control = 5,  ///< no control process answers
  thresholds = 6,  ///< a threshold of the fleet file was not met
  invalid = 7,     ///< the generator was the bottleneck: results mean nothing
  interrupted = 130,
};

/// Why a command ends early. `message` may have several lines; `hint` says what to try and may be empty.
struct Failure {
  ExitStatus status = ExitStatus::failed;
  std::string code;  ///< a word for programs: "usage", "no_control", "unknown_action", ...
  std::string message;
  std::string hint;
};

template <class T>
using Outcome = tl::expected<T, Failure>;

[[nodiscard]] inline tl::unexpected<Failure> give_up(ExitStatus status, std::string code, std::string message,
                                                     std::string hint = {}) {
  return tl::unexpected<Failure>(Failure{status, std::move(code), std::move(message), std::move(hint)});
}

[[nodiscard]] inline tl::unexpected<Failure> wrong_usage(std::string message, std::string hint = {}) {
  return give_up(ExitStatus::usage, "usage", std::move(message), std::move(hint));
}

}  // namespace vfleet::cli
