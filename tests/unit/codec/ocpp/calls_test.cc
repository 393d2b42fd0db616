#include "simulator/codec/ocpp/calls.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <set>
#include <string>

#include "simulator/core/clock.h"
#include "simulator/core/random.h"
#include "tests/bench/counting_new.h"

namespace vfleet::codec::ocpp {
namespace {

using namespace std::chrono_literals;
using How = Settled::How;
using Heard = Calls::Heard;

Frame result_of(std::string_view id) {
  Frame frame;
  frame.kind = Frame::Kind::result;
  frame.id = id;
  frame.payload = "{}";
  return frame;
}

Frame error_of(std::string_view id) {
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
    EXPECT_TRUE(calls_.add(Call{action, connector, asked, 0, now()}));
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

TEST_F(OcppCalls, GoInTheOrderInWhichTheyCameWhetherOfATransactionOrNot) {
  call(Action::StatusNotification, 1);
  transaction(Action::StartTransaction);
  call(Action::StatusNotification, 2);
  transaction(Action::MeterValues);
  EXPECT_EQ(flow(),
            (Lines{"StatusNotification 1", "StartTransaction 1", "StatusNotification 2", "MeterValues 1"}));
}

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

TEST_F(OcppCalls, OfTheSameActionAndConnectorOnlyTheNewestWaits) {
  for (const std::uint32_t detail : {1U, 2U, 3U})
    EXPECT_TRUE(
        calls_.add({Action::StatusNotification, 1, detail == 1, detail, now()}, Calls::Place::newest));
  EXPECT_TRUE(calls_.add({Action::StatusNotification, 2, false, 9, now()}, Calls::Place::newest));
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

TEST_F(OcppCalls, ASteadyConversationAllocatesNothing) {
  std::uint64_t before = 0;
  for (int i = 0; i < 500; ++i) {
    if (i == 20) before = bench::allocations();
    calls_.add(Call{Action::Heartbeat, 0, false, 0, now()});
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

/// A CSMS and a connection of all moods, on virtual time; whatever happens, the rules hold.
class Weather {
 public:
  explicit Weather(std::uint64_t seed) : random_(seed, 7, "weather"), calls_(seed, 1, settings_) {
    settings_.timeout = std::chrono::seconds(5 + random_.below(40));
    settings_.attempts = static_cast<std::uint32_t>(1 + random_.below(4));
    settings_.retry_interval = std::chrono::seconds(random_.below(90));
    settings_.drain_gap = std::chrono::seconds(random_.below(3));
    settings_.waiting_most = 10;
    settings_.transactions_most = 60;
    calls_.set_gate(Gate::all);
    calls_.link_up(clock_.now());
  }

  void run(int steps) {
    for (int i = 0; i < steps && !testing::Test::HasFatalFailure(); ++i) step();
    settle_down();
  }

  std::size_t repeated = 0;
  std::size_t dropped = 0;

 private:
  void step() {
    switch (random_.below(12)) {
      case 0:
      case 1:
        add_transaction();
        break;
      case 2:
        add_call();
        break;
      case 3:
        if (random_.chance(0.1)) flap();
        break;
      case 4:
        stray();
        break;
      case 5:
        clock_.advance(std::chrono::milliseconds(random_.below(90'000)));
        break;
      case 6:
        clock_.advance_to(std::min(calls_.wake(), clock_.now() + 100s));
        break;
      default:
        csms();
    }
    expire();
    pump();
  }

  void add_transaction() {
    const std::uint32_t number = made_++;
    const auto action = random_.chance(0.8)   ? Action::MeterValues
                        : random_.chance(0.5) ? Action::StartTransaction
                                              : Action::StopTransaction;
    const auto body = std::as_bytes(std::span(&number, 1));
    calls_.add(TransactionMessage{action, 1, number, clock_.wall_now(), clock_.now(), body});
  }

  void add_call() {
    if (calls_.add(Call{Action::DataTransfer, 0, false, ++detail_, clock_.now()}))
      open_details_.insert(detail_);
  }

  void flap() {
    const bool had = calls_.outstanding();
    const auto settled = calls_.link_down();
    ASSERT_EQ(settled.has_value(), had);
    if (settled) ended(*settled);
    for (int i = 0; i < 3; ++i) add_transaction();
    clock_.advance(std::chrono::seconds(random_.below(4000)));
    ASSERT_FALSE(calls_.next(clock_.now()));
    calls_.link_up(clock_.now());
  }

  /// Answers that mean nothing.
  void stray() {
    if (ids_.empty()) return;
    auto at = ids_.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(random_.below(std::min<std::size_t>(ids_.size(), 50))));
    if (calls_.outstanding() && *at == current_id_) return;
    ASSERT_EQ(calls_.receive(clock_.now(), random_.chance(0.5) ? result_of(*at) : error_of(*at)).heard,
              Heard::ignored);
  }

  void csms() {
    if (!calls_.outstanding() || random_.chance(0.2)) return;
    const std::string id = current_id_;
    const bool good = random_.chance(0.6);
    const auto received = calls_.receive(clock_.now(), good ? result_of(id) : error_of(id));
    ASSERT_EQ(received.heard, Heard::settled);
    ASSERT_EQ(received.settled.how, good ? How::answered : How::refused);
    ended(received.settled);
    if (random_.chance(0.1)) {
      ASSERT_EQ(calls_.receive(clock_.now(), result_of(id)).heard, Heard::ignored);
    }
  }

  void expire() {
    const auto settled = calls_.expire(clock_.now());
    if (!settled) return;
    ASSERT_EQ(settled->how, How::timed_out);
    ASSERT_GE(clock_.now(), sent_at_ + settings_.timeout);
    ended(*settled);
  }

  void pump() {
    const auto next = calls_.next(clock_.now());
    if (!next) return;
    ASSERT_FALSE(outstanding_) << "two at once";
    if (next->of_transaction) check_transaction(*next);
    current_id_ = std::string(text(calls_.next_id()));
    ASSERT_TRUE(ids_.insert(current_id_).second) << "an id twice";
    calls_.sent(clock_.now(), ++seq_);
    sent_at_ = clock_.now();
    outstanding_ = true;
    ASSERT_FALSE(calls_.next(clock_.now()));
  }

  void check_transaction(const Outgoing& next) {
    std::uint32_t number = 0;
    ASSERT_EQ(next.message.body.size(), sizeof number);
    std::memcpy(&number, next.message.body.data(), sizeof number);
    ASSERT_EQ(number, next.message.session);
    if (trying_) {
      ASSERT_EQ(number, *trying_) << "overtaken by another transaction message";
      ASSERT_EQ(next.attempt, failed_ + 1);
      if (failed_ > 0) {
        ASSERT_GE(clock_.now(), failed_at_ + settings_.retry_interval * static_cast<int>(failed_));
      }
    } else {
      ASSERT_EQ(next.attempt, 1U);
      if (last_done_) {
        ASSERT_GT(number, *last_done_) << "out of order";
      }
    }
    trying_ = number;
  }

  void ended(const Settled& settled) {
    outstanding_ = false;
    ASSERT_EQ(settled.seq, seq_);
    if (!settled.of_transaction) {
      ASSERT_FALSE(settled.again);
      ASSERT_EQ(open_details_.erase(settled.detail), 1U) << "ended twice";
      return;
    }
    ASSERT_EQ(settled.session, *trying_);
    const bool failed = settled.how == How::refused || settled.how == How::timed_out;
    if (failed) {
      ++failed_;
      failed_at_ = clock_.now();
    }
    ASSERT_LE(failed_, settings_.attempts);
    ASSERT_EQ(settled.again, settled.how == How::cut_off || (failed && failed_ < settings_.attempts));
    if (settled.again) {
      ++repeated;
      return;
    }
    dropped += failed ? 1 : 0;
    last_done_ = trying_;
    trying_.reset();
    failed_ = 0;
  }

  /// The CSMS answers everything from now on: nothing stays behind.
  void settle_down() {
    for (int i = 0; i < 2000 && !testing::Test::HasFatalFailure(); ++i) {
      expire();
      pump();
      if (outstanding_) {
        ended(calls_.receive(clock_.now(), result_of(current_id_)).settled);
      } else if (calls_.wake() == kNever) {
        break;
      } else {
        clock_.advance_to(calls_.wake());
      }
    }
    EXPECT_TRUE(calls_.transactions().empty());
    EXPECT_EQ(calls_.waiting(), 0U);
    EXPECT_TRUE(open_details_.empty());
    const CallCounters& counters = calls_.counters();
    EXPECT_EQ(counters.sent, counters.answered + counters.refused + counters.timed_out + counters.cut_off);
    EXPECT_EQ(counters.sent, ids_.size());
    EXPECT_EQ(counters.dropped, dropped);
  }

  Random random_;
  ManualClock clock_;
  CallSettings settings_;
  Calls calls_;
  std::set<std::string> ids_;
  std::set<std::uint32_t> open_details_;
  std::string current_id_;
  std::uint32_t made_ = 0;
  std::uint32_t detail_ = 0;
  std::uint32_t seq_ = 0;
  TimePoint sent_at_;
  bool outstanding_ = false;
  std::optional<std::uint32_t> trying_;
  std::optional<std::uint32_t> last_done_;
  std::uint32_t failed_ = 0;
  TimePoint failed_at_;
};

TEST(OcppCallsProperty, TheRulesHoldInAllWeathers) {
  std::size_t repeated = 0;
  std::size_t dropped = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(seed);
    Weather weather(seed);
    weather.run(1500);
    if (testing::Test::HasFailure()) return;
    repeated += weather.repeated;
    dropped += weather.dropped;
  }
  EXPECT_GT(repeated, 1000U);
  EXPECT_GT(dropped, 300U);
}

}  // namespace
}  // namespace vfleet::codec::ocpp
