// What time does to CALLs: time-outs and answers that come after them, tries and the waits between them.
#include "tests/unit/codec/ocpp/calls_fixture.h"

namespace vfleet::codec::ocpp {
namespace {

TEST_F(OcppCalls, WhatIsNotAnsweredInTimeEndsAndALateAnswerIsIgnored) {
  call(Action::Heartbeat);
  send();
  const std::string id = id_;
  clock_.advance(30s - 1ns);
  EXPECT_FALSE(calls_.expire(now()));
  clock_.advance(1ns);
  const auto settled = calls_.expire(now());
  ASSERT_TRUE(settled);
  EXPECT_EQ(settled->how, How::timed_out);
  EXPECT_FALSE(settled->again);
  EXPECT_EQ(calls_.receive(now(), result_of(id)).heard, Heard::ignored);
  EXPECT_EQ(calls_.counters().late, 1U);
  EXPECT_EQ(calls_.receive(now(), result_of(id)).heard, Heard::ignored);
  EXPECT_EQ(calls_.counters().duplicate, 1U);
  // Nor does it settle what was sent since.
  call(Action::StatusNotification);
  send();
  EXPECT_EQ(calls_.receive(now(), error_of(id)).heard, Heard::ignored);
  EXPECT_TRUE(calls_.outstanding());
}

TEST_F(OcppCalls, WithoutATimeOutTheyWaitForEver) {
  settings_.timeout = {};
  call(Action::Heartbeat);
  send();
  EXPECT_EQ(calls_.wake(), kNever);
  clock_.advance(std::chrono::hours(24 * 365));
  EXPECT_FALSE(calls_.expire(now()));
}

TEST_F(OcppCalls, TransactionMessagesAreTriedAgainAfterLongerAndLongerWaits) {
  transaction(Action::StartTransaction);
  transaction(Action::MeterValues);
  const TimePoint first = now();
  EXPECT_EQ(send(), "StartTransaction 1");
  auto settled = calls_.receive(now(), error_of(id_)).settled;
  EXPECT_EQ(settled.how, How::refused);
  EXPECT_TRUE(settled.again);
  EXPECT_EQ(settled.session, 1U);
  EXPECT_EQ(calls_.wake(), first + 60s);
  const std::string id = id_;
  clock_.advance(60s);
  EXPECT_EQ(send(), "StartTransaction 1 try 2");
  EXPECT_NE(id_, id) << "each try has an id of its own";
  clock_.advance(30s);
  settled = *calls_.expire(now());
  EXPECT_EQ(settled.how, How::timed_out);
  EXPECT_TRUE(settled.again);
  EXPECT_EQ(calls_.wake(), now() + 120s);
  // Others overtake meanwhile, in their order.
  call(Action::Heartbeat);
  EXPECT_EQ(flow(), Lines{"Heartbeat 0"});
  clock_.advance(120s);
  EXPECT_EQ(send(), "StartTransaction 1 try 3");
  settled = calls_.receive(now(), error_of(id_)).settled;
  EXPECT_FALSE(settled.again);
  EXPECT_EQ(calls_.counters().dropped, 1U);
  EXPECT_EQ(calls_.transaction(1), -1);
  EXPECT_EQ(flow(), Lines{"MeterValues 1"}) << "and then it goes on at once";
}

TEST_F(OcppCalls, WhatTheConnectionCutsOffIsNoAttempt) {
  transaction(Action::StartTransaction);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(send(), "StartTransaction 1");
    const auto settled = calls_.link_down();
    ASSERT_TRUE(settled);
    EXPECT_EQ(settled->how, How::cut_off);
    EXPECT_TRUE(settled->again);
    EXPECT_EQ(send(), "");
    EXPECT_EQ(calls_.wake(), kNever);
    calls_.link_up(now());
  }
  EXPECT_FALSE(calls_.expire(now()));
  EXPECT_EQ(flow(), Lines{"StartTransaction 1"});
  call(Action::Heartbeat);
  send();
  EXPECT_FALSE(calls_.link_down()->again);
  EXPECT_FALSE(calls_.link_down());
}

TEST_F(OcppCalls, AnotherProcessGoesOnFromWhatWasSaved) {
  transaction(Action::StartTransaction);
  transaction(Action::StopTransaction);
  send();
  EXPECT_TRUE(calls_.receive(now(), error_of(id_)).settled.again);
  calls_.set_transaction(7, 70);
  std::vector<std::byte> saved(calls_.saved_size());
  ASSERT_EQ(calls_.save(saved), saved.size());
  EXPECT_EQ(calls_.save(std::span(saved).first(3)), 0U);
  EXPECT_EQ(calls_.save(std::span(saved).first(20)), 0U) << "no room for the number of a transaction";

  Calls other(hash("pile-1"), 2, settings_);
  EXPECT_FALSE(other.restore({}, now()));
  EXPECT_FALSE(other.restore(std::span(saved).first(saved.size() - 1), now()));
  ASSERT_TRUE(other.restore(saved, now()));
  EXPECT_EQ(other.transaction(7), 70);
  other.link_up(now());
  other.set_gate(Gate::all);
  EXPECT_FALSE(other.next(now()));
  clock_.advance(60s);
  const auto next = other.next(now());
  ASSERT_TRUE(next);
  EXPECT_EQ(next->action, Action::StartTransaction);
  EXPECT_EQ(next->attempt, 2U);
}

TEST_F(OcppCalls, AttemptsOfAMessageThatFoundNoPlaceAreNotThoseOfTheNext) {
  transaction(Action::MeterValues);
  transaction(Action::StopTransaction);
  send();
  EXPECT_TRUE(calls_.receive(now(), error_of(id_)).settled.again);
  std::vector<std::byte> saved(calls_.saved_size() - 1);
  const std::size_t size = calls_.save(saved);
  ASSERT_GT(size, 0U);
  Calls other(hash("pile-1"), 2, settings_);
  ASSERT_TRUE(other.restore(std::span(saved).first(size), now()));
  other.link_up(now());
  other.set_gate(Gate::all);
  const auto next = other.next(now());
  ASSERT_TRUE(next) << "it need not wait for another try";
  EXPECT_EQ(next->action, Action::StopTransaction);
  EXPECT_EQ(next->attempt, 1U);
}

TEST_F(OcppCalls, ExtremeSettingsNeitherWrapNorSpin) {
  settings_ = {.timeout = Duration::max(),
               .attempts = 0,
               .retry_interval = Duration::max(),
               .drain_gap = Duration::max()};
  transaction(Action::MeterValues);
  EXPECT_EQ(send(), "MeterValues 1");
  EXPECT_EQ(calls_.wake(), kNever);
  EXPECT_FALSE(calls_.receive(now(), error_of(id_)).settled.again);
  settings_.attempts = 5;
  transaction(Action::MeterValues);
  send();
  EXPECT_TRUE(calls_.receive(now(), error_of(id_)).settled.again);
  EXPECT_EQ(calls_.wake(), kNever);
}

}  // namespace
}  // namespace vfleet::codec::ocpp
