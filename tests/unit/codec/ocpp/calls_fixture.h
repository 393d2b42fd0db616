#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "simulator/codec/ocpp/calls.h"
#include "simulator/core/clock.h"
#include "simulator/core/random.h"

namespace vfleet::codec::ocpp {

using namespace std::chrono_literals;
using How = Settled::How;
using Heard = Calls::Heard;

inline Frame result_of(std::string_view id) {
  Frame frame;
  frame.kind = Frame::Kind::result;
  frame.id = id;
  frame.payload = "{}";
  return frame;
}

inline Frame error_of(std::string_view id) {
  Frame frame;
  frame.kind = Frame::Kind::error;
  frame.id = id;
  frame.code = "GenericError";
  return frame;
}

/// A charge point that is accepted and connected, and the CSMS by hand.
class OcppCalls : public testing::Test {
 protected:
  OcppCalls() {
    calls_.link_up(now());
    calls_.set_gate(Gate::all);
  }

  [[nodiscard]] TimePoint now() const { return clock_.now(); }

  void call(Action action, std::uint16_t connector = 0, bool asked = false) {
    EXPECT_TRUE(calls_.add(Call{action, connector, asked, false, 0, now()}));
  }

  TransactionQueue::Added transaction(Action action, std::uint32_t session = 1) {
    return calls_.add(TransactionMessage{action, 1, session, clock_.wall_now(), now(), {}});
  }

  /// Sends what may be sent now: "StatusNotification 1", "MeterValues 1 try 2"; "" when nothing may.
  std::string send() {
    const auto next = calls_.next(now());
    if (!next) return "";
    id_ = text_of(calls_.next_id());
    calls_.sent(now(), ++seq_);
    std::string told = std::string(to_string(next->action)) + " " + std::to_string(next->connector);
    if (next->attempt > 1) told += " try " + std::to_string(next->attempt);
    return told;
  }

  static std::string text_of(const MessageId& id) { return std::string(text(id)); }

  /// The CSMS answers what was sent last.
  void answer() {
    const auto received = calls_.receive(now(), result_of(id_));
    EXPECT_EQ(received.heard, Heard::settled);
    EXPECT_EQ(received.settled.how, How::answered);
    EXPECT_EQ(received.settled.seq, seq_);
  }

  /// Sends and answers all that may go now.
  std::vector<std::string> flow() {
    std::vector<std::string> out;
    for (std::string sent = send(); !sent.empty(); sent = send()) {
      out.push_back(sent);
      answer();
    }
    return out;
  }

  using Lines = std::vector<std::string>;

  ManualClock clock_;
  CallSettings settings_{.timeout = 30s,
                         .attempts = 3,
                         .retry_interval = 60s,
                         .drain_gap = {},
                         .waiting_most = 8,
                         .transactions_most = 100};
  Calls calls_{hash("pile-1"), 1, settings_};
  std::string id_;
  std::uint32_t seq_ = 0;
};

}  // namespace vfleet::codec::ocpp
