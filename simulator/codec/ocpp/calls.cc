#include "simulator/codec/ocpp/calls.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace vfleet::codec::ocpp {
namespace {

/// The difference of two tickets, which may have gone round.
std::int32_t distance(std::uint32_t from, std::uint32_t to) {
  return static_cast<std::int32_t>(to - from);
}

/// `factor` times `interval` after `from`, never past the end of time.
TimePoint later(TimePoint from, Duration interval, std::uint32_t factor) {
  const Duration left = kNever - std::max(from, TimePoint{});
  if (interval <= Duration{}) return from;
  if (interval >= left / static_cast<std::int64_t>(factor)) return kNever;
  return from + interval * static_cast<std::int64_t>(factor);
}

}  // namespace

Duration Calls::own_time(Duration of_settings) const {
  if (time_scale_ == 1) return of_settings;
  constexpr double kMost = 3e18;  // nearly a hundred years
  return Duration(static_cast<std::int64_t>(
      std::min(static_cast<double>(of_settings.count()) * static_cast<double>(time_scale_), kMost)));
}

void Calls::reboot(std::uint32_t boot) {
  waiting_.clear();
  outstanding_ = false;
  deadline_ = kNever;
  open_ = 0;
  up_ = false;
  gate_ = Gate::boot;
  if (boot == boot_) return;  // or ids would be made twice
  boot_ = boot;
  counter_ = 0;
  answered_mask_ = 0;
}

void Calls::link_up(TimePoint now) {
  up_ = true;
  backlog_ = transactions_.size();
  drain_at_ = now;
}

std::optional<Settled> Calls::link_down() {
  up_ = false;
  open_ = 0;
  if (!outstanding_) return std::nullopt;
  return settle(TimePoint::min(), Settled::How::cut_off);
}

bool Calls::add(const Call& call, Place place) {
  if (place == Place::newest) {
    for (Waiting& each : waiting_) {
      if (each.call.action != call.action || each.call.connector != call.connector) continue;
      const bool asked = each.call.asked || call.asked;
      each.call = call;
      each.call.asked = asked;
      return true;
    }
  }
  if (waiting_.size() >= settings_->waiting_most) {
    ++counters_.full;
    return false;
  }
  waiting_.push_back({call, ticket_++});
  return true;
}

TransactionQueue::Added Calls::add(const TransactionMessage& message) {
  // The first keeps its place once it was sent: its attempts would be another's.
  const auto added = transactions_.add(message, ticket_, settings_->transactions_most, tried_);
  if (added == TransactionQueue::Added::no) {
    ++counters_.full;
    return added;
  }
  ++ticket_;
  if (added == TransactionQueue::Added::displacing) {
    ++counters_.displaced;
    if (backlog_ > 0) --backlog_;
  }
  return added;
}

// The first that waits and may go; waiting_.size() when none may.
std::size_t Calls::first_allowed() const {
  std::size_t i = 0;
  for (; i < waiting_.size(); ++i) {
    const Call& call = waiting_[i].call;
    if (call.forced || gate_ == Gate::all ||
        (gate_ != Gate::nothing && call.action == Action::BootNotification) ||
        (gate_ == Gate::asked && call.asked))
      break;
  }
  return i;
}

bool Calls::transaction_allowed() const {
  return gate_ == Gate::all && !transactions_.empty();
}

TimePoint Calls::transaction_ready() const {
  return backlog_ > 0 ? std::max(retry_at_, drain_at_) : retry_at_;
}

Calls::Choice Calls::choose(TimePoint now, std::size_t& waiting) const {
  if (!up_ || outstanding_) return Choice::none;
  waiting = first_allowed();
  const bool transaction = transaction_allowed() && now >= transaction_ready();
  if (waiting == waiting_.size()) return transaction ? Choice::transaction : Choice::none;
  if (!transaction) return Choice::waiting;
  // What is new goes in the order in which it happened; what is old lets it pass, one by one.
  // Statuses are few and tell what holds now: all of them go first, as after a boot they have to.
  const bool status = waiting_[waiting].call.action == Action::StatusNotification;
  if (backlog_ > 0 || attempts_ > 0)
    return last_was_waiting_ && !status ? Choice::transaction : Choice::waiting;
  return distance(transactions_.front_ticket(), waiting_[waiting].ticket) > 0 ? Choice::transaction
                                                                              : Choice::waiting;
}

std::optional<Outgoing> Calls::next(TimePoint now) const {
  std::size_t i = 0;
  const Choice choice = choose(now, i);
  if (choice == Choice::none) return std::nullopt;
  Outgoing out;
  if (choice == Choice::waiting) {
    const Call& call = waiting_[i].call;
    out.action = call.action;
    out.connector = call.connector;
    out.due = call.due;
    out.detail = call.detail;
    return out;
  }
  out.of_transaction = true;
  out.message = transactions_.front();
  out.action = out.message.action;
  out.connector = out.message.connector;
  out.due = out.message.due;
  out.attempt = attempts_ + 1;
  return out;
}

void Calls::sent(TimePoint now, std::uint32_t seq) {
  std::size_t i = 0;
  const Choice choice = choose(now, i);
  if (choice == Choice::none) return;
  current_ = Settled{.seq = seq};
  if (choice == Choice::waiting) {
    const Call& call = waiting_[i].call;
    current_.action = call.action;
    current_.connector = call.connector;
    current_.detail = call.detail;
    waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
  } else {
    const TransactionMessage front = transactions_.front();
    current_.of_transaction = true;
    tried_ = true;
    current_.action = front.action;
    current_.connector = front.connector;
    current_.session = front.session;
    if (backlog_ > 0) drain_at_ = later(now, own_time(settings_->drain_gap), 1);
  }
  last_was_waiting_ = choice == Choice::waiting;
  outstanding_ = true;
  deadline_ = settings_->timeout > Duration{} ? later(now, own_time(settings_->timeout), 1) : kNever;
  ++counter_;
  answered_mask_ <<= 1;
  ++counters_.sent;
}

