#pragma once

#include <gtest/gtest.h>

#include <charconv>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "simulator/codec/envelope/envelope.h"
#include "simulator/loop/virtual_loop.h"
#include "tests/support/simulated_network.h"

namespace vfleet::test {

/// A platform for HTTP on the simulated network: it reads each report and answers at once, or when it pauses
/// at the end of the pause. What it knows is what the network carried, not what devices say of themselves.
class HttpPlatform {
 public:
  struct Arrival {
    std::string device;
    std::string type;
    std::uint64_t boot = 0;
    std::uint64_t seq = 0;
    std::int64_t due_us = 0;
    TimePoint at;
  };

  HttpPlatform(loop::VirtualLoop& loop, SimulatedNetwork& network, std::uint16_t port)
      : server(network.listen(port)), loop_(loop) {
    server.received = [this](SimulatedConnection& c, std::string_view bytes) { read(c, bytes); };
  }

  SimulatedServer& server;
  std::vector<Arrival> arrivals;
  /// When a report that arrives now is answered; kNever: not at all. Unset: at once.
  std::function<TimePoint()> answer_at;
  /// What answers bring.
  std::string body;
  /// Told of each answer, at the moment it is sent.
  std::function<void(const Arrival&)> answered;

  [[nodiscard]] std::map<std::string, std::uint64_t> received_by_type() const {
    std::map<std::string, std::uint64_t> out;
    for (const Arrival& each : arrivals) ++out[each.type];
    return out;
  }
  [[nodiscard]] std::map<std::string, std::vector<std::uint64_t>> seqs() const {
    std::map<std::string, std::vector<std::uint64_t>> out;
    for (const Arrival& each : arrivals) out[each.device].push_back(each.seq);
    return out;
  }

 private:
  void read(SimulatedConnection& connection, std::string_view bytes) {
    std::string& inbox = connection.inbox;
    inbox += bytes;
    while (true) {
      constexpr std::string_view kLength = "Content-Length: ";
      const std::size_t head = inbox.find("\r\n\r\n");
      const std::size_t field = inbox.find(kLength);
      if (head == std::string::npos || field > head) return;
      std::size_t length = 0;
      std::from_chars(inbox.data() + field + kLength.size(), inbox.data() + head, length);
      if (inbox.size() < head + 4 + length) return;
      const auto read = codec::envelope::read_head(std::string_view(inbox).substr(head + 4, length));
      ASSERT_TRUE(read) << inbox;
      arrivals.push_back({std::string(read->device), std::string(read->type), read->boot, read->seq,
                          read->due_us, loop_.now()});
      inbox.erase(0, head + 4 + length);
      answer(connection, arrivals.back());
    }
  }

  void answer(SimulatedConnection& connection, const Arrival& arrival) {
    const TimePoint when = answer_at ? answer_at() : loop_.now();
    if (when == kNever) return;
    const auto send = [this, arrival](SimulatedConnection& to) {
      if (answered) answered(arrival);
      to.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    };
    if (when <= loop_.now()) return send(connection);
    auto& timer = timers_.emplace_back();
    timer = std::make_unique<loop::CallbackTimer>(
        loop_, [send, weak = std::weak_ptr<SimulatedConnection>(connection.shared_from_this())] {
          if (const auto there = weak.lock(); there != nullptr && there->open()) send(*there);
        });
    timer->arm_at(when);
  }

  loop::VirtualLoop& loop_;
  std::vector<std::unique_ptr<loop::CallbackTimer>> timers_;
};

}  // namespace vfleet::test
