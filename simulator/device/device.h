#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "simulator/codec/envelope/envelope.h"
#include "simulator/config/schema.h"
#include "simulator/core/result.h"
#include "simulator/core/time.h"
#include "simulator/device/type.h"
#include "simulator/schedule/pacing.h"

namespace vfleet::device {

using ReportIndex = std::uint8_t;
/// Connector or camera channel, from 1; 0 is the device itself.
using Channel = std::uint16_t;

/// One message to encode.
struct Report {
  ReportIndex kind = 0;
  Channel channel = 0;
  std::uint32_t detail = 0;  ///< the device's own: which of its events this tells
  bool triggered = false;    ///< asked for by an operator: the model may have nothing to tell and then says so
  /// A report that the type does not describe (TypeDescription::open): its name and its data, JSON text.
  std::string_view name;
  std::string_view data;
  /// Filled in by the engine: what the envelope needs.
  codec::envelope::Head head;
};

/// One line of a device's timetable.
struct ReportLine {
  ReportIndex kind = 0;
  Channel channel = 0;
};

struct ActionCall {
  std::string_view name;
  const config::Values* args = nullptr;  ///< every described argument, defaults filled in
};

/// What an operator triggers on a device that makes the report itself, or refuses: one of an open type, or one
/// that converses.
struct TriggerCall {
  std::string_view report;
  Channel channel = 0;
  std::span<const codec::envelope::Override> fields;
  bool unchecked = false;  ///< the fields are sent as they are, also illegal ones
};

/// Asks the engine for advance() in a later turn: for a device that hears from elsewhere (a program, a pipe).
/// A copyable handle; valid as long as the device lives. A device that is powered off is not woken.
class Waker {
 public:
  class Target {
   public:
    virtual void wake(std::uint32_t key) = 0;

   protected:
    ~Target() = default;
  };

  Waker() = default;  ///< wakes nobody
  Waker(Target& target, std::uint32_t key) : target_(&target), key_(key) {}
  void wake() const {
    if (target_ != nullptr) target_->wake(key_);
  }

 private:
  Target* target_ = nullptr;
  std::uint32_t key_ = 0;
};

/// Names an answer that comes later; 0 is none.
using AnswerId = std::uint32_t;

/// How a report ended of which only the device's own protocol knows, see DeviceContext::settle().
enum class Verdict : std::uint8_t { acked, refused, timed_out };

/// A report that a conversing device sends when its protocol lets it, see DeviceContext::tell().
struct Telling {
  ReportIndex kind = 0;
  Channel channel = 0;
  std::uint32_t detail = 0;
  /// When it became due, in model time: what waits for its turn is late from then on. Not set: now.
  std::optional<TimePoint> due = std::nullopt;
  AnswerId answers = 0;  ///< the trigger that it follows from: who waits for that waits for this report
  std::span<const codec::envelope::Override> overrides = {};  ///< go to encode()
};

/// A file that a device downloads (over HTTP or by FTP) or hands in (over HTTP), see DeviceContext::fetch().
/// Views are valid during the call.
struct Transfer {
  enum class Method : std::uint8_t { get, put, post };
  Method method = Method::get;
  std::string_view url;  ///< http, https or, to get, ftp; with a user name and a password in it, who asks
  std::string_view body = {};                 ///< of put and post
  std::string_view type = {};                 ///< its Content-Type; empty: application/octet-stream
  std::size_t bytes_max = 64 * 1024;          ///< of the answer
  Duration limit = std::chrono::seconds(60);  ///< for everything, from when its turn has come; real time
  bool verify = true;                         ///< https: the server's certificate
  std::string_view ca = {};                   ///< https: file of trusted CAs; empty: the system's
};

/// Names a transfer; 0 is none.
using TransferId = std::uint32_t;

/// How a transfer ended. Errors: link_down, timed_out, too_large, malformed, invalid_argument, unavailable,
/// rejected (a status other than 2xx).
struct Transferred {
  TransferId id = 0;
  Status status;
  unsigned http_status = 0;    ///< 0: no answer came, or not over HTTP
  std::string_view body = {};  ///< valid during the call
};

/// The world as a device sees it, in *model time* (time_scale applied). Valid during the call it is given to.
class DeviceContext {
 public:
  virtual ~DeviceContext() = default;
  [[nodiscard]] virtual std::string_view id() const = 0;
  [[nodiscard]] virtual TimePoint now() const = 0;
  [[nodiscard]] virtual WallTime wall_now() const = 0;
  /// How many times as fast as real time model time passes. Batteries, drivers and the device's own deeds live
  /// in model time; a platform does not: see in_model_time().
  [[nodiscard]] virtual double time_scale() const { return 1; }
  /// Whether model time runs as the platform's clock does, so that the two can be compared.
  [[nodiscard]] bool in_real_time() const { return time_scale() == 1; }
  [[nodiscard]] virtual const DeviceConfig& config() const = 0;
  [[nodiscard]] virtual bool online() const = 0;

