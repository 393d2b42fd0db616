#include "simulator/codec/ocpp/transaction_queue.h"

#include <gtest/gtest.h>

#include <string>

#include "simulator/core/random.h"
#include "tests/bench/counting_new.h"

namespace vfleet::codec::ocpp {
namespace {

using Added = TransactionQueue::Added;

constexpr std::size_t kMany = 1000;

TransactionMessage entry(Action action, std::uint32_t session, std::string_view body = {}) {
  return {.action = action,
          .connector = 2,
          .session = session,
          .at = WallTime(std::chrono::seconds(1'772'352'000 + session)),
          .due = TimePoint(std::chrono::hours(1000)),
          .body = std::as_bytes(std::span(body))};
}

std::string told(const TransactionQueue& queue) {
  const TransactionMessage front = queue.front();
  return std::string(to_string(front.action)) + " " + std::to_string(front.session) + " " +
         std::string(reinterpret_cast<const char*>(front.body.data()), front.body.size());
}

/// Everything in the queue, taken out.
std::vector<std::string> drained(TransactionQueue& queue) {
  std::vector<std::string> out;
  for (; !queue.empty(); queue.pop()) out.push_back(told(queue));
  return out;
}

TEST(OcppTransactionQueue, GivesBackWhatWasAddedInOrder) {
  TransactionQueue queue;
  queue.add(entry(Action::StartTransaction, 1, "tag"), 5, kMany, false);
  queue.add(entry(Action::MeterValues, 1), 6, kMany, false);
  queue.add(entry(Action::StopTransaction, 1, "end"), 7, kMany, false);
  EXPECT_EQ(queue.size(), 3U);
  EXPECT_EQ(queue.front_ticket(), 5U);
  EXPECT_EQ(queue.front().connector, 2);
  EXPECT_EQ(queue.front().at, entry(Action::MeterValues, 1).at);
  EXPECT_EQ(queue.front().due, TimePoint(std::chrono::hours(1000)));
  EXPECT_EQ(drained(queue),
            (std::vector<std::string>{"StartTransaction 1 tag", "MeterValues 1 ", "StopTransaction 1 end"}));
}

TEST(OcppTransactionQueue, AFullOneGivesUpMeterValuesAndNeverAStartOrAStop) {
  TransactionQueue queue;
  queue.add(entry(Action::StartTransaction, 1), 0, 3, false);
  queue.add(entry(Action::MeterValues, 1, "a"), 0, 3, false);
  queue.add(entry(Action::MeterValues, 1, "b"), 0, 3, false);
  EXPECT_EQ(queue.add(entry(Action::MeterValues, 1, "c"), 0, 3, false), Added::displacing);
  EXPECT_EQ(queue.add(entry(Action::StopTransaction, 1), 0, 3, false), Added::displacing);
  EXPECT_EQ(queue.add(entry(Action::StartTransaction, 2), 0, 3, false), Added::displacing);
  EXPECT_EQ(queue.add(entry(Action::StopTransaction, 2), 0, 3, false), Added::no);
  EXPECT_EQ(drained(queue),
            (std::vector<std::string>{"StartTransaction 1 ", "StopTransaction 1 ", "StartTransaction 2 "}));
}

TEST(OcppTransactionQueue, WhatIsInFlightIsNotGivenUp) {
  TransactionQueue queue;
  queue.add(entry(Action::MeterValues, 1, "a"), 0, 2, false);
  queue.add(entry(Action::MeterValues, 1, "b"), 0, 2, false);
  EXPECT_EQ(queue.add(entry(Action::MeterValues, 1, "c"), 0, 2, true), Added::displacing);
  EXPECT_EQ(drained(queue), (std::vector<std::string>{"MeterValues 1 a", "MeterValues 1 c"}));
}

TEST(OcppTransactionQueue, ABodyHasABound) {
  TransactionQueue queue;
  EXPECT_EQ(
      queue.add(entry(Action::MeterValues, 1, std::string(TransactionQueue::kBodyMax, 'x')), 0, kMany, false),
      Added::yes);
  EXPECT_EQ(queue.add(entry(Action::MeterValues, 1, std::string(TransactionQueue::kBodyMax + 1, 'x')), 0,
                      kMany, false),
            Added::no);
}

TEST(OcppTransactionQueue, TransactionsAreKnownUntilTheirStopIsDone) {
  TransactionQueue queue;
  EXPECT_EQ(queue.transaction(1), std::nullopt);
  queue.set_transaction(1, 77);
  queue.set_transaction(2, 78);
  queue.set_transaction(1, 79);
  EXPECT_EQ(queue.transaction(1), 79);
  queue.add(entry(Action::StopTransaction, 1), 0, kMany, false);
  queue.pop();
  EXPECT_EQ(queue.transaction(1), std::nullopt);
  EXPECT_EQ(queue.transaction(2), 78);
  queue.forget(2);
  EXPECT_EQ(queue.transaction(2), std::nullopt);
}

TEST(OcppTransactionQueue, IsRestoredAsItWasSaved) {
  TransactionQueue queue;
  queue.add(entry(Action::StartTransaction, 1, "gone"), 0, kMany, false);
  queue.add(entry(Action::StartTransaction, 2, "tag"), 0, kMany, false);
  queue.add(entry(Action::MeterValues, 2, "123"), 0, kMany, false);
  queue.pop();
  queue.set_transaction(1, -5);
  std::vector<std::byte> saved(queue.saved_size());
  ASSERT_EQ(queue.save(saved), saved.size());
  TransactionQueue again;
  const TimePoint due(std::chrono::hours(7));
  ASSERT_TRUE(again.restore(saved, due));
  EXPECT_EQ(again.size(), 2U);
  EXPECT_EQ(again.front().due, due);
  EXPECT_EQ(again.front().at, entry(Action::StartTransaction, 2).at);
  EXPECT_EQ(again.transaction(1), -5);
  EXPECT_EQ(drained(again), (std::vector<std::string>{"StartTransaction 2 tag", "MeterValues 2 123"}));
}

TEST(OcppTransactionQueue, WhereThereIsNoRoomForAllTheOldestMeterValuesAreNotSaved) {
  TransactionQueue queue;
  queue.add(entry(Action::StartTransaction, 1, "tag"), 0, kMany, false);
  for (const char* each : {"1", "2", "3", "4"})
    queue.add(entry(Action::MeterValues, 1, each), 0, kMany, false);
  queue.add(entry(Action::StopTransaction, 1, "end"), 0, kMany, false);
  std::vector<std::byte> saved(queue.saved_size() - 50);
  const std::size_t size = queue.save(saved);
  ASSERT_GT(size, 0U);
  TransactionQueue again;
  ASSERT_TRUE(again.restore(std::span(saved).first(size), {}));
  EXPECT_EQ(drained(again), (std::vector<std::string>{"StartTransaction 1 tag", "MeterValues 1 3",
                                                      "MeterValues 1 4", "StopTransaction 1 end"}));
}

TEST(OcppTransactionQueue, WhereNotEvenStartsAndStopsFitTheNewestOfThemAreSaved) {
  TransactionQueue queue;
  for (const std::uint32_t session : {1U, 2U}) {
    queue.add(entry(Action::StartTransaction, session, "tag"), 0, kMany, false);
    queue.add(entry(Action::MeterValues, session, "m"), 0, kMany, false);
    queue.add(entry(Action::StopTransaction, session, "end"), 0, kMany, false);
  }
  std::vector<std::byte> saved(queue.saved_size() / 2);
  std::size_t size = queue.save(saved);
  ASSERT_GT(size, 0U);
  TransactionQueue again;
  ASSERT_TRUE(again.restore(std::span(saved).first(size), {}));
  EXPECT_EQ(drained(again), (std::vector<std::string>{"StartTransaction 2 tag", "StopTransaction 2 end"}));
  size = queue.save(std::span(saved).first(40));
  ASSERT_TRUE(again.restore(std::span(saved).first(size), {}));
  EXPECT_TRUE(again.empty());
  EXPECT_EQ(queue.save(std::span(saved).first(8)), 0U);
}

TEST(OcppTransactionQueue, ForeignBytesAreRefusedAndChangeNothing) {
  TransactionQueue queue;
  queue.add(entry(Action::StartTransaction, 1, "tag"), 0, kMany, false);
  queue.add(entry(Action::MeterValues, 1, "123"), 0, kMany, false);
  queue.set_transaction(1, 5);
  std::vector<std::byte> saved(queue.saved_size());
  ASSERT_EQ(queue.save(saved), saved.size());
  for (std::size_t length = 0; length < saved.size(); ++length)
    EXPECT_FALSE(queue.restore(std::span(saved).first(length), {})) << length;
  Random random(1, 2, "bytes");
  std::size_t refused = 0;
  for (int i = 0; i < 5000; ++i) {
    auto changed = saved;
    changed[static_cast<std::size_t>(random.below(changed.size()))] ^=
        static_cast<std::byte>(1 + random.below(255));
    TransactionQueue other;
    other.add(entry(Action::StopTransaction, 9, "mine"), 0, kMany, false);
    if (other.restore(changed, {})) {
      drained(other);  // whatever it is now, it can be walked through
    } else {
      EXPECT_EQ(told(other), "StopTransaction 9 mine");
      ++refused;
    }
  }
  EXPECT_GT(refused, 500U);
}

TEST(OcppTransactionQueue, ASteadyStreamAllocatesNothingAndALongQueueGivesItsMemoryBack) {
  TransactionQueue queue;
  const std::string body(40, 'x');
  std::uint64_t before = 0;
  for (int i = 0; i < 1000; ++i) {
    if (i == 10) before = bench::allocations();
    queue.add(entry(Action::MeterValues, 1, body), 0, kMany, false);
    queue.add(entry(Action::MeterValues, 1, body), 0, kMany, false);
    queue.pop();
    queue.pop();
  }
  EXPECT_EQ(bench::allocations(), before);
  for (std::size_t i = 0; i < kMany; ++i) queue.add(entry(Action::MeterValues, 1, body), 0, kMany, false);
  EXPECT_GT(queue.memory(), kMany * 60);
  drained(queue);
  EXPECT_LT(queue.memory(), 4096U);
}

TEST(OcppTransactionQueue, BehavesAsAListDoes) {
  TransactionQueue queue;
  std::vector<std::string> list;
  Random random(3, 4, "queue");
  for (int i = 0; i < 20000; ++i) {
    if (random.chance(0.52)) {
      const auto action = random.chance(0.7) ? Action::MeterValues : Action::StartTransaction;
      const std::string body(static_cast<std::size_t>(random.below(30)), 'b');
      const bool stays = random.chance(0.5);
      const Added added = queue.add(entry(action, static_cast<std::uint32_t>(i), body), 0, 40, stays);
      const auto is_meter = [](const std::string& each) { return each.starts_with("Meter"); };
      if (list.size() >= 40) {
        const auto gone = std::find_if(list.begin() + (stays ? 1 : 0), list.end(), is_meter);
        ASSERT_EQ(added, gone == list.end() ? Added::no : Added::displacing);
        if (gone == list.end()) continue;
        list.erase(gone);
      } else {
        ASSERT_EQ(added, Added::yes);
      }
      list.push_back(std::string(to_string(action)) + " " + std::to_string(i) + " " + body);
    } else if (!list.empty()) {
      ASSERT_EQ(told(queue), list.front());
      queue.pop();
      list.erase(list.begin());
    }
    ASSERT_EQ(queue.size(), list.size());
  }
}

}  // namespace
}  // namespace vfleet::codec::ocpp
