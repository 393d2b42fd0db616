#include "simulator/fleet/answers.h"

#include <vector>

#include "simulator/core/units.h"

namespace vfleet::fleet {

device::AnswerId Answers::open(std::uint32_t key, Duration limit, std::uint32_t waiter, LateAnswer then) {
  // Numbers run on, so that an answer that comes much too late is nobody else's.
  do {
    ++last_;
  } while (last_ == 0 || open_.contains(last_));
  const TimePoint deadline = loop_.now() + limit;
  open_.emplace(last_, Entry{key, waiter, false, limit, deadline, std::move(then)});
  deadlines_.emplace(deadline, last_);
  timer_.arm_at(deadlines_.begin()->first);
  return last_;
}

bool Answers::is_open(device::AnswerId id, std::uint32_t key) const {
  const auto at = open_.find(id);
  return at != open_.end() && at->second.key == key;
}

bool Answers::close(device::AnswerId id, std::uint32_t key, Status status) {
  if (!is_open(id, key)) return false;
  settle(open_.find(id), std::move(status));
  return true;
}

std::uint32_t Answers::waiter_of(device::AnswerId id, std::uint32_t key) const {
  return is_open(id, key) ? open_.at(id).waiter : 0;
}

void Answers::reported(device::AnswerId id, std::uint32_t key, bool taken) {
  if (is_open(id, key)) open_.at(id).reported = taken;
}

void Answers::left(std::uint32_t key) {
  std::vector<device::AnswerId> owed;
  for (const auto& [id, entry] : open_) {
    if (entry.key == key) owed.push_back(id);
  }
  for (const device::AnswerId id : owed) (void)close(id, key, fail(Errc::rejected, "the device was removed"));
}

void Answers::settle(std::map<device::AnswerId, Entry>::iterator at, Status status) {
  const Entry entry = std::move(at->second);
  deadlines_.erase({entry.deadline, at->first});
  open_.erase(at);
  entry.then(std::move(status), entry.reported);
}

void Answers::expire() {
  const TimePoint now = loop_.now();
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const auto at = open_.find(deadlines_.begin()->second);
    settle(at, fail(Errc::timed_out, "no answer in " + format_duration(at->second.limit)));
  }
  if (!deadlines_.empty()) timer_.arm_at(deadlines_.begin()->first);
}

}  // namespace vfleet::fleet
