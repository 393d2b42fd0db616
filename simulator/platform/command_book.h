#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "simulator/core/result.h"
#include "simulator/platform/command_claims.h"
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

  /// `claims`: several processes hold the same commands, and the one that claims a command delivers it.
  /// nullptr: this is the only one.
  explicit CommandBook(CommandClaims* claims = nullptr) : claims_(claims) {}

  /// Returns the command's id. `data` is JSON text, taken as it is. Errors: rejected (the device's queue is
  /// full).
  [[nodiscard]] Result<std::string> queue(std::string_view device, std::string_view type, std::string data);

  /// Takes a command that another process has queued under `number`; it counts there.
  void queue_as(std::uint64_t number, std::string_view device, std::string_view type, std::string data);
  /// The number in a command's id; 0: it is not one of ours.
  [[nodiscard]] static std::uint64_t number_of(std::string_view id);

  /// Appends what waits for `device` as `,"commands":[...]`, or nothing, and takes it as delivered.
  void deliver(std::string_view device, std::string& out);
  /// What waits for `device`, each as {"id","type","data"}, and takes it as delivered.
  [[nodiscard]] std::vector<std::string> take(std::string_view device);
  struct Given {
    std::string id;
    std::string type;
    std::string data;
  };
  /// The oldest that waits for `device`, and takes it as delivered; nullopt: none.
  [[nodiscard]] std::optional<Given> take_next(std::string_view device);
  /// Whether deliver() could append anything for any device: the cheap question of the hot path.
  [[nodiscard]] bool anything_waits() const {
    return !waiting_.empty() && (claims_ == nullptr || claims_->waiting() > 0);
  }

  /// An answer of `device` to the command `id`. Returns whether there is such a command of this device.
  bool answered(std::string_view device, std::string_view id, std::string_view text);

  [[nodiscard]] const DownCommand* find(std::string_view id) const;
  [[nodiscard]] const CommandCounts& counts() const { return counts_; }

 private:
  using Number = std::uint64_t;

  // Takes what waits for `device` and is not claimed by another process; calls each(number, command).
  template <class Each>
  void take_each(std::string_view device, Each each);
  void forget_claimed(std::string_view device);
  void forget_oldest();

  std::map<Number, DownCommand> commands_;
  std::unordered_map<std::string, std::deque<Number>, TextHash, std::equal_to<>> waiting_;  // no empty queues
  CommandClaims* claims_;
  Number last_ = 0;
  CommandCounts counts_;
};

}  // namespace vfleet::platform
