#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "simulator/codec/envelope/envelope.h"
#include "simulator/core/clock.h"
#include "simulator/core/result.h"
#include "simulator/platform/command_book.h"
#include "simulator/platform/complaints.h"
#include "simulator/platform/device_store.h"
#include "simulator/platform/figures.h"
#include "simulator/platform/misbehaviour.h"
#include "simulator/platform/recent_reports.h"
#include "simulator/platform/type_table.h"

namespace vfleet::platform {

class DownLink;
class SharedState;

/// Where a message came from.
struct Source {
  Way way = Way::http;
  DownLink* down = nullptr;  ///< set when the platform may speak first there; outlives the platform's use
  std::uint64_t link = 0;    ///< the connection there
  /// What a message without an envelope is counted as (empty: "(any)"), and whose it is.
  std::string_view type;
  std::string_view device;
};

/// What became of a message that came.
struct Arrival {
  bool taken = false;          ///< false: it is no report, and was counted as malformed
  bool checked = false;        ///< it has an envelope: `head` is set
  codec::envelope::Head head;  ///< views point into the message
  std::string_view device;     ///< of the envelope or of the source
  Mischief mischief;           ///< what to do to its answer
};

/// What the stand-in knows, without any IO: roles bring reports in, the API looks at it and steers it.
/// `clock` outlives it.
class Platform {
 public:
  /// Sequence numbers are 32 bits wide; larger ones are malformed.
  static constexpr std::uint64_t kSeqMax = 0xffff'ffff;

  struct Options {
    std::uint64_t seed = 1;
    StoreLimits limits;
    bool any_payload = false;       ///< messages without an envelope are counted, not malformed
    SharedState* shared = nullptr;  ///< what several processes share; outlives this
  };

  Platform(const Clock& clock, std::uint64_t seed, StoreLimits limits = {});
  Platform(const Clock& clock, const Options& options);

  /// Takes a message that came on a connection: reads it, decides what mischief befalls it, counts it.
  [[nodiscard]] Arrival take(std::string_view text, const Source& source);

  /// Reads a report's head; what is no report is rejected, unless any payload is welcome (then not_found).
  /// Views point into `text`. Errors: malformed, not_found.
  [[nodiscard]] Result<codec::envelope::Head> read(std::string_view text);
  /// Counts what is no report, and keeps it as a recent one of type "malformed".
  void reject(std::string_view text);
  /// Takes a report that read() has understood: counts it, checks its sequence, keeps it.
  void accept(const codec::envelope::Head& head, std::string_view text, const Source& source);
  void accept(const codec::envelope::Head& head, std::string_view text, Way way) {
    accept(head, text, Source{.way = way});
  }
  /// Counts a message without an envelope.
  void accept_unchecked(const Source& source);
  /// Takes a message of a protocol that has no envelope (OCPP, YKC) but says whose and of which type it is:
  /// counts it, keeps it. It has no sequence and no latency. `refused`: its answer says no, and it counts as
  /// refused, not as received.
  void take_spoken(std::string_view device, std::string_view type, std::string_view text,
                   const Source& source, bool refused);
  /// A device did what its protocol forbids, or what does not add up: see Complaint.
  void complain(std::string_view kind, std::string_view device, std::string_view about,
                std::string_view what);
  /// Counts a report that is turned away on purpose: its number was used, so it is not missing.
  void refuse(const codec::envelope::Head& head);

  /// The same with a message that may be anything: what is no report is only counted as refused.
  void turn_away(std::string_view text);

  /// Queues a command and, when its device is connected, sends it. Returns its id. Errors: rejected.
  [[nodiscard]] Result<std::string> send_down(std::string_view device, std::string_view type,
                                              std::string data);
  /// Takes a command that another process has queued, and sends it when its device is connected here.
  void send_down_as(std::uint64_t number, std::string_view device, std::string_view type, std::string data);
  /// A client of that name has come, or gone: commands for it go there until reports say otherwise.
  void announce(std::string_view device, DownLink& down, std::uint64_t link);
  void withdraw(std::string_view device, std::uint64_t link);

  /// Figures start again from zero; sequences go on where they are. `forget`: devices and reports go too, so
  /// that a new fleet may use the same ids and boots. What processes share is left to one of them:
  /// SharedState::forgive() and forget().
  void reset(bool forget);

  /// What all processes know of a device; null: there is one process, or no room for it.
  [[nodiscard]] SharedDevice* shared_of(std::string_view device);
  /// The latest boot and number of a device.
  [[nodiscard]] SequenceChecker sequence_of(const Device& device) const;
  /// Devices seen; where processes share them, by all.
  [[nodiscard]] std::size_t device_count() const;

  [[nodiscard]] const Clock& clock() const { return clock_; }
  [[nodiscard]] const Figures& figures() const { return figures_; }
  [[nodiscard]] const TypeTable& types() const { return types_; }
  [[nodiscard]] const TypeTable& stems() const { return stems_; }
  [[nodiscard]] const DeviceStore& devices() const { return devices_; }
  [[nodiscard]] const RecentReports& recent() const { return recent_; }
  [[nodiscard]] RecentReports& recent() { return recent_; }
  [[nodiscard]] const Complaints& complaints() const { return complaints_; }
  [[nodiscard]] CommandBook& commands() { return commands_; }
  [[nodiscard]] const CommandBook& commands() const { return commands_; }
  [[nodiscard]] Misbehaviour& misbehaviour() { return misbehaviour_; }
  [[nodiscard]] const Misbehaviour& misbehaviour() const { return misbehaviour_; }
  /// How often everything was forgotten: what a role knew of a device before is of another fleet.
  [[nodiscard]] std::uint32_t forgotten() const { return forgotten_; }
  /// When counting began: the start or the last reset.
  [[nodiscard]] TimePoint since() const { return since_; }
  /// When this process started to count; another value means another process, with other counts.
  [[nodiscard]] WallTime started() const { return started_; }

 private:
  struct Announced {
    DownLink* down;
    std::uint64_t link;
  };

  [[nodiscard]] Device* device_of(std::string_view id);
  [[nodiscard]] std::uint16_t stem_of(Device* device);
  Verdict see(Device& device, const codec::envelope::Head& head, Outcome outcome);
  void push(std::string_view device);

  const Clock& clock_;
  const bool any_payload_;
  SharedState* shared_;
  TypeTable types_;
  TypeTable stems_;  // the forms of device ids
  Figures figures_;
  DeviceStore devices_;
  RecentReports recent_;
  Complaints complaints_;
  CommandBook commands_;
  Misbehaviour misbehaviour_;
  std::unordered_map<std::string, Announced, TextHash, std::equal_to<>> announced_;
  std::uint32_t forgotten_ = 0;
  TimePoint since_;
  WallTime started_;
};

}  // namespace vfleet::platform
