#include "simulator/loop/virtual_loop.h"

#include <algorithm>

namespace vfleet::loop {

void VirtualLoop::run_tasks() {
  while (!tasks_.empty()) {
    const auto task = std::move(tasks_.front());
    tasks_.pop_front();
    task();
  }
}

void VirtualLoop::run_until(TimePoint end) {
  run_tasks();
  while (wheel_.next_wake() <= end) {
    clock_.advance_to(wheel_.next_wake());
    wheel_.advance(clock_.now());
    run_tasks();
  }
  clock_.advance_to(end);
  wheel_.advance(end);
  run_tasks();
}

bool VirtualLoop::run_until(const std::function<bool()>& done, Duration limit) {
  const TimePoint end = clock_.now() + limit;
  run_tasks();
  while (!done()) {
    const TimePoint wake = wheel_.next_wake();
    if (wake > end) {
      clock_.advance_to(end);
      return done();
    }
    clock_.advance_to(wake);
    wheel_.advance(clock_.now());
    run_tasks();
  }
  return true;
}

}  // namespace vfleet::loop
