#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "simulator/config/schema.h"
#include "simulator/device/device.h"
#include "simulator/state/state_file.h"

namespace vfleet::fleet {

class Member;

/// What the engine keeps of each device: its number, what the device itself saves, and what the platform
/// changed of its configuration. Writes it to the state file before the report that shows it is sent; without
/// a file, only the platform's changes are kept, in memory.
class Keeper {
 public:
  /// Before the first device joins.
  void use(state::StateFile* file) { file_ = file; }

  /// A device that joins, its configuration known, itself not made yet. Whether there are changes of the
  /// platform to be added to its configuration.
  bool join(Member& member);
  /// Of its last report in an earlier life; 0 without one.
  [[nodiscard]] std::uint32_t seq(const Member& member) const;
  /// The device goes on from its record. False: it is to be booted.
  bool resume(Member& member, device::DeviceContext& context);
  void leave(Member& member);

  /// Keeps what a report numbered `seq` may tell now. member.kept.
  void before_report(Member& member, const device::DeviceContext& context, std::uint32_t seq);
  /// The report of before_report() was not accepted: the last number is `seq` again. member.kept.
  void took_back(const Member& member, std::uint32_t seq);

  /// The platform changed `path` of this device.
  void platform_set(Member& member, std::string_view path, std::string_view value);
  /// The platform's changes over `overlay`.
  void add_platform(const Member& member, config::Values& overlay) const;
  /// The device has another configuration: of the platform's changes, those that an operator has changed
  /// since are his.
  void reconfigured(Member& member);

  void prefetch(const Member& member) const;

  /// Devices whose state could not be written for want of room, now and then; each try counts.
  [[nodiscard]] std::uint64_t failed_writes() const { return file_ != nullptr ? file_->failed_writes() : 0; }
  /// Records that their device did not understand: it started anew.
  [[nodiscard]] std::uint64_t not_understood() const { return not_understood_; }
  [[nodiscard]] std::uint64_t resumed() const { return resumed_; }
  /// Changes of the platform that were more than kPlatformBytesMax for a device.
  [[nodiscard]] std::uint64_t changes_dropped() const { return changes_dropped_; }

  static constexpr std::size_t kPlatformBytesMax = 2048;
  /// What the record takes of a device that saves `bytes`.
  [[nodiscard]] static std::uint64_t record_bytes(std::size_t bytes);

 private:
  using Changes = std::map<std::string, std::string, std::less<>>;

  state::StateFile* file_ = nullptr;
  std::unordered_map<std::uint32_t, Changes> platform_;  // by the device's key in the shard; few have any
  std::uint64_t not_understood_ = 0;
  std::uint64_t resumed_ = 0;
  std::uint64_t changes_dropped_ = 0;
};

}  // namespace vfleet::fleet
