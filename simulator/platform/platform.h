#pragma once

#include <cstdint>
#include <string_view>

#include "simulator/codec/envelope/envelope.h"
#include "simulator/core/clock.h"
#include "simulator/core/result.h"
#include "simulator/platform/command_book.h"
#include "simulator/platform/device_store.h"
#include "simulator/platform/figures.h"
#include "simulator/platform/misbehaviour.h"
#include "simulator/platform/recent_reports.h"
#include "simulator/platform/type_table.h"

namespace vfleet::platform {

/// What the stand-in knows, without any IO: roles bring reports in, the API looks at it and steers it.
/// `clock` outlives it.
class Platform {
 public:
  /// Sequence numbers are 32 bits wide; larger ones are malformed.
  static constexpr std::uint64_t kSeqMax = 0xffff'ffff;

  Platform(const Clock& clock, std::uint64_t seed, StoreLimits limits = {});

  /// Reads a report's head; what is no report is rejected. Views point into `text`. Errors: malformed.
  [[nodiscard]] Result<codec::envelope::Head> read(std::string_view text);
  /// Counts what is no report, and keeps it as a recent one of type "malformed".
  void reject(std::string_view text);
  /// Takes a report that read() has understood: counts it, checks its sequence, keeps it.
  void accept(const codec::envelope::Head& head, std::string_view text, Way way);
  /// Counts a report that is turned away on purpose: its number was used, so it is not missing.
  void refuse(const codec::envelope::Head& head);

  /// Figures start again from zero; sequences go on where they are. `forget`: devices and reports go too, so
  /// that a new fleet may use the same ids and boots.
  void reset(bool forget);

  [[nodiscard]] const Clock& clock() const { return clock_; }
  [[nodiscard]] const Figures& figures() const { return figures_; }
  [[nodiscard]] const TypeTable& types() const { return types_; }
  [[nodiscard]] const DeviceStore& devices() const { return devices_; }
  [[nodiscard]] const RecentReports& recent() const { return recent_; }
  [[nodiscard]] CommandBook& commands() { return commands_; }
  [[nodiscard]] const CommandBook& commands() const { return commands_; }
  [[nodiscard]] Misbehaviour& misbehaviour() { return misbehaviour_; }
  [[nodiscard]] const Misbehaviour& misbehaviour() const { return misbehaviour_; }
  /// When counting began: the start or the last reset.
  [[nodiscard]] TimePoint since() const { return since_; }
  /// When this process started to count; another value means another process, with other counts.
  [[nodiscard]] WallTime started() const { return started_; }

 private:
  const Clock& clock_;
  TypeTable types_;
  Figures figures_;
  DeviceStore devices_;
  RecentReports recent_;
  CommandBook commands_;
  Misbehaviour misbehaviour_;
  TimePoint since_;
  WallTime started_;
};

}  // namespace vfleet::platform
