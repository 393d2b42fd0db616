#include <utility>

#include "simulator/fleet/shard.h"

namespace vfleet::fleet {

using namespace std::chrono_literals;

namespace {

constexpr unsigned kDrainTurn = 64;     // reports of one device in one turn
constexpr Duration kDrainRetry = 10ms;  // when the uplink takes no more

}  // namespace

bool Shard::may_wait(const Member& member, const device::Report& report) const {
  const Delivery* const delivery = member.config->delivery();
  return delivery != nullptr && delivery->offline_max() > 0 && !delivery->direct(report.kind, report.name);
}

void Shard::keep(Member& member, WaitingReport report) {
  std::unique_ptr<OfflineQueue>& queue = queues_[member.key];
  if (queue == nullptr) {
    queue = std::make_unique<OfflineQueue>([this, &member] { drain(member); });
    member.queued = true;
  }
  ++figures_.queued;
  const auto dropped = queue->push(std::move(report), *member.config->delivery());
  if (dropped) evict(member, dropped->ticket);
}

void Shard::evict(Member& member, const uplink::Ticket& ticket) {
  --figures_.queued;
  report_settled(member.key, ticket, uplink::Fate::evicted);
}

bool Shard::send_oldest(Member& member) {
  OfflineQueue& queue = *queues_.at(member.key);
  // Out of the queue while it is sent: what send() calls may put others in, or make room.
  WaitingReport report = queue.pop();
  --figures_.queued;
  const auto& reports = member.group->type().description().reports;
  const std::string_view type = report.name.empty() ? std::string_view(reports[report.ticket.report].name)
                                                    : std::string_view(report.name);
  const uplink::Accepted accepted =
      pass(member, report.ticket, {.type = type, .body = report.message, .report = report.message},
           report.name, report.raw);
  if (accepted == uplink::Accepted::yes) return true;
  ++figures_.queued;
  if (member.queued) {
    queues_.at(member.key)->put_back(std::move(report));
  } else {
    evict(member, report.ticket);  // the queue was ended meanwhile
  }
  return false;
}

void Shard::drain(Member& member) {
  if (!member.queued || !member.online || member.down || member.leaving) return;
  OfflineQueue& queue = *queues_.at(member.key);
  const TimePoint now = loop_.now();
  const Delivery* const delivery = member.config->delivery();
  const Duration interval = delivery != nullptr ? delivery->drain_interval() : Duration(0);
  for (unsigned gone = 0; !queue.empty() && gone < kDrainTurn && queue.may_go(now); ++gone) {
    if (!send_oldest(member)) {
      if (member.online && member.queued) loop_.timers().arm(queue, now + kDrainRetry);
      return;
    }
    if (!member.queued) return;
    queue.went(now, interval);
  }
  if (queue.empty()) return forget_queue(member);
  loop_.timers().arm(queue, std::max(now, queue.next()));
}

void Shard::start_drain(Member& member) {
  if (!member.queued) return;
  OfflineQueue& queue = *queues_.at(member.key);
  loop_.timers().arm(queue, std::max(loop_.now(), queue.next()));
}

void Shard::fit_queue(Member& member) {
  OfflineQueue& queue = *queues_.at(member.key);
  const Delivery* const delivery = member.config->delivery();
  const std::size_t most = delivery != nullptr ? delivery->offline_max() : 0;
  while (const auto dropped = queue.trim(most, delivery)) evict(member, dropped->ticket);
  if (queue.empty()) return forget_queue(member);
  queue.hurry(loop_.now(), delivery->drain_interval());
  if (member.online) start_drain(member);
}

void Shard::empty_queue(Member& member) {
  if (!member.queued) return;
  while (member.online && member.queued && !queues_.at(member.key)->empty() && send_oldest(member)) {
  }
  if (!member.queued) return;
  while (const auto dropped = queues_.at(member.key)->trim(0, nullptr)) evict(member, dropped->ticket);
  forget_queue(member);
}

void Shard::forget_queue(Member& member) {
  member.queued = false;
  queues_.erase(member.key);
}

}  // namespace vfleet::fleet