  /// Sends a report that follows from what happened; the engine calls Device::encode before this returns.
  /// Offline: counted as not sent. `id` is the platform's request when this answers one.
  virtual void emit(ReportIndex kind, Channel channel, std::uint32_t detail = 0, std::string_view id = {}) = 0;
  /// Moves line `i` to the schedule that pacing(i) now tells, keeping its relative phase.
  virtual void repace(std::size_t line) = 0;
  /// The platform changes this device's configuration: a patch as in `vfleet set`. Errors: invalid_argument.
  virtual Status patch_config(std::string_view path, std::string_view value) = 0;
  /// Power off and on again after `down` of model time; boot() follows. Nothing may be emitted meanwhile.
  virtual void reboot(Duration down) = 0;
  /// For the message `vfleet watch` and logs show; cheap when nobody looks.
  virtual void note(std::string_view text) = 0;

  // For devices whose behaviour is elsewhere. A context that does not offer one of these does nothing.

  [[nodiscard]] virtual std::string_view group() const { return {}; }
  /// The value of a key of its configuration, its uplink's too, as an operator types it; secrets as they are.
  /// nullopt: there is no such key.
  [[nodiscard]] virtual std::optional<std::string> config_value(std::string_view /*path*/) const {
    return std::nullopt;
  }
  /// Of this worker life; what the reports carry.
  [[nodiscard]] virtual std::uint64_t boot_number() const { return 0; }
  virtual void visit_labels(
      const std::function<void(std::string_view name, std::string_view value)>& /*visit*/) const {}
  [[nodiscard]] virtual Waker waker() { return {}; }
  /// Whether the device wants its connection: without it, it is offline whatever operators say.
  virtual void want_link(bool /*wanted*/) {}
  /// Within act() or trigger(): the return value does not count, answer() will tell, or the time `limit` (real
  /// time) passes and the operator reads "no answer in ...". 0 when nobody waits for an answer.
  [[nodiscard]] virtual AnswerId defer(Duration /*limit*/) { return 0; }
  /// Within any later call. An id that is not open any more, or is another device's, is ignored.
  virtual void answer(AnswerId /*id*/, Status /*status*/) {}
  // For devices that converse: whose protocol decides when a report may go and what acknowledges it
  // (Device::converses).

  /// Sends a report now; encode() is called before this returns. Its number, for settle(). Errors: link_down,
  /// rejected (paused is not asked), what encode() says; then it is counted as not sent.
  virtual Result<std::uint32_t> tell(const Telling& /*telling*/) {
    return fail(Errc::unavailable, "no conversation here");
  }
  /// What became of report `seq`. One that is not in flight any more is ignored. On an uplink that counts
  /// acknowledgements by itself this does nothing.
  virtual void settle(std::uint32_t /*seq*/, Verdict /*verdict*/) {}
  /// settle() with Verdict::refused, for operators with what the platform said: "NotSupported: not here".
  virtual void refuse(std::uint32_t seq, std::string_view /*why*/) { settle(seq, Verdict::refused); }
  /// Sends bytes that are no report: an answer to the platform, a greeting. Errors: link_down, rejected (the
  /// platform reads too slowly), unavailable (the uplink carries reports only).
  virtual Status say(std::string_view /*bytes*/) { return fail(Errc::unavailable, "no conversation here"); }
  /// A report that was due (Device::due) is not sent, because the protocol has no place for it now.
  virtual void forgo(ReportIndex /*kind*/) {}
  /// Ends the connection, in a later turn, and makes it anew. `drain`: what is in flight is waited for.
  virtual void reconnect(bool /*drain*/) {}

  /// Starts a transfer, on a connection of its own beside the device's link; Device::fetched() follows, never
  /// within this call. Errors: unavailable.
  virtual Result<TransferId> fetch(const Transfer& /*transfer*/) {
    return fail(Errc::unavailable, "no transfers here");
  }
  /// fetched() does not follow.
  virtual void cancel_fetch(TransferId /*id*/) {}

  /// Sends a report of an open type. `data` is JSON text of an object. `answers`: the trigger that this report
  /// follows from: who waits for that waits for this report. Errors: link_down, rejected (paused, queue full).
  virtual Status emit_open(std::string_view /*report*/, Channel /*channel*/, std::string_view /*data*/,
                           AnswerId /*answers*/ = 0) {
    return fail(Errc::unavailable, "this type has no open reports");
  }
};

/// How long `real` is in model time: for the time-outs and periods that a protocol agrees with its platform,
/// which lives in real time. At most a hundred years, which is longer than any run.
[[nodiscard]] inline Duration in_model_time(Duration real, double time_scale) {
  if (time_scale == 1) return real;
  constexpr double kMost = 100.0 * 366 * 24 * 3600 * 1e9;
  const double scaled = static_cast<double>(real.count()) * time_scale;
  return Duration(static_cast<std::int64_t>(scaled < kMost ? scaled : kMost));
}

class StateVisitor {
 public:
  virtual ~StateVisitor() = default;
  virtual void text(std::string_view name, std::string_view value) = 0;
  virtual void number(std::string_view name, double value, int decimals) = 0;
  virtual void boolean(std::string_view name, bool value) = 0;
};

/// What a device would keep now, against what save() wrote last.
enum class Unsaved : std::uint8_t {
  no,       ///< the same
  elapsed,  ///< other only because time went on: it matters when it is told
  changed,
};

/// One simulated device: a model that a dialect speaks for. It owns no socket, no clock and no timer.
class Device {
 public:
  virtual ~Device() = default;

