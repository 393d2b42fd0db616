#include "simulator/uplink/message_link.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "simulator/codec/http/command_list.h"

namespace vfleet::uplink {

Answers::Answers(const MessageConfig& config) : by_(config.ack) {
  if (!config.member.empty()) (void)member_.want(config.member);
}

std::optional<std::uint32_t> Answers::seq_of(std::string_view message) const {
  std::array<std::string_view, 1> value;
  if (member_.size() == 0) return std::nullopt;
  member_.find(message, value);
  std::string_view digits = value[0];
  if (digits.size() >= 2 && digits.front() == '"') digits = digits.substr(1, digits.size() - 2);
  std::uint32_t seq = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seq);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return seq;
}

Answers::Match Answers::match(std::string_view message, Flights& flights, FlightPool& pool,
                              MessageTotals& totals) const {
  switch (by_) {
    case AckBy::any:
      if (flights.front_sent()) return {.acked = flights.pop(pool), .deliver = false};
      [[fallthrough]];
    case AckBy::none:  // a platform that answers all the same must not be answered by the device
    case AckBy::member: {
      const std::optional<std::uint32_t> seq = seq_of(message);
      if (!seq) break;
      Match found;
      if (by_ == AckBy::member) found.acked = flights.take(*seq, pool);
      if (!found.acked) ++totals.late_answers;
      // An answer may bring commands; without any it is not for the device.
      found.deliver = message.find("\"commands\"") != std::string_view::npos;
      return found;
    }
    case AckBy::dialect:
      break;
  }
  return {};
}

void Answers::deliver_each(std::string_view message, MessageTotals& totals,
                           const std::function<bool(std::string_view)>& each) {
  switch (codec::http::for_each_command(message, each)) {
    case codec::http::CommandList::absent:
      (void)each(message);
      break;
    case codec::http::CommandList::malformed:
      ++totals.malformed_commands;
      break;
    case codec::http::CommandList::found:
      break;
  }
}

void MessageHub::add_message_counters(std::vector<Counter>& out) const {
  add_counters(out);
  out.push_back({"messages_sent_total", counts.sent});
  out.push_back({"messages_received_total", counts.received});
  out.push_back({"queue_evicted_total", counts.evicted});
  out.push_back({"not_encodable_total", counts.not_encodable});
  out.push_back({"late_answers_total", counts.late_answers});
  out.push_back({"malformed_commands_total", counts.malformed_commands});
}

// Sending.

Accepted MessageLink::send(const Ticket& ticket, const Message& message) {
  if (!up()) return Accepted::offline;
  std::string& bytes = messages_.scratch;
  bytes.clear();
  if (!encode_report(ticket, message, bytes)) {
    ++messages_.counts.not_encodable;
    settle(ticket, Fate::evicted);
    return Accepted::yes;
  }
  if (aside(message)) return send_aside(ticket);
  if (room() && queue_.empty()) {
    const bool first = flights_.empty();
    flights_.push(ticket, now() + messages_.messages.ack_timeout, messages_.flights);
    leaving(ticket, bytes);
    hand_over(bytes, first);
    return Accepted::yes;
  }
  const SendQueue::Offer offer = queue_.offer(ticket, bytes, messages_.messages.queue_max,
                                              messages_.messages.when_full, messages_.waiting);
  if (offer.evicted) {
    ++messages_.counts.evicted;
    settle(*offer.evicted, Fate::evicted);
  }
  return offer.accepted;
}

bool MessageLink::encode_report(const Ticket& /*ticket*/, const Message& message, std::string& out) {
  return encode(message.body, out);
}

Accepted MessageLink::send_aside(const Ticket& ticket) {
  if (blocked() || busy_) return Accepted::queue_full;
  const std::uint8_t before = epoch();
  // In flight while the owner is told, so that closing in there settles it.
  flights_.push(ticket, now() + messages_.messages.ack_timeout, messages_.flights);
  leaving(ticket, messages_.scratch);
  if (write(messages_.scratch) == Wrote::lost) return Accepted::yes;
  flights_.mark_sent(now());
  ++messages_.counts.sent;
  messages_.owner.report_sent(key(), ticket);
  if (epoch() != before) return Accepted::yes;
  if (flights_.take(ticket.seq, messages_.flights)) settle(ticket, Fate::handed_over);
  return Accepted::yes;
}

void MessageLink::pump() {
  constexpr std::size_t kAtOnce = 16 * 1024;
  if (pumping_) return;  // that goes on: a long queue must not nest as deep as it is long
  pumping_ = true;
  while (room() && !queue_.empty()) {
    std::string& bytes = messages_.scratch;
    bytes.clear();
    const bool first = flights_.empty();
    const TimePoint deadline = now() + messages_.messages.ack_timeout;
    while (!queue_.empty() && flights_.size() < messages_.messages.in_flight_max && bytes.size() < kAtOnce) {
      std::unique_ptr<Waiting> next = queue_.pop();
      const std::size_t at = bytes.size();
      bytes += next->bytes;
      leaving(next->ticket, std::span(bytes).subspan(at));
      flights_.push(next->ticket, deadline, messages_.flights);
      messages_.waiting.give_back(std::move(next));
    }
    hand_over(bytes, first);
  }
  pumping_ = false;
}