void Calls::discard(TimePoint now) {
  std::size_t i = 0;
  switch (choose(now, i)) {
    case Choice::none:
      return;
    case Choice::waiting:
      waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
      return;
    case Choice::transaction:
      ++counters_.dropped;
      transaction_done();
  }
}

void Calls::transaction_done() {
  transactions_.pop();
  tried_ = false;
  attempts_ = 0;
  retry_at_ = TimePoint::min();
  if (backlog_ > 0) --backlog_;
}

Settled Calls::settle(TimePoint now, Settled::How how) {
  outstanding_ = false;
  deadline_ = kNever;
  Settled settled = current_;
  settled.how = how;
  switch (how) {
    case Settled::How::answered:
      ++counters_.answered;
      break;
    case Settled::How::refused:
      ++counters_.refused;
      break;
    case Settled::How::timed_out:
      ++counters_.timed_out;
      break;
    case Settled::How::cut_off:
      ++counters_.cut_off;
      break;
  }
  if (!settled.of_transaction) return settled;
  if (how == Settled::How::answered) {
    transaction_done();
  } else if (how == Settled::How::cut_off) {
    settled.again = true;
  } else if (++attempts_ >= settings_->attempts) {
    ++counters_.dropped;
    transaction_done();
  } else {
    settled.again = true;
    retry_at_ = later(now, own_time(settings_->retry_interval), attempts_);
  }
  return settled;
}

bool Calls::awaits(const Frame& frame) const {
  const bool answer = frame.kind == Frame::Kind::result || frame.kind == Frame::Kind::error;
  const bool broken = frame.kind == Frame::Kind::corrupt &&
                      (frame.meant == Frame::Kind::result || frame.meant == Frame::Kind::error);
  return outstanding_ && (answer || broken) && frame.id == text(ids_.make({boot_, counter_ - 1}));
}

Calls::Received Calls::receive(TimePoint now, const Frame& frame, bool valid) {
  switch (frame.kind) {
    case Frame::Kind::call:
      if (open_ > 0) ++counters_.at_once;
      if (open_ < std::numeric_limits<std::uint16_t>::max()) ++open_;
      return {Heard::call, {}};
    case Frame::Kind::result:
      return answer(now, frame, valid);
    case Frame::Kind::error:
      return answer(now, frame, false);
    case Frame::Kind::corrupt:
      // The CSMS has answered, though nobody can tell what: it will not answer again.
      if (awaits(frame)) return answer(now, frame, false);
      return {};
    case Frame::Kind::unknown_type:
      return {};
  }
  return {};
}

Calls::Received Calls::answer(TimePoint now, const Frame& frame, bool valid) {
  if (!awaits(frame)) {
    count_stray(frame.id);
    return {};
  }
  answered_mask_ |= 1;
  return {Heard::settled, settle(now, valid ? Settled::How::answered : Settled::How::refused)};
}

void Calls::count_stray(std::string_view id) {
  const auto origin = ids_.find(id);
  const bool mine = origin && (origin->boot != boot_ || distance(origin->counter, counter_) > 0);
  if (!mine) {
    ++counters_.unknown;
    return;
  }
  const std::uint32_t age = counter_ - 1 - origin->counter;
  const std::uint64_t bit = origin->boot == boot_ && age < 64 ? std::uint64_t{1} << age : 0;
  ++((answered_mask_ & bit) != 0 ? counters_.duplicate : counters_.late);
  answered_mask_ |= bit;
}

void Calls::answered() {
  if (open_ > 0) --open_;
}

std::optional<Settled> Calls::expire(TimePoint now) {
  if (!outstanding_ || now < deadline_) return std::nullopt;
  return settle(now, Settled::How::timed_out);
}

TimePoint Calls::wake() const {
  if (!up_) return kNever;
  if (outstanding_) return deadline_;
  if (first_allowed() != waiting_.size()) return TimePoint::min();
  return transaction_allowed() ? transaction_ready() : kNever;
}

std::optional<Action> Calls::outstanding_action() const {
  return outstanding_ ? std::optional(current_.action) : std::nullopt;
}

std::size_t Calls::save(std::span<std::byte> out) const {
  if (out.size() < sizeof attempts_) return 0;
  bool first_kept = false;
  const std::size_t size = transactions_.save(out.subspan(sizeof attempts_), &first_kept);
  if (size == 0) return 0;
  // They are the first message's; the one behind it has not been tried.
  const std::uint32_t attempts = first_kept ? attempts_ : 0;
  std::memcpy(out.data(), &attempts, sizeof attempts);
  return sizeof attempts_ + size;
}

bool Calls::restore(std::span<const std::byte> saved, TimePoint now) {
  std::uint32_t attempts = 0;
  if (saved.size() < sizeof attempts) return false;
  std::memcpy(&attempts, saved.data(), sizeof attempts);
  if (outstanding_ || !transactions_.restore(saved.subspan(sizeof attempts), now)) return false;
  attempts_ = transactions_.empty() ? 0 : attempts;
  tried_ = attempts_ > 0;
  retry_at_ = attempts_ > 0 ? later(now, own_time(settings_->retry_interval), attempts_) : TimePoint::min();
  backlog_ = up_ ? transactions_.size() : 0;
  ticket_ = std::max(ticket_, static_cast<std::uint32_t>(transactions_.size()));
  return true;
}

}  // namespace vfleet::codec::ocpp
