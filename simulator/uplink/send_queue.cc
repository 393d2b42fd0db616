#include "simulator/uplink/send_queue.h"

#include <utility>

namespace vfleet::uplink {

std::unique_ptr<Waiting> WaitingPool::take() {
  if (items_.empty()) return std::make_unique<Waiting>();
  auto item = std::move(items_.back());
  items_.pop_back();
  return item;
}

void WaitingPool::give_back(std::unique_ptr<Waiting> item) {
  constexpr std::size_t kItems = 1024;
  constexpr std::size_t kBytes = 4096;
  if (items_.size() >= kItems || item->bytes.capacity() > kBytes) return;
  items_.push_back(std::move(item));
}

void SendQueue::push(const Ticket& ticket, std::string_view bytes, WaitingPool& pool) {
  std::unique_ptr<Waiting> item = pool.take();
  item->ticket = ticket;
  item->bytes = bytes;
  std::unique_ptr<Waiting>& end = last_ != nullptr ? last_->next : first_;
  last_ = item.get();
  end = std::move(item);
  ++size_;
}

std::unique_ptr<Waiting> SendQueue::pop() {
  std::unique_ptr<Waiting> taken = std::move(first_);
  first_ = std::move(taken->next);
  if (first_ == nullptr) last_ = nullptr;
  --size_;
  return taken;
}

void SendQueue::push_front(std::unique_ptr<Waiting> item) {
  item->next = std::move(first_);
  first_ = std::move(item);
  if (last_ == nullptr) last_ = first_.get();
  ++size_;
}

void SendQueue::clear() {
  while (first_ != nullptr) (void)pop();  // one by one: a long list would recurse
}

SendQueue::Offer SendQueue::offer(const Ticket& ticket, std::string_view bytes, std::uint32_t max,
                                  WhenFull when_full, WaitingPool& pool) {
  if (size_ < max) {
    push(ticket, bytes, pool);
    return {};
  }
  if (when_full == WhenFull::refuse) return {.accepted = Accepted::queue_full};
  if (when_full == WhenFull::drop_newest || empty()) return {.evicted = ticket};
  std::unique_ptr<Waiting> oldest = pop();
  push(ticket, bytes, pool);
  const Ticket evicted = oldest->ticket;
  pool.give_back(std::move(oldest));
  return {.evicted = evicted};
}

}  // namespace vfleet::uplink
