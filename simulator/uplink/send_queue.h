#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/uplink/uplink.h"

namespace vfleet::uplink {

/// What happens to a report when the queue of its link is full.
enum class WhenFull : std::uint8_t {
  refuse,       ///< it is not accepted
  drop_oldest,  ///< it is accepted, and the oldest one that waits is evicted
  drop_newest,  ///< it is accepted and evicted at once
};

/// A report that waits for its link, in the bytes that go out.
struct Waiting {
  Ticket ticket;
  std::string bytes;
  std::unique_ptr<Waiting> next;
};

/// Keeps what queues no longer use, with its memory: a link that queues often allocates nothing.
class WaitingPool {
 public:
  [[nodiscard]] std::unique_ptr<Waiting> take();
  void give_back(std::unique_ptr<Waiting> item);

 private:
  std::vector<std::unique_ptr<Waiting>> items_;
};

/// The reports that wait behind a link's connection, oldest first. An empty one is 24 bytes.
class SendQueue {
 public:
  SendQueue() = default;
  ~SendQueue() { clear(); }
  SendQueue(const SendQueue&) = delete;
  SendQueue& operator=(const SendQueue&) = delete;

  [[nodiscard]] bool empty() const { return first_ == nullptr; }
  [[nodiscard]] std::uint32_t size() const { return size_; }
  [[nodiscard]] const Waiting& front() const { return *first_; }

  void push(const Ticket& ticket, std::string_view bytes, WaitingPool& pool);
  [[nodiscard]] std::unique_ptr<Waiting> pop();  ///< not when empty
  /// Puts back what pop() gave.
  void push_front(std::unique_ptr<Waiting> item);
  void clear();

  struct Offer {
    Accepted accepted = Accepted::yes;
    std::optional<Ticket> evicted = {};  ///< tell the owner
  };
  /// Whether offer() refuses whatever comes and has to wait, because no more may. `behind`: something is
  /// under way already that the next one has to wait for, also when nothing waits yet.
  [[nodiscard]] bool refuses(std::uint32_t max, WhenFull when_full, bool behind = false) const {
    return when_full == WhenFull::refuse && (behind || size_ != 0) && size_ >= max;
  }
  /// push() with a bound: at most `max` wait.
  [[nodiscard]] Offer offer(const Ticket& ticket, std::string_view bytes, std::uint32_t max,
                            WhenFull when_full, WaitingPool& pool);

 private:
  std::unique_ptr<Waiting> first_;
  Waiting* last_ = nullptr;
  std::uint32_t size_ = 0;
};

}  // namespace vfleet::uplink
