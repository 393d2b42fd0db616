#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "simulator/bus/command.h"

namespace vfleet::control::server {

/// The latest published commands without holes, for workers that missed some. When it is full the oldest go:
/// who asks for those is told that it is too late, and takes a snapshot.
class CommandLog {
 public:
  static constexpr std::size_t kCommandsMax = 100'000;
  static constexpr std::size_t kBytesMax = std::size_t{64} << 20U;

  explicit CommandLog(std::size_t commands_max = kCommandsMax, std::size_t bytes_max = kBytesMax)
      : commands_max_(commands_max), bytes_max_(bytes_max) {}

  /// `command.seq` must be the last one's plus 1. Expired ones stay: their seq must come, and the worker
  /// looks at `expires_us` itself.
  void add(bus::Command command);

  /// Commands from `from` on, in order, at most `bytes` of them but at least one; empty when `from` is not
  /// yet there; nullopt when it has gone.
  [[nodiscard]] std::optional<std::vector<bus::Command>> tail(std::uint64_t from, std::size_t bytes) const;

  [[nodiscard]] std::uint64_t first() const { return commands_.empty() ? 0 : commands_.front().seq; }
  [[nodiscard]] std::uint64_t last() const { return last_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  std::deque<bus::Command> commands_;
  std::size_t bytes_ = 0;
  std::uint64_t last_ = 0;
  std::size_t commands_max_;
  std::size_t bytes_max_;
};

}  // namespace vfleet::control::server
