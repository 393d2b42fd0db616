#include "control/server/flow_control.h"

#include <cassert>

namespace vfleet::control::server {

void FlowControl::submit(std::uint64_t seq, std::string command) {
  assert(seq == submitted() + 1);
  static_cast<void>(seq);
  waiting_.push_back(std::move(command));
  drain();
}

void FlowControl::slowest_is_at(std::uint64_t applied) {
  slowest_ = applied;
  drain();
}

void FlowControl::drain() {
  while (!waiting_.empty() && may_send()) {
    const std::string command = std::move(waiting_.front());
    waiting_.pop_front();
    ++published_;
    send_(command);
  }
}

}  // namespace vfleet::control::server
