#include "control/server/snapshot.h"

#include <gtest/gtest.h>

namespace vfleet::control::server {
namespace {

bus::Command rule(const std::string& selector, std::size_t bytes) {
  bus::Command out;
  out.verb = bus::Verb::set;
  out.selector = selector;
  out.args = R"({"patch":{"x":")" + std::string(bytes, 'v') + R"("}})";
  return out;
}

DesiredState large_state(int rules) {
  DesiredState state;
  state.set_groups({R"({"name":"a"})", R"({"name":"b"})"});
  for (int i = 0; i < rules; ++i) {
    bus::Command command = rule("d" + std::to_string(i), 1000);
    command.revision = state.revision() + 1;
    state.record(command);
  }
  return state;
}

TEST(Snapshot, OfNothingIsOnePart) {
  const Snapshot snapshot = take_snapshot(DesiredState(), 3);
  ASSERT_EQ(snapshot->size(), 1U);
  EXPECT_TRUE(snapshot->front().last);
  EXPECT_EQ(snapshot->front().seq, 3U);
}

TEST(Snapshot, ComesInBoundedPartsGroupsFirstAndRulesInOrder) {
  const Snapshot snapshot = take_snapshot(large_state(2000), 9);
  ASSERT_GT(snapshot->size(), 5U);
  std::uint64_t revision = 0;
  std::size_t rules = 0;
  for (std::size_t i = 0; i < snapshot->size(); ++i) {
    const bus::SnapshotPart& part = (*snapshot)[i];
    EXPECT_EQ(part.part, i);
    EXPECT_EQ(part.last, i + 1 == snapshot->size());
    EXPECT_EQ(part.groups.empty(), i > 0);
    EXPECT_LE(bus::pack(bus::ToWorker(part))->body.size(), bus::kPartBytes + 8192);
    for (const bus::Command& each : part.rules) {
      EXPECT_GT(each.revision, revision);
      revision = each.revision;
      ++rules;
    }
  }
  EXPECT_EQ(rules, 2000U);
}

TEST(SnapshotFeed, SendsNoMoreThanWasGranted) {
  const Snapshot snapshot = take_snapshot(large_state(8000), 9);
  ASSERT_GT(snapshot->size(), bus::kSnapshotCredit + 5);
  std::vector<std::uint64_t> parts;
  SnapshotFeed feed([&](std::uint32_t, const bus::ToWorker& message) {
    const auto& part = std::get<bus::SnapshotPart>(message);
    EXPECT_EQ(part.attempt, 4U);
    parts.push_back(part.part);
  });
  feed.start(0, 4, snapshot);
  EXPECT_EQ(parts.size(), bus::kSnapshotCredit);
  feed.granted(0, 3, 100);  // of an attempt that was given up
  feed.granted(1, 4, 100);  // a worker that is not joining
  EXPECT_EQ(parts.size(), bus::kSnapshotCredit);
  feed.granted(0, 4, 2);
  EXPECT_EQ(parts.size(), bus::kSnapshotCredit + 2U);
  feed.granted(0, 4, 1'000'000);
  ASSERT_EQ(parts.size(), snapshot->size());
  for (std::size_t i = 0; i < parts.size(); ++i) EXPECT_EQ(parts[i], i);
  feed.granted(0, 4, 1);
  EXPECT_EQ(parts.size(), snapshot->size());
}

}  // namespace
}  // namespace vfleet::control::server
