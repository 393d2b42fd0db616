#include "simulator/loop/asio_loop.h"

#include <algorithm>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

namespace vfleet::loop {
namespace {

constexpr std::size_t kTimersPerTurn = 4096;
constexpr std::size_t kHandlersPerTurn = 1024;
// Work in slices posts its next slice: without a limit of time all of it would run in one turn.
constexpr Duration kHandlersTime = std::chrono::microseconds(250);

}  // namespace

struct AsioLoop::Io {
  // One thread runs the context; post() from others still needs its lock.
  boost::asio::io_context context{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{context.get_executor()};
  boost::asio::steady_timer alarm{context};
  TimePoint alarm_at = kNever;
  std::atomic<bool> stopped{false};
};

AsioLoop::AsioLoop(const Clock& clock) : clock_(clock), wheel_(clock.now()), io_(std::make_unique<Io>()) {}
AsioLoop::~AsioLoop() = default;

boost::asio::io_context& AsioLoop::context() {
  return io_->context;
}

void AsioLoop::post(std::function<void()> task) {
  boost::asio::post(io_->context, std::move(task));
}

void AsioLoop::run() {
  io_->stopped.store(false, std::memory_order_relaxed);
  io_->context.restart();
  while (!io_->stopped.load(std::memory_order_relaxed)) {
    const TimePoint begin = clock_.now();
    const bool timers_left = wheel_.advance(begin, kTimersPerTurn);
    TimePoint end = clock_.now();
    // As long as timers took at least: with more timers than there is time for, sockets get half of it.
    const TimePoint handlers_end = end + std::max(kHandlersTime, end - begin);
    for (std::size_t i = 0; i < kHandlersPerTurn && end < handlers_end && io_->context.poll_one() > 0; ++i) {
      end = clock_.now();
    }
    longest_turn_ = std::max(longest_turn_, end - begin);
    if (timers_left || io_->stopped.load(std::memory_order_relaxed)) continue;
    const TimePoint wake = wheel_.next_wake();
    if (wake <= end) continue;
    if (wake != io_->alarm_at) {
      io_->alarm_at = wake;
      if (wake == kNever) {
        io_->alarm.cancel();
      } else {
        // Sleeping by the timer's descriptor is exact; a time-out of epoll_wait rounds up to whole ms.
        io_->alarm.expires_at(std::chrono::steady_clock::time_point(wake.time_since_epoch()));
        io_->alarm.async_wait([this, wake](const boost::system::error_code&) {
          if (io_->alarm_at == wake) io_->alarm_at = kNever;
        });
      }
    }
    io_->context.run_one();
  }
}

void AsioLoop::stop() {
  io_->stopped.store(true, std::memory_order_relaxed);
  io_->context.stop();
}

}  // namespace vfleet::loop
