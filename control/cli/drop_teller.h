#pragma once

#include <cstdint>

#include "control/cli/output.h"
#include "simulator/core/clock.h"

namespace vfleet::cli {

/// Says how many rows of a stream were dropped: now and then while they are, and at the end.
class DropTeller {
 public:
  /// Both outlive this.
  DropTeller(const Clock& clock, Output& out) : clock_(clock), out_(out) {}
  /// `dropped` so far.
  void now(std::uint64_t dropped);
  void end();

 private:
  const Clock& clock_;
  Output& out_;
  std::uint64_t dropped_ = 0;
  std::uint64_t told_ = 0;
  TimePoint next_{};
};

}  // namespace vfleet::cli
