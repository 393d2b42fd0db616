#pragma once

#include <memory>

#include "simulator/loop/event_loop.h"
#include "simulator/net/connection_pacer.h"

namespace vfleet::net {

class WaitList;
class ConnectGate;

/// Something that waits for its turn to connect. Its place is given back when it is destroyed.
class Waiter {
 public:
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

 protected:
  Waiter() = default;
  virtual ~Waiter() { leave(); }
  /// The turn has come. Not called again until it waits again.
  virtual void admitted() = 0;
  /// No longer waits, or the attempt that was admitted has ended. Safe at any time.
  void leave();

 private:
  friend class WaitList;
  friend class ConnectGate;
  Waiter* next_ = nullptr;  // null: in no list
  Waiter* prev_ = nullptr;
  ConnectGate* holds_ = nullptr;  // whose place it holds
};

/// Waiters in the order in which they came. Empty when destroyed, or its waiters outlive it unlisted.
class WaitList {
 public:
  WaitList();
  ~WaitList();
  WaitList(const WaitList&) = delete;
  WaitList& operator=(const WaitList&) = delete;

  [[nodiscard]] bool empty() const { return head_.next_ == &head_; }
  void push(Waiter& waiter);
  /// Takes the first one out and admits it; false when there is none.
  bool admit_first();
  /// Moves all of them to `other`, in order.
  void move_to(WaitList& other);

 private:
  friend class ConnectGate;
  struct Head final : Waiter {
    void admitted() override {}
  };
  Waiter* pop();
  Head head_;  // of a circular list
};

/// Lets connection attempts start at the pace of a ConnectionPacer, first come first served, and no longer in
/// one turn than others can wait. Outlives those who hold a place.
class ConnectGate {
 public:
  ConnectGate(loop::EventLoop& loop, const PacerLimits& limits);

  /// admitted() follows, perhaps within this call. The waiter must not wait or hold a place already. A place
  /// that is given back is given on in a later turn.
  void wait(Waiter& waiter);

 private:
  friend class Waiter;
  void finished();
  void pump();
  void pump_later();

  loop::EventLoop& loop_;
  ConnectionPacer pacer_;
  WaitList waiting_;
  loop::CallbackTimer timer_;
  bool pumping_ = false;                                  // admitted() may call back into the gate
  bool posted_ = false;                                   // a pump is on its way: nobody else pumps
  std::shared_ptr<int> alive_ = std::make_shared<int>();  // and may come after our end
};

}  // namespace vfleet::net