void MessageLink::hand_over(std::string_view bytes, bool first) {
  if (first) sign_of_life_ = false;
  // Without acknowledgements only what is stuck needs a time-out.
  const bool answers = messages_.messages.ack != AckBy::none;
  if (first && answers) replan();
  switch (write(bytes)) {
    case Wrote::all:
      written();
      break;
    case Wrote::kept:
      if (!answers) replan();
      break;
    case Wrote::lost:
      break;
  }
}

/// Everything that was written is with the kernel.
void MessageLink::written() {
  const std::uint8_t before = epoch();
  const bool done = messages_.messages.ack == AckBy::none;
  const TimePoint at = done ? TimePoint() : now();  // nobody asks for it without answers
  busy_ = true;
  while (const Flight* flight = flights_.unsent()) {
    const Ticket ticket = flight->ticket;
    flights_.mark_sent(at);
    ++messages_.counts.sent;
    messages_.owner.report_sent(key(), ticket);
    if (epoch() != before) return;
    if (!done) continue;
    (void)flights_.pop(messages_.flights);
    settle(ticket, Fate::handed_over);
    if (epoch() != before) return;
  }
  busy_ = false;
  if (!queue_.empty()) pump();
}

void MessageLink::flushed() {
  written();
}

// What dialects call.

void MessageLink::come_up() {
  const std::uint8_t before = epoch();
  ready();
  if (epoch() != before) return;
  replan();
  pump();
}

bool MessageLink::say(std::string_view message) {
  constexpr std::size_t kKeptMax = 64 * 1024;
  if (kept() > kKeptMax) {
    fail("peer_reads_nothing", Fate::timed_out);
    return false;
  }
  std::string& bytes = messages_.scratch;
  bytes.clear();
  if (!encode(message, bytes)) {
    ++messages_.counts.not_encodable;
    return false;
  }
  return write(bytes) != Wrote::lost;
}

bool MessageLink::answered(std::uint32_t seq, Fate fate) {
  const std::optional<Ticket> ticket = flights_.take(seq, messages_.flights);
  if (!ticket) {
    ++messages_.counts.late_answers;
    return false;
  }
  const std::uint8_t before = epoch();
  settle(*ticket, fate);
  if (epoch() == before) pump();
  return true;
}

void MessageLink::deliver(std::string_view message) {
  messages_.owner.message_received(key(), message);
}

// Receiving.

void MessageLink::take_message(std::string_view message) {
  const std::uint8_t before = epoch();
  sign_of_life_ = true;
  ++messages_.counts.received;
  const Answers::Match found =
      messages_.answers.match(message, flights_, messages_.flights, messages_.counts);
  if (found.acked) {
    settle(*found.acked, Fate::acked);
    if (epoch() != before) return;
    pump();
  }
  if (!found.deliver || epoch() != before) return;
  messages_.answers.deliver(messages_.owner, key(), message, messages_.counts,
                            [&] { return epoch() == before; });
}

// Time.

void MessageLink::replan() {
  if (!stands()) return;
  TimePoint next = std::min(next_due(), wake_time());
  if (!flights_.empty()) next = std::min(next, flights_.front().deadline);
  wake_at(next);
}

void MessageLink::woken() {
  const std::uint8_t before = epoch();
  while (flights_.front_sent() && flights_.front().deadline <= now()) {
    // By AckBy::any an answer that comes late would be taken for another's; by AckBy::member it does no harm.
    const bool silent = !std::exchange(sign_of_life_, false) && !asks_for_signs_of_life();
    if (messages_.messages.ack == AckBy::any || (messages_.messages.ack == AckBy::member && silent)) {
      fail("timed_out", Fate::timed_out);
      return;
    }
    const Ticket ticket = flights_.pop(messages_.flights);
    settle(ticket, Fate::timed_out);
    if (epoch() != before) return;
    unanswered(ticket);
    if (epoch() != before) return;
  }
  if (!flights_.empty() && flights_.front().deadline <= now()) {  // the peer does not read
    fail("timed_out", Fate::timed_out);
    return;
  }
  if (next_due() <= now()) due();
  if (epoch() != before) return;
  if (wake_time() <= now()) wake();
  if (epoch() != before) return;
  replan();
  pump();
}

// Ends.

void MessageLink::lost(Fate fate, bool closed) {
  busy_ = false;
  const TimePoint at = now();
  while (!flights_.empty()) {
    const bool in_time = flights_.front().deadline > at;
    const Ticket ticket = flights_.pop(messages_.flights);
    settle(ticket, in_time && !closed ? Fate::connection_lost : fate);
  }
  while (closed && !queue_.empty()) {
    ++messages_.counts.evicted;
    std::unique_ptr<Waiting> next = queue_.pop();
    settle(next->ticket, Fate::evicted);
    messages_.waiting.give_back(std::move(next));
  }
}

}  // namespace vfleet::uplink
