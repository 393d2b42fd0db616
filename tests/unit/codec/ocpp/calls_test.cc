// One CALL at a time, and what ends it: its answer, whatever the CSMS says besides.
#include "simulator/codec/ocpp/calls.h"

#include "tests/bench/counting_new.h"
#include "tests/unit/codec/ocpp/calls_fixture.h"

namespace vfleet::codec::ocpp {
namespace {

TEST_F(OcppCalls, OneGoesAtATime) {
  call(Action::Heartbeat);
  call(Action::StatusNotification, 1);
  EXPECT_EQ(calls_.wake(), TimePoint::min());
  EXPECT_EQ(send(), "Heartbeat 0");
  EXPECT_EQ(calls_.outstanding_action(), Action::Heartbeat);
  EXPECT_EQ(send(), "");
  EXPECT_EQ(calls_.wake(), now() + 30s);
  answer();
  EXPECT_FALSE(calls_.outstanding());
  EXPECT_EQ(send(), "StatusNotification 1");
  answer();
  EXPECT_EQ(calls_.wake(), kNever);
  EXPECT_EQ(calls_.counters().sent, 2U);
  EXPECT_EQ(calls_.counters().answered, 2U);
}

TEST_F(OcppCalls, SecondAnswersAndAnswersToNothingAreCounted) {
  call(Action::Heartbeat);
  send();
  answer();
  EXPECT_EQ(calls_.receive(now(), result_of(id_)).heard, Heard::ignored);
  EXPECT_EQ(calls_.counters().duplicate, 1U);
  EXPECT_EQ(calls_.receive(now(), result_of("stranger")).heard, Heard::ignored);
  EXPECT_EQ(calls_.receive(now(), result_of(text(calls_.next_id()))).heard, Heard::ignored);
  EXPECT_EQ(calls_.counters().unknown, 2U);
  EXPECT_EQ(calls_.counters().late, 0U);
}

TEST_F(OcppCalls, AnAnswerThatNobodyCanReadEndsTheCallToo) {
  call(Action::Heartbeat);
  send();
  const std::string text = "[3,\"" + id_ + "\",{\"currentTime\":}]";
  const auto received = calls_.receive(now(), read_frame(text));
  EXPECT_EQ(received.heard, Heard::settled);
  EXPECT_EQ(received.settled.how, How::refused);
  EXPECT_EQ(calls_.receive(now(), read_frame("[3,\"stranger\",{]")).heard, Heard::ignored);
}

TEST_F(OcppCalls, AnAnswerThatIsNoValidOneIsARefusal) {
  call(Action::Heartbeat);
  send();
  EXPECT_TRUE(calls_.awaits(result_of(id_)));
  EXPECT_FALSE(calls_.awaits(result_of("x")));
  const auto received = calls_.receive(now(), result_of(id_), false);
  EXPECT_EQ(received.settled.how, How::refused);
}

TEST_F(OcppCalls, CallsOfTheCsmsAreHeardWhileOursIsOutstanding) {
  call(Action::Heartbeat);
  send();
  EXPECT_EQ(calls_.receive(now(), read_frame(R"([2,"a","Reset",{}])")).heard, Heard::call);
  EXPECT_TRUE(calls_.outstanding());
  EXPECT_EQ(calls_.counters().at_once, 0U);
  EXPECT_EQ(calls_.receive(now(), read_frame(R"([2,"b","Reset",{}])")).heard, Heard::call);
  EXPECT_EQ(calls_.counters().at_once, 1U);
  calls_.answered();
  calls_.answered();
  EXPECT_EQ(calls_.receive(now(), read_frame(R"([2,"c","Reset",{}])")).heard, Heard::call);
  EXPECT_EQ(calls_.counters().at_once, 1U);
  EXPECT_EQ(calls_.receive(now(), read_frame(R"([9,"c"])")).heard, Heard::ignored);
  answer();
}

TEST_F(OcppCalls, ATransactionIsKnownByItsNumberFromTheAnswerOn) {
  transaction(Action::StartTransaction);
  transaction(Action::MeterValues);
  transaction(Action::StopTransaction);
  EXPECT_EQ(calls_.transaction(1), -1);
  send();
  answer();
  calls_.set_transaction(1, 4711);
  EXPECT_EQ(send(), "MeterValues 1");
  EXPECT_EQ(calls_.transaction(1), 4711);
  answer();
  EXPECT_EQ(send(), "StopTransaction 1");
  EXPECT_EQ(calls_.transaction(1), 4711);
  answer();
  EXPECT_EQ(calls_.transaction(1), -1);
}

TEST_F(OcppCalls, ASteadyConversationAllocatesNothing) {
  std::uint64_t before = 0;
  for (int i = 0; i < 500; ++i) {
    if (i == 20) before = bench::allocations();
    calls_.add(Call{Action::Heartbeat, 0, false, false, 0, now()});
    calls_.add(TransactionMessage{Action::MeterValues, 1, 1, clock_.wall_now(), now(), {}});
    while (calls_.next(now())) {
      const MessageId id = calls_.next_id();
      calls_.sent(now(), 1);
      ASSERT_EQ(calls_.receive(now(), result_of(text(id))).heard, Heard::settled);
    }
    clock_.advance(1s);
  }
  EXPECT_EQ(bench::allocations(), before);
  EXPECT_EQ(calls_.counters().answered, 1000U);
}

}  // namespace
}  // namespace vfleet::codec::ocpp
