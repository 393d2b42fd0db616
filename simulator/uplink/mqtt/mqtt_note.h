#pragma once

#include <bit>
#include <cstdint>

#include "simulator/codec/mqtt/session.h"
#include "simulator/uplink/uplink.h"

namespace vfleet::uplink {

/// A session keeps the ticket of a report that is in flight as its note.
[[nodiscard]] inline codec::mqtt::Note note_of(const Ticket& ticket) {
  return {{std::uint64_t{ticket.seq} << 32 | ticket.waiter,
           std::uint64_t{ticket.left_us} << 32 | ticket.report,
           std::bit_cast<std::uint64_t>(ticket.due.time_since_epoch().count())}};
}

[[nodiscard]] inline Ticket ticket_of(const codec::mqtt::Note& note) {
  Ticket ticket;
  ticket.seq = static_cast<std::uint32_t>(note.words[0] >> 32);
  ticket.waiter = static_cast<std::uint32_t>(note.words[0]);
  ticket.report = static_cast<std::uint8_t>(note.words[1]);
  ticket.left_us = static_cast<std::uint32_t>(note.words[1] >> 32);
  ticket.due = TimePoint(Duration(std::bit_cast<std::int64_t>(note.words[2])));
  return ticket;
}

}  // namespace vfleet::uplink
