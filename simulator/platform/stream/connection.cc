#include "simulator/platform/stream/connection.h"

#include "simulator/platform/stream/server.h"

namespace vfleet::platform::stream {
namespace {

constexpr Duration kLinger = std::chrono::seconds(2);

}  // namespace

bool is_late(const Connection& c, const Limits& limits, TimePoint now) {
  if (c.delay || c.frozen) return false;
  if (c.phase == Connection::Phase::lingering) return now - c.last > kLinger;
  if (c.phase == Connection::Phase::handshaking) return now - c.since > limits.message_timeout;
  if (!c.out.empty()) return now - c.last > limits.message_timeout;
  if (c.partial_bytes() != 0) return now - c.since > limits.message_timeout;
  return now - c.last > (c.idle_max == Duration::zero() ? limits.idle_timeout : c.idle_max);
}

}  // namespace vfleet::platform::stream