  /// Power on: at the start of its life and after a reboot.
  virtual void boot(DeviceContext& context) = 0;
  /// An operator reboots the device: what ends in order ends now and may still be told. boot() follows later.
  /// Not called for a reboot() of the device's own.
  virtual void power_off(DeviceContext& /*context*/) {}
  /// The configuration changed; context.config() is the new one and `before` the old one, alive during the call.
  virtual void reconfigure(DeviceContext& context, const DeviceConfig& before) = 0;
  virtual void link_up(DeviceContext& context) = 0;
  virtual void link_down(DeviceContext& context) = 0;
  /// A connection that never stood has failed. `reason`: a word of the uplink's, "unauthorized".
  virtual void link_failed(DeviceContext& /*context*/, std::string_view /*reason*/) {}

  /// When the model next wants advance() without anybody asking, in model time; kNever when it does not.
  [[nodiscard]] virtual TimePoint next_event() const = 0;
  /// Moves the model to context.now(), emitting what follows on the way. Called before every other call below.
  virtual void advance(DeviceContext& context) = 0;

  /// Asked again after boot() and reconfigure(). Keys with Effect::boot count as they were at the last boot.
  [[nodiscard]] virtual std::size_t line_count(const DeviceConfig& config) const = 0;
  [[nodiscard]] virtual ReportLine line(std::size_t i) const = 0;
  /// A line that begins with something, as the meter values of a transaction do: when that was, in model time.
  /// Its points are then every period from there. Empty, as for lines of times of day or with a day's curve:
  /// its grid is the fleet's, see schedule::Pacing.
  [[nodiscard]] virtual std::optional<TimePoint> origin(std::size_t /*i*/) const { return std::nullopt; }
  /// The pacing of line `i` in the state the model is in; lives as long as the configuration.
  [[nodiscard]] virtual const schedule::Pacing& pacing(std::size_t i, const DeviceConfig& config) const = 0;

  /// Appends the whole message to `out` (empty before). No state changes that can be seen. Allocates nothing
  /// in steady state. `overrides` are applied by the dialect's own rules. Errors: invalid_argument.
  [[nodiscard]] virtual Status encode(const DeviceContext& context, const Report& report,
                                      std::span<const codec::envelope::Override> overrides,
                                      codec::Buffer& out) const = 0;
  /// Channels that a triggered per-channel report may name: 1 .. channels().
  [[nodiscard]] virtual Channel channels(const DeviceConfig& config) const = 0;

  /// Errors: rejected or invalid_argument, with the reason an operator reads ("connector 1 has no vehicle").
  [[nodiscard]] virtual Status act(DeviceContext& context, const ActionCall& call) = 0;
  /// Whether reports leave when its protocol lets them, not when they are due: then due() and trigger() are
  /// called in place of encode(), and offline queues of the engine do not apply. May change with boot() and
  /// reconfigure() only.
  [[nodiscard]] virtual bool converses() const { return false; }
  /// Line `i` is due, at `due` in model time; follow with tell() or forgo(), now or later.
  virtual void due(DeviceContext& /*context*/, std::size_t /*i*/, TimePoint /*due*/) {}
  /// An operator triggers a report of an open type or of a device that converses. The device sends it with
  /// emit_open() or tell(), now or later (defer()). Errors: rejected or invalid_argument, with the reason.
  [[nodiscard]] virtual Status trigger(DeviceContext& /*context*/, const TriggerCall& /*call*/) {
    return fail(Errc::invalid_argument, "sends no reports of its own");
  }
  /// A message of the platform. What it asks for is done and answered by reports.
  virtual void receive(DeviceContext& context, std::string_view message) = 0;
  /// A transfer has ended, maybe one from before a reboot. Not called while the power is off.
  virtual void fetched(DeviceContext& /*context*/, const Transferred& /*transferred*/) {}

  virtual void visit_state(const DeviceContext& context, StateVisitor& visitor) const = 0;

  // What must not go back when the worker dies. Only for types whose DeviceType::state_bytes() is not 0.
  /// Cheap: asked before each report and after each call.
  [[nodiscard]] virtual Unsaved unsaved() const { return Unsaved::no; }
  /// Writes into `out` what restore() needs; returns how long that is, 0 when it does not fit. Called before
  /// a report is sent that shows it, also from within emit(): what is told then counts as done. No allocation.
  virtual std::size_t save(const DeviceContext& /*context*/, std::span<std::byte> /*out*/) { return 0; }
  /// In place of the first boot(): the device goes on from what save() wrote, offline as after boot(). Any
  /// bytes; false when they are not its own: then nothing has changed, and boot() follows.
  virtual bool restore(DeviceContext& /*context*/, std::span<const std::byte> /*saved*/) { return false; }
};

}  // namespace vfleet::device
