#pragma once

#include <cstdint>
#include <vector>

#include "simulator/core/clock.h"
#include "simulator/metrics/histogram.h"
#include "tests/bench/floor/message.h"

namespace vfleet::floor {

struct Work {
  Protocol protocol = Protocol::mqtt;
  std::uint16_t port = 0;
  std::uint32_t connections = 1000;
  std::uint32_t first_device = 0;  ///< the number of the first connection's device
  std::uint32_t source = 1;        ///< connections come from 127.0.0.SOURCE
  double rate = 0;                 ///< reports a second and connection; 0: flat out
  Duration warm_up{};              ///< before anything is counted
  Duration length{};               ///< of what is counted
  std::size_t body_bytes = 300;
};

struct Outcome {
  std::uint64_t sent = 0;
  std::uint64_t skipped = 0;  ///< due while the last one was still under way
  double seconds = 0;
  double cpu_seconds = 0;  ///< user and system, of this process, while it was counted
  double connect_seconds = 0;
};

/// The least that a sender can be: one epoll, 24 bytes a connection, one write a report, no queue, no
/// time-outs. Anything that goes wrong throws std::runtime_error.
class Sender {
 public:
  Sender(const Clock& clock, const Work& work);
  ~Sender();
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  [[nodiscard]] Outcome run();
  /// From the due time to the write, while it was counted; empty when flat out.
  [[nodiscard]] const metrics::Histogram& lateness() const { return lateness_; }

 private:
  enum class State : std::uint8_t { connecting, greeting, idle, writing, waiting };
  struct Connection {
    std::int64_t due_us = 0;  ///< of the last report that was begun
    std::int32_t fd = -1;
    std::uint32_t sent = 0;
    std::uint16_t left = 0;  ///< writing: bytes that did not fit
    State state = State::connecting;
    bool owed = false;  ///< the next report fell due while one was under way
  };
  static_assert(sizeof(Connection) == 24);

  void connect_all();
  void start(std::uint32_t index);
  void wait(int timeout_ms);
  void happened(std::uint32_t index, std::uint32_t events);
  void read(std::uint32_t index);
  void send(std::uint32_t index, std::int64_t due_us);
  void write_rest(std::uint32_t index);
  void written(std::uint32_t index);
  void ready(std::uint32_t index);
  void watch(std::uint32_t index, std::uint32_t events, bool known);
  void flat_out(TimePoint until);
  void paced(TimePoint until);
  [[nodiscard]] std::int64_t now_us() const;

  const Clock& clock_;
  const Work work_;
  Message message_;
  const std::int64_t period_us_;
  std::vector<Connection> connections_;
  metrics::Histogram lateness_;
  int epoll_ = -1;
  std::uint32_t up_ = 0;
  std::uint32_t under_way_ = 0;  // attempts to connect
  std::uint32_t next_ = 0;       // the next connection to start
  std::uint64_t point_ = 0;      // paced: how many reports have fallen due
  TimePoint start_{};            // of the even pace
  bool running_ = false;
  bool counting_ = false;
  std::uint64_t sent_ = 0;
  std::uint64_t skipped_ = 0;
};

}  // namespace vfleet::floor
