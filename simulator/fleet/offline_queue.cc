#include "simulator/fleet/offline_queue.h"

#include <algorithm>
#include <utility>

namespace vfleet::fleet {

using uplink::OfflinePolicy;

std::deque<WaitingReport>::iterator OfflineQueue::least(const Delivery* delivery) {
  if (delivery == nullptr || delivery->policy() != OfflinePolicy::keep_by_type) return reports_.begin();
  const auto least = std::find_if(reports_.begin(), reports_.end(), [&](const WaitingReport& report) {
    return !delivery->keeps(report.ticket.report, report.name);
  });
  return least == reports_.end() ? reports_.begin() : least;
}

std::optional<WaitingReport> OfflineQueue::push(WaitingReport report, const Delivery& delivery) {
  if (reports_.size() < delivery.offline_max()) {
    reports_.push_back(std::move(report));
    return std::nullopt;
  }
  if (reports_.empty() || delivery.policy() == OfflinePolicy::drop_newest) return report;
  const auto gives_way = least(&delivery);
  const bool all_kept = delivery.policy() == OfflinePolicy::keep_by_type &&
                        delivery.keeps(gives_way->ticket.report, gives_way->name);
  if (all_kept && !delivery.keeps(report.ticket.report, report.name)) return report;
  WaitingReport out = std::move(*gives_way);
  reports_.erase(gives_way);
  reports_.push_back(std::move(report));
  return out;
}

WaitingReport OfflineQueue::pop() {
  WaitingReport out = std::move(reports_.front());
  reports_.pop_front();
  return out;
}

std::optional<WaitingReport> OfflineQueue::trim(std::size_t most, const Delivery* delivery) {
  if (reports_.size() <= most) return std::nullopt;
  const bool newest = delivery != nullptr && delivery->policy() == OfflinePolicy::drop_newest;
  const auto at = newest ? std::prev(reports_.end()) : least(delivery);
  WaitingReport out = std::move(*at);
  reports_.erase(at);
  return out;
}

void OfflineQueue::went(TimePoint now, Duration interval) {
  // A tick is a millisecond: several may be due in one, and what was late does not make the next ones late.
  next_ = std::max(next_, now - std::chrono::milliseconds(1)) + interval;
}

}  // namespace vfleet::fleet
