#pragma once

#include <cstdint>
#include <functional>

#include "simulator/loop/event_loop.h"
#include "simulator/platform/stream/event_set.h"
#include "simulator/platform/stream/listening.h"

namespace vfleet::platform::stream {

/// Takes connections from a listening socket. Without descriptors they stay in the backlog for a moment.
class Acceptor {
 public:
  /// The listening socket's number in `events`: clients count from 1.
  static constexpr std::uint64_t kNumber = 0;

  using Taken = std::function<void(Fd socket)>;

  /// `events` outlives this.
  Acceptor(loop::EventLoop& loop, EventSet& events, Taken taken);

  void begin(Fd listening);
  /// The event of kNumber: `taken` is called for those that wait, at most 64.
  void on_ready();
  void end();

 private:
  EventSet& events_;
  Taken taken_;
  Fd listening_;
  loop::CallbackTimer retry_;
};

}  // namespace vfleet::platform::stream
