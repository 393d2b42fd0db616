#include "control/logs/log_scan.h"

#include <gtest/gtest.h>

#include "control/logs/log_store.h"
#include "tests/unit/control/logs/temp_logs.h"

namespace vfleet::control::logs {
namespace {

class LogScanTest : public ::testing::Test {
 protected:
  std::unique_ptr<LogStore> store(LogFiles::Limits limits) {
    return std::make_unique<LogStore>(LogStore::Options{.dir = temp_.dir(), .files = limits}, clock_, 1);
  }
  static void add(LogStore& store, std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t seq = from; seq <= to; ++seq) {
      const log::Level level = seq % 10 == 0 ? log::Level::warn : log::Level::info;
      EXPECT_EQ(store.add("worker-0", 5,
                          {.seq = seq,
                           .at_us = static_cast<std::int64_t>(seq) * 1000,
                           .level = level,
                           .device = seq % 2 == 0 ? "pile-1" : "",
                           .text = std::string(400, 'x')}),
                LogStore::Added::taken);
      store.settle();
    }
  }
  std::vector<std::uint64_t> back(const LineFilter& filter, std::optional<FilePlace> end = {}) {
    auto scan = LogScan::open(temp_.dir(), filter, end);
    std::vector<std::uint64_t> out;
    for (bool done = !scan; !done;) {
      const auto slice = (*scan)->older();
      for (const auto& found : slice.found) out.push_back(found.record.line.seq);
      done = slice.end;
    }
    return out;
  }
  std::vector<std::uint64_t> forth(const LineFilter& filter, std::optional<FilePlace> end = {}) {
    auto scan = LogScan::open(temp_.dir(), filter, end);
    std::vector<std::uint64_t> out;
    for (bool done = !scan; !done;) {
      const auto slice = (*scan)->newer();
      for (const auto& found : slice.found) out.push_back(found.record.line.seq);
      done = slice.end;
    }
    return out;
  }
  static std::vector<std::uint64_t> numbers(std::uint64_t from, std::uint64_t to, std::uint64_t step = 1) {
    std::vector<std::uint64_t> out;
    for (std::uint64_t i = from; i <= to; i += step) out.push_back(i);
    return out;
  }

  TempLogs temp_;
  ManualClock clock_;
};

TEST_F(LogScanTest, ReadsAcrossFilesInBothDirections) {
  add(*store({.file_bytes = 300'000, .files = 8}), 1, 2000);  // several slices a file, several files
  auto all = numbers(1, 2000);
  EXPECT_EQ(forth({}), all);
  std::reverse(all.begin(), all.end());
  EXPECT_EQ(back({}), all);
}

TEST_F(LogScanTest, FiltersByLevelSourceTimeAndDevice) {
  add(*store({}), 1, 100);
  EXPECT_EQ(forth({.least = log::Level::warn}), numbers(10, 100, 10));
  EXPECT_EQ(forth({.since_us = 90'000}), numbers(90, 100));
  EXPECT_EQ(forth({.devices_only = true}), numbers(2, 100, 2));
  EXPECT_EQ(forth({.source = "worker-0"}).size(), 100u);
  EXPECT_TRUE(forth({.source = "worker"}).empty());
}

TEST_F(LogScanTest, GoesOnFromAPlaceThatWasFound) {
  add(*store({.file_bytes = 100'000, .files = 8}), 1, 1000);
  auto scan = LogScan::open(temp_.dir(), {}, std::nullopt);
  ASSERT_TRUE(scan);
  std::uint64_t left = 700;
  while (left > 0) {
    for (const auto& found : (*scan)->older().found) {
      if (left == 0) break;
      --left;
      (*scan)->go_to(found.file, found.offset);
    }
  }
  std::vector<std::uint64_t> out;
  for (bool done = false; !done;) {
    const auto slice = (*scan)->newer();
    for (const auto& found : slice.found) out.push_back(found.record.line.seq);
    done = slice.end;
  }
  EXPECT_EQ(out, numbers(301, 1000));
}

TEST_F(LogScanTest, ReadsNothingBehindTheEndThatItWasGiven) {
  auto logs = store({.file_bytes = 50'000, .files = 20});
  add(*logs, 1, 150);
  const std::uint64_t ticket = logs->mark();
  logs->settle();
  const auto end = logs->marked(ticket);
  add(*logs, 151, 500);
  EXPECT_EQ(forth({}, end), numbers(1, 150));
  EXPECT_EQ(back({}, end).front(), 150u);
}

TEST_F(LogScanTest, WhatIsRotatedAwayWhileItIsReadIsReadAllTheSame) {
  auto logs = store({.file_bytes = 50'000, .files = 3});
  add(*logs, 1, 100);
  auto scan = LogScan::open(temp_.dir(), {}, std::nullopt);
  ASSERT_TRUE(scan);
  add(*logs, 101, 1000);
  EXPECT_EQ((*scan)->newer().found.front().record.line.seq, 1u);
}

TEST_F(LogScanTest, BytesThatAreNoLogAreSkipped) {
  std::string text = "\n\n{\"a\":1}\nnonsense\n" + std::string(600'000, 'x') + "\n";
  text += R"({"at_us":5,"source":"worker-0","boot":3,"seq":7,"level":"info","text":""})";
  text += "\n{\"at_us\":5,\"sour";
  temp_.write(text);
  EXPECT_EQ(forth({}), numbers(7, 7));
  EXPECT_EQ(back({}), numbers(7, 7));
}

TEST_F(LogScanTest, SaysWhenThereAreNoFiles) {
  const auto scan = LogScan::open(temp_.dir(), {}, std::nullopt);
  ASSERT_FALSE(scan);
  EXPECT_EQ(scan.error().code, Errc::not_found);
}

}  // namespace
}  // namespace vfleet::control::logs
