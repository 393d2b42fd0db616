// The rules of calls_test, calls_time_test and calls_order_test, all at once and in any order.
#include <cstring>
#include <set>

#include "tests/unit/codec/ocpp/calls_fixture.h"

namespace vfleet::codec::ocpp {
namespace {

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
    if (calls_.add(Call{Action::DataTransfer, 0, false, false, ++detail_, clock_.now()}))
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
