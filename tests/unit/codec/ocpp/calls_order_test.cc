// Which CALL goes next, what may pass what, and how many places there are.
#include "tests/unit/codec/ocpp/calls_fixture.h"

namespace vfleet::codec::ocpp {
namespace {

TEST_F(OcppCalls, GoInTheOrderInWhichTheyCameWhetherOfATransactionOrNot) {
  call(Action::StatusNotification, 1);
  transaction(Action::StartTransaction);
  call(Action::StatusNotification, 2);
  transaction(Action::MeterValues);
  EXPECT_EQ(flow(),
            (Lines{"StatusNotification 1", "StartTransaction 1", "StatusNotification 2", "MeterValues 1"}));
}

TEST_F(OcppCalls, OfTheSameActionAndConnectorOnlyTheNewestWaits) {
  for (const std::uint32_t detail : {1U, 2U, 3U})
    EXPECT_TRUE(
        calls_.add({Action::StatusNotification, 1, detail == 1, false, detail, now()}, Calls::Place::newest));
  EXPECT_TRUE(calls_.add({Action::StatusNotification, 2, false, false, 9, now()}, Calls::Place::newest));
  EXPECT_EQ(calls_.waiting(), 2U);
  EXPECT_EQ(calls_.next(now())->detail, 3U);
  calls_.set_gate(Gate::asked);
  EXPECT_EQ(calls_.next(now())->detail, 3U) << "that it was asked for is kept";
}

TEST_F(OcppCalls, QueuesHaveABound) {
  for (int i = 0; i < 8; ++i) call(Action::DataTransfer);
  EXPECT_FALSE(calls_.add(Call{}));
  EXPECT_EQ(calls_.counters().full, 1U);
  settings_.transactions_most = 2;
  EXPECT_EQ(transaction(Action::StartTransaction), TransactionQueue::Added::yes);
  EXPECT_EQ(transaction(Action::MeterValues), TransactionQueue::Added::yes);
  EXPECT_EQ(transaction(Action::StopTransaction), TransactionQueue::Added::displacing);
  EXPECT_EQ(transaction(Action::StartTransaction, 2), TransactionQueue::Added::no);
  EXPECT_EQ(calls_.counters().displaced, 1U);
  EXPECT_EQ(calls_.counters().full, 2U);
}

TEST_F(OcppCalls, WhatCannotBeSentIsTakenOut) {
  call(Action::DataTransfer);
  transaction(Action::StartTransaction);
  calls_.discard(now());
  EXPECT_EQ(calls_.next(now())->action, Action::StartTransaction);
  calls_.discard(now());
  EXPECT_FALSE(calls_.next(now()));
  EXPECT_EQ(calls_.counters().dropped, 1U);
  EXPECT_EQ(calls_.counters().sent, 0U);
}

TEST_F(OcppCalls, TheGateHoldsBackWhatTheBootRulesForbid) {
  call(Action::Heartbeat);
  call(Action::MeterValues, 1, true);
  transaction(Action::StartTransaction);
  call(Action::BootNotification);
  calls_.set_gate(Gate::nothing);
  EXPECT_EQ(send(), "");
  EXPECT_EQ(calls_.wake(), kNever);
  calls_.set_gate(Gate::boot);
  EXPECT_EQ(send(), "BootNotification 0");
  answer();
  EXPECT_EQ(calls_.wake(), kNever);
  calls_.set_gate(Gate::asked);
  EXPECT_EQ(flow(), Lines{"MeterValues 1"});
  calls_.set_gate(Gate::all);
  EXPECT_EQ(flow(), (Lines{"Heartbeat 0", "StartTransaction 1"}));
}

TEST_F(OcppCalls, WhatWaitedOfflineIsDrainedWithARateAndOthersPass) {
  settings_.drain_gap = 2s;
  calls_.link_down();
  transaction(Action::StartTransaction);
  transaction(Action::MeterValues);
  transaction(Action::StopTransaction);
  calls_.link_up(now());
  EXPECT_EQ(flow(), Lines{"StartTransaction 1"});
  EXPECT_EQ(calls_.wake(), now() + 2s);
  call(Action::Heartbeat);
  transaction(Action::StartTransaction, 2);
  EXPECT_EQ(flow(), Lines{"Heartbeat 0"});
  clock_.advance(2s);
  EXPECT_EQ(flow(), Lines{"MeterValues 1"});
  clock_.advance(2s);
  EXPECT_EQ(flow(), (Lines{"StopTransaction 1", "StartTransaction 1"}))
      << "what came since waits for no rate";
}

TEST_F(OcppCalls, TheStatusesOfABootGoBeforeWhatWaitedForTheConnection) {
  calls_.link_down();
  calls_.set_gate(Gate::boot);
  for (int i = 0; i < 2; ++i) transaction(Action::MeterValues);
  calls_.link_up(now());
  call(Action::BootNotification);
  EXPECT_EQ(send(), "BootNotification 0");
  answer();
  calls_.set_gate(Gate::all);
  for (std::uint16_t i = 0; i < 3; ++i) call(Action::StatusNotification, i);
  for (int i = 0; i < 2; ++i) call(Action::DataTransfer);
  EXPECT_EQ(flow(), (Lines{"StatusNotification 0", "StatusNotification 1", "StatusNotification 2",
                           "MeterValues 1", "DataTransfer 0", "MeterValues 1", "DataTransfer 0"}));
}

TEST_F(OcppCalls, AFloodOfOthersDoesNotStopTheDrain) {
  calls_.link_down();
  for (int i = 0; i < 3; ++i) transaction(Action::MeterValues);
  calls_.link_up(now());
  for (int i = 0; i < 3; ++i) call(Action::DataTransfer);
  EXPECT_EQ(flow(), (Lines{"DataTransfer 0", "MeterValues 1", "DataTransfer 0", "MeterValues 1",
                           "DataTransfer 0", "MeterValues 1"}));
}

TEST_F(OcppCalls, ARebootForgetsWhatWaitsButNoTransactionAndReusesNoId) {
  call(Action::Heartbeat);
  transaction(Action::StopTransaction);
  send();
  const std::string id = id_;
  calls_.reboot(2);
  EXPECT_EQ(calls_.gate(), Gate::boot);
  EXPECT_EQ(calls_.waiting(), 0U);
  calls_.link_up(now());
  calls_.set_gate(Gate::all);
  EXPECT_EQ(send(), "StopTransaction 1");
  EXPECT_NE(id_, id);
  EXPECT_EQ(calls_.receive(now(), result_of(id)).heard, Heard::ignored);
  EXPECT_EQ(calls_.counters().late, 1U);
  answer();
}

TEST_F(OcppCalls, AnOwnerTakesOutWhatIsOld) {
  call(Action::StatusNotification, 1);
  call(Action::DataTransfer);
  calls_.drop_waiting([](const Call& each) { return each.action == Action::StatusNotification; });
  EXPECT_EQ(flow(), Lines{"DataTransfer 0"});
}

TEST_F(OcppCalls, WhatIsForcedGoesThroughEveryGateInItsTurn) {
  calls_.set_gate(Gate::nothing);
  calls_.add({.action = Action::Heartbeat, .asked = true, .due = now()});
  EXPECT_EQ(calls_.wake(), kNever);
  calls_.add({.action = Action::StatusNotification, .asked = true, .forced = true, .due = now()});
  const auto next = calls_.next(now());
  ASSERT_TRUE(next);
  EXPECT_EQ(next->action, Action::StatusNotification);
  calls_.sent(now(), 1);
  EXPECT_FALSE(calls_.next(now()));
}

}  // namespace
}  // namespace vfleet::codec::ocpp
