#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "simulator/core/result.h"
#include "simulator/platform/type_table.h"

namespace vfleet::platform {

/// A command of the platform to a device.
struct DownCommand {
  enum class State : std::uint8_t { queued, delivered, answered };

  std::string device;
  std::string type;
  std::string data;  ///< JSON text
  State state = State::queued;
  std::string answer;  ///< the device's report of type `answer`; empty until it came
};

[[nodiscard]] std::string_view to_string(DownCommand::State state);

struct CommandCounts {
  std::uint64_t queued = 0;  ///< ever
  std::uint64_t delivered = 0;
  std::uint64_t answered = 0;
  std::uint64_t dropped = 0;  ///< pushed out by newer ones while they waited
};

/// Commands that wait for a device's next request, and what became of them. Holds the last kKeptMax; an older
/// one is forgotten, and if it still waited it is dropped and counted.
class CommandBook {
 public:
  static constexpr std::size_t kKeptMax = 10'000;
  static constexpr std::size_t kPerDeviceMax = 64;  ///< that wait

  /// Returns the command's id. `data` is JSON text, taken as it is. Errors: rejected (the device's queue is
  /// full).
  [[nodiscard]] Result<std::string> queue(std::string_view device, std::string_view type, std::string data);

  /// Appends what waits for `device` as `,"commands":[...]`, or nothing, and takes it as delivered.
  void deliver(std::string_view device, std::string& out);
  /// Whether deliver() could append anything for any device: the cheap question of the hot path.
  [[nodiscard]] bool anything_waits() const { return !waiting_.empty(); }

  /// An answer of `device` to the command `id`. Returns whether there is such a command of this device.
  bool answered(std::string_view device, std::string_view id, std::string_view text);

  [[nodiscard]] const DownCommand* find(std::string_view id) const;
  [[nodiscard]] const CommandCounts& counts() const { return counts_; }

 private:
  using Number = std::uint64_t;

  void forget_oldest();
  [[nodiscard]] static Number number_of(std::string_view id);  // 0: not one of our ids

  std::map<Number, DownCommand> commands_;
  std::unordered_map<std::string, std::deque<Number>, TextHash, std::equal_to<>> waiting_;  // no empty queues
  Number last_ = 0;
  CommandCounts counts_;
};

}  // namespace vfleet::platform
