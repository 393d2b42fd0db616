#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/codec/text/names.h"
#include "simulator/config/schema.h"
#include "simulator/core/result.h"
#include "simulator/core/time.h"

/// How a device reaches its platform. An Uplink is one per worker and uplink configuration; it opens a Link
/// for each device. All calls are on the loop thread; nothing here blocks or throws.
namespace vfleet::uplink {

/// The owner's number for a device; stays the same while the link lives.
using LinkKey = std::uint32_t;

/// What the owner wants to know of a report again when its fate is known.
struct Ticket {
  static constexpr std::uint32_t kNotLeft = UINT32_MAX;

  std::uint32_t seq = 0;
  std::uint32_t waiter = 0;  ///< != 0: an operator waits for this one
  std::uint8_t report = 0;   ///< index of the report kind in its type
  /// The link's: microseconds from `due` until the kernel had it. kNotLeft: not yet, or after more than 71
  /// minutes; then its answer is not timed.
  std::uint32_t left_us = kNotLeft;
  TimePoint due;

  /// The bytes went to the kernel, `now`.
  void left(TimePoint now) {
    const std::int64_t us = to_us(now - due);
    left_us = us < 0 ? 0 : us < kNotLeft ? static_cast<std::uint32_t>(us) : kNotLeft;
  }
  /// How long the answer took that came `now`; not when left_us is kNotLeft.
  [[nodiscard]] Duration answered_after(TimePoint now) const {
    return now - due - std::chrono::microseconds(left_us);
  }
};
static_assert(sizeof(Ticket) == 24);  // there is one for each report in flight

enum class Fate : std::uint8_t {
  acked,            ///< the platform accepted it (HTTP 2xx, PUBACK)
  refused,          ///< the platform answered no (HTTP status other than 2xx)
  timed_out,        ///< sent, no answer in time
  connection_lost,  ///< sent or half sent when the connection went
  evicted,          ///< dropped from the queue to make room, or when the link was closed
  /// Left, on a way that knows no acknowledgement (MQTT QoS 0, UDP, zmq, null). Counted as acked; says
  /// nothing of latency.
  handed_over,
};

/// A report on its way to the platform. Views are valid during the call.
struct Message {
  std::string_view type = {};  ///< the report's name
  std::string_view body = {};  ///< the bytes that the platform gets
  /// The report as the device told it, JSON of the envelope, for templates that use its fields; the same
  /// bytes as body unless a payload template made that. Empty: there are no fields (raw bytes of an
  /// operator).
  std::string_view report = {};
};

[[nodiscard]] constexpr std::string_view to_string(Fate fate) {
  switch (fate) {
    case Fate::acked:
      return "acked";
    case Fate::refused:
      return "refused";
    case Fate::timed_out:
      return "timed_out";
    case Fate::connection_lost:
      return "connection_lost";
    case Fate::evicted:
      return "evicted";
    case Fate::handed_over:
      return "handed_over";
  }
  return "unknown";
}

/// Whom links tell. Any of these may be called from within Link::send() or open(), but never after close()
/// has reported down or the link was destroyed.
class LinkOwner {
 public:
  virtual ~LinkOwner() = default;
  virtual void link_up(LinkKey link) = 0;
  /// The connection ended or could not be made. The link tries again by itself (back-off with jitter) unless
  /// it was closed. `reason` is a snake_case word for counters ("connection_refused"), static storage.
  virtual void link_down(LinkKey link, std::string_view reason) = 0;
  /// The bytes went to the kernel.
  virtual void report_sent(LinkKey link, const Ticket& ticket) = 0;
  /// Exactly once for each accepted report, after report_sent if it was sent at all.
  virtual void report_settled(LinkKey link, const Ticket& ticket, Fate fate) = 0;
  /// The same with Fate::refused, and what was said against it: "HTTP 503: too many", "MQTT quota_exceeded".
  /// Valid during the call; whatever bytes the platform chose.
  virtual void report_refused(LinkKey link, const Ticket& ticket, std::string_view /*why*/) {
    report_settled(link, ticket, Fate::refused);
  }
  /// A message of the platform to the device; valid during the call.
  virtual void message_received(LinkKey link, std::string_view message) = 0;
  /// A report of this device came back from the platform: it had arrived. `due_us` is the wall clock that the
  /// message itself tells, so this may be called for any number of any life.
  virtual void report_echoed(LinkKey /*link*/, std::string_view /*report*/, std::int64_t /*due_us*/) {}
  /// The device shall send its report of this name, in a later turn, because the rest waits for it: a login
  /// whose token ran out. False: it has none.
  virtual bool report_wanted(LinkKey /*link*/, std::string_view /*report*/) { return false; }
  /// The device's names, for templates; valid until the next call.
  [[nodiscard]] virtual const codec::text::Names& names(LinkKey link) = 0;
};

/// Names that URL and topic templates may use; copied by the uplink as far as it needs them.
struct LinkIdentity {
  std::string_view device_id;
  std::string_view type;
  std::uint64_t seed = 0;  ///< for the jitter of this link's back-off
};

enum class Accepted : std::uint8_t {
  yes,
  offline,     ///< not connected
  queue_full,  ///< the bounded queue is full and its policy is to refuse
};

/// What an operator does to a link itself, to reproduce a fault of the field. Valid during the call.
struct LinkCall {
  std::string_view action;     ///< one of UplinkKind::actions
  const config::Values& args;  ///< every argument of its description, checked
};

/// A device's connection. Destroying it drops everything at once, silently.
class Link {
 public:
  virtual ~Link() = default;
  /// Starts to connect and keeps connected; no-op when open.
  virtual void open() = 0;
  /// Stops. `drain`: what is queued and in flight is first sent and answered (bounded by the uplink's request
  /// time-out); link_down("closed") follows when done, at once when nothing waits.
  virtual void close(bool drain) = 0;
  [[nodiscard]] virtual bool up() const = 0;
  /// Whether send() would say queue_full now to a report of that name, whatever is in it: who asks first
  /// saves making it. False: ask send().
  [[nodiscard]] virtual bool refuses(std::string_view /*report*/) const { return false; }
  /// Sends `message` or queues it.
  [[nodiscard]] virtual Accepted send(const Ticket& ticket, const Message& message) = 0;
  /// Reports accepted and not yet settled.
  [[nodiscard]] virtual std::size_t pending() const = 0;
  /// Errors: rejected or invalid_argument, with the reason in words.
  [[nodiscard]] virtual Status act(const LinkCall& call) {
    return fail(Errc::rejected, "this connection does not know '" + std::string(call.action) + "'");
  }

  // For devices whose protocol is their own (ConversingLink).
  [[nodiscard]] virtual bool converses() const { return false; }
  /// Sends bytes that are no report, ahead of reports that queue.
  [[nodiscard]] virtual Accepted speak(std::string_view /*bytes*/) { return Accepted::offline; }
  /// Report `seq` ended so; LinkOwner::report_settled() is called if it was in flight.
  virtual void conclude(std::uint32_t /*seq*/, Fate /*fate*/) {}
};

struct Counter {
  std::string name;  ///< "connects_total", "bytes_sent_total", "connect_failures_total{reason}"
  std::uint64_t value = 0;
};

class Uplink {
 public:
  virtual ~Uplink() = default;
  [[nodiscard]] virtual std::unique_ptr<Link> make_link(LinkKey key, const LinkIdentity& identity) = 0;
  [[nodiscard]] virtual std::vector<Counter> counters() const = 0;
};

}  // namespace vfleet::uplink
