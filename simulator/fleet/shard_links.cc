#include "simulator/fleet/shard.h"

#include "simulator/fleet/shard_context.h"

namespace vfleet::fleet {

namespace {

/// What is said to have been due before that is no report of ours.
constexpr std::int64_t kEchoAge_us = std::int64_t{7} * 24 * 3600 * 1'000'000;

}  // namespace

void Shard::open_link(Member& member) {
  if (member.link != nullptr && !member.disconnected && !member.unlinked) member.link->open();
}

void Shard::want_link(Member& member, bool wanted) {
  if (member.unlinked == !wanted) return;
  member.unlinked = !wanted;
  if (member.link == nullptr || member.down || stopping_) return;
  if (wanted) return open_link(member);
  // In a later turn: the device is in the middle of a call.
  loop_.post([this, key = member.key, before = &member] {
    if (at(key) == before && before->unlinked && before->link != nullptr) before->link->close(true);
  });
}

void Shard::reconnect(Member& member, bool drain) {
  if (member.link == nullptr || member.down || stopping_) return;
  // In a later turn: the device is in the middle of a call. What closes opens again unless it may not.
  loop_.post([this, key = member.key, before = &member, drain] {
    Member* now = at(key);
    if (now != before || now->link == nullptr || stopping_ || now->relinking) return;
    now->reopening = now->online;
    now->link->close(drain);
    if (!now->reopening) open_link(*now);
  });
}

void Shard::make_link(Member& member) {
  Group::IdBuffer buffer;
  const std::string_view id = member.group->id(member.index, buffer);
  member.link = member.config->uplink().make_link(
      member.key, {.device_id = id, .type = member.group->type_name(), .seed = member.identity});
}

void Shard::drop_link(Member& member) {
  if (member.link == nullptr) return;
  // What waits in the link goes with it; the account must not wait for it.
  if (member.link->pending() > 0) member.link->close(false);
  const std::uint64_t pending = member.link->pending();  // none, unless a link forgets to settle
  figures_.settled(uplink::Fate::evicted) += pending;
  member.group->figures.failed() += pending;
  member.link.reset();
}

void Shard::relink(Member& member, ConfigRef old) {
  // The first one: it is the one that holds the uplink of the link that is there now.
  relinking_.try_emplace(member.key, std::move(old));
  if (member.relinking) return;
  member.relinking = true;
  const std::uint32_t key = member.key;
  const Member* before = &member;
  if (member.online) {
    member.link->close(true);  // link_down does the rest
    return;
  }
  loop_.post([this, key, before] {
    if (at(key) == before && at(key)->relinking) link_down(key, "closed");
  });
}

void Shard::link_up(uplink::LinkKey key) {
  Member& member = *members_[key];
  if (member.online) return;
  member.online = true;
  if (!member.leaving) ++figures_.online, ++member.group->figures.online();
  if (log_ != nullptr && log_->wants(log::Level::debug)) {
    Group::IdBuffer buffer;
    log_->line(log::Level::debug, member.group->id(member.index, buffer), "link up");
  }
  if (auto* traffic = traced(member)) traffic->link_up(member);
  if (stopping_ || member.down) return;
  Context context(*this, member, loop_.now());
  member.device->advance(context);
  member.device->link_up(context);
  settle(member);
  if (waiter_ != nullptr) waiter_->came_online(member);
  start_drain(member);
}

void Shard::link_down(uplink::LinkKey key, std::string_view reason) {
  Member& member = *members_[key];
  if (reason != "closed") figures_.count_link_down(reason);
  if (log_ != nullptr && !stopping_) log_link_down(member, reason);
  if (auto* traffic = traced(member)) traffic->link_down(member, reason);
  if (member.online) {
    member.online = false;
    if (!member.leaving) --figures_.online, --member.group->figures.online();
    if (!member.down && !stopping_) {
      Context context(*this, member, loop_.now());
      member.device->advance(context);
      member.device->link_down(context);
      settle(member);
    }
  } else if (reason != "closed" && member.started && !member.down && !stopping_) {
    Context context(*this, member, loop_.now());
    member.device->advance(context);
    member.device->link_failed(context, reason);
    settle(member);
  }
  if (member.reopening && !member.relinking && !stopping_) {
    member.reopening = false;
    loop_.post([this, key, before = &member] {
      Member* now = at(key);
      if (now == before && !stopping_ && !now->down && !now->relinking) open_link(*now);
    });
  }
  if (!member.relinking || stopping_) return;
  // In a later turn: a link must not be destroyed inside its own callback.
  member.relinking = false;
  const Member* before = &member;
  loop_.post([this, key, before] {
    Member* now = at(key);
    if (now != before || stopping_) return;
    drop_link(*now);
    relinking_.erase(key);
    make_link(*now);
    if (!now->down) open_link(*now);
  });
}

void Shard::log_link_down(const Member& member, std::string_view reason) {
  Group::IdBuffer buffer;
  const std::string_view id = member.group->id(member.index, buffer);
  if (reason != "closed") log_->link_failed(id, reason);
  if (member.online && log_->wants(log::Level::debug))
    log_->line(log::Level::debug, id, "link down: " + std::string(reason));
}

void Shard::report_sent(uplink::LinkKey key, const uplink::Ticket& ticket) {
  Member& member = *members_[key];
  if (board::LatencyRow* row = latency(*member.group, ticket.report)) {
    const bool timed = ticket.left_us != uplink::Ticket::kNotLeft;
    row->sent(timed ? std::chrono::microseconds(ticket.left_us) : loop_.now() - ticket.due);
  }
  if (ticket.waiter != 0 && waiter_ != nullptr) waiter_->waited_sent(ticket.waiter, member);
}

board::LatencyRow* Shard::find_latency(Group& group, std::size_t report) {
  board::LatencyRow* const row = figures_.latency(group.reports.shown_name(report));
  group.latencies[report] = row;
  return row;
}

void Shard::report_refused(uplink::LinkKey key, const uplink::Ticket& ticket, std::string_view why) {
  refusal_ = why;
  report_settled(key, ticket, uplink::Fate::refused);
}

void Shard::report_settled(uplink::LinkKey key, const uplink::Ticket& ticket, uplink::Fate fate) {
  Member& member = *members_[key];
  const std::string_view why = std::exchange(refusal_, {});
  if (auto* traffic = traced(member)) {
    const auto& reports = member.group->type().description().reports;
    const bool known = ticket.report < reports.size();
    traffic->settled(member, known ? std::string_view(reports[ticket.report].name) : std::string_view(),
                     ticket.seq, fate, why);
  }
  const bool answered = fate == uplink::Fate::acked;
  // To whoever waits, and in the account, what no acknowledgement can follow is done.
  if (fate == uplink::Fate::handed_over) {
    fate = uplink::Fate::acked;
    ++figures_.handed_over;
  }
  ++figures_.settled(fate);
  if (fate == uplink::Fate::acked) {
    ++member.group->figures.acked();
    ++member.group->reports.acked(ticket.report);
    if (answered) {
      const TimePoint now = loop_.now();
      figures_.ack_latency.record(now - ticket.due);
      if (board::LatencyRow* row = latency(*member.group, ticket.report)) {
        row->acked(now - ticket.due);
        if (ticket.left_us != uplink::Ticket::kNotLeft) row->answered(ticket.answered_after(now));
      }
    }
  } else {
    ++member.group->figures.failed();
    ++member.group->reports.failed(ticket.report);
    if (fate == uplink::Fate::refused) ++member.group->reports.refused(ticket.report);
    if (fate == uplink::Fate::evicted) ++member.group->reports.dropped(ticket.report);
  }
  if (ticket.waiter != 0 && waiter_ != nullptr) waiter_->waited_settled(ticket.waiter, member, fate, why);
}

void Shard::report_echoed(uplink::LinkKey key, std::string_view report, std::int64_t due_us) {
  const Member& member = *members_[key];
  const device::TypeDescription& type = member.group->type().description();
  const int described = type.report_index(report);
  if (described < 0 && !(type.open && device::valid_open_name(report))) return;
  const device::ReportIndex kind =
      described >= 0 ? static_cast<device::ReportIndex>(described) : open_slot(member, report);
  // Anybody may have written the time: the difference is taken without overflow.
  std::int64_t us = 0;
  if (__builtin_sub_overflow(to_us(loop_.clock().wall_now()), due_us, &us) || us > kEchoAge_us) return;
  if (board::LatencyRow* row = latency(*member.group, kind)) row->arrived(std::chrono::microseconds(us));
}

const codec::text::Names& Shard::names(uplink::LinkKey key) {
  names_.of(*members_[key]);
  return names_;
}

void Shard::credentials(uplink::LinkKey key, TlsCredentials& out) {
  const auto* holder = dynamic_cast<const CredentialsHolder*>(members_[key]->device.get());
  if (holder != nullptr) holder->credentials(out);
}

bool Shard::report_wanted(uplink::LinkKey key, std::string_view report) {
  const Member* before = members_[key].get();
  const int kind = before->group->type().description().report_index(report);
  if (kind < 0) return false;
  loop_.post([this, key, before, kind] {
    Member* member = at(key);
    if (member == nullptr || member != before || member->down || stopping_) return;
    // What hinders it is counted as not sent; the next report asks again.
    (void)send(*member, {.kind = static_cast<device::ReportIndex>(kind), .direct = true});
  });
  return true;
}

void Shard::message_received(uplink::LinkKey key, std::string_view message) {
  Member& member = *members_[key];
  // At the end, answers are still heard that a device's own protocol waits for.
  if (member.down || (stopping_ && !member.link->converses())) return;
  if (auto* traffic = traced(member)) traffic->heard(member, message);
  Context context(*this, member, loop_.now());
  member.device->advance(context);
  member.device->receive(context, message);
  settle(member);
}

}  // namespace vfleet::fleet
