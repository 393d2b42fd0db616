#include "simulator/bus/outbox.h"

#include <utility>

namespace vfleet::bus {

bool Outbox::send(const FromWorker& message) {
  const auto packed = pack(message);
  if (packed) return take_(*packed);
  ++dropped_;
  return true;
}

void Outbox::deliver(const FromWorker& message) {
  auto packed = pack(message);
  if (!packed) {
    ++dropped_;
    return;
  }
  if (waiting_.empty() && take_(*packed)) return;
  bytes_ += packed->body.size();
  waiting_.push_back(std::move(*packed));
  while (waiting_.size() > kMessagesMax || bytes_ > kBytesMax) {
    drop_oldest();
    ++dropped_;
  }
}

void Outbox::flush() {
  while (!waiting_.empty() && take_(waiting_.front())) drop_oldest();
}

void Outbox::drop_oldest() {
  bytes_ -= waiting_.front().body.size();
  waiting_.pop_front();
}

}  // namespace vfleet::bus
