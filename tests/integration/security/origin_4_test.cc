// Manager with a shared queue: processes that are not parent and child, admitted by a key, over tcp. A
// producer puts 10,000 items, a consumer takes 10,000, a third process ends it cleanly.
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "tests/integration/platform/platform_process.h"
#include "tests/integration/security/remote_fleet.h"

namespace vfleet::security_test {
namespace {

using fleet_test::at;
using fleet_test::count;
using nlohmann::json;
using platform::PlatformProcess;

constexpr int kItems = 10'000;
constexpr int kDevices = 500;  // a device queues so many reports and no more: each gets 20

std::string queue_fleet(std::uint16_t port) {
  const std::string base = "http://127.0.0.1:" + std::to_string(port);
  return "fleet: queue\nplatform: {figures: '" + base + "/figures'}\ngroups:\n" +
         fleet_test::group(
             "pile", "charging_pile", kDevices, "{http: {url: '" + base + "/ingest'}}",
             "    config: {reports: {heartbeat: {every: 24h}, meter: {every: 24h, idle_every: 24h}}}\n");
}

TEST(origin_4_manager_with_a_shared_queue, TenThousandCommandsAreTenThousandReportsEachOnceAndInOrder) {
  PlatformProcess platform;
  RemoteFleet fleet(queue_fleet(platform.port()), 2);
  fleet.start_worker(0, "host", "worker-0.log");
  fleet.start_worker(1, "host", "worker-1.log");
  ASSERT_TRUE(fleet.local().come_online(kDevices)) << fleet.local().control_log();
  ASSERT_TRUE(platform.figures_become([](const json& now) { return count(now, "/devices") == kDevices; }));
  const std::uint64_t before = count(platform.figures(), "/by_type/meter");

  // The producer: each command is for one device and makes it send one report.
  KeyedOperator producer(fleet.endpoint(), fleet.keys().load("op"));
  for (int i = 0; i < kItems; ++i) {
    const std::string number = std::to_string(i % kDevices + 1);
    const std::string id = "pile-" + std::string(5 - number.size(), '0') + number;
    producer.send("item-" + std::to_string(i), "trigger", {{"selector", id}, {"report", "meter"}});
  }
  std::set<std::string> done;
  std::uint64_t last_seq = 0;
  std::uint64_t applied = 0;
  int out_of_order = 0;
  while (done.size() < kItems) {
    const auto frame = producer.next(seconds(60));
    ASSERT_TRUE(frame) << done.size() << " results came";
    const std::string kind = frame->value("kind", "");
    if (kind == "accepted") {
      // Control gives numbers in the order in which the producer sent.
      const std::uint64_t seq = frame->value("seq", 0U);
      out_of_order += seq == last_seq + 1 ? 0 : 1;
      last_seq = seq;
      EXPECT_EQ(frame->value("id", ""), "item-" + std::to_string(seq - 1));
    }
    if (kind != "result") {
      ASSERT_NE(kind, "error") << *frame;
      continue;
    }
    EXPECT_EQ(frame->value("status", -1), 0) << *frame;
    applied += frame->value("applied", 0U);
    EXPECT_TRUE(done.insert(frame->value("id", "")).second) << "answered twice";
  }
  EXPECT_EQ(out_of_order, 0);
  EXPECT_EQ(last_seq, static_cast<std::uint64_t>(kItems));
  EXPECT_EQ(applied, static_cast<std::uint64_t>(kItems));

  // A repeated item is not put twice.
  producer.send("item-17", "trigger", {{"selector", "pile-00018"}, {"report", "meter"}});
  ASSERT_TRUE(producer.result());

  // A third process ends it; nothing is lost on the way.
  const Answer stopped = fleet.as("op", {"stop"});
  EXPECT_EQ(stopped.status, 0) << stopped.out << stopped.err;
  EXPECT_EQ(fleet.local().control().wait(seconds(20)), 0);
  for (std::uint32_t shard = 0; shard < 2; ++shard) EXPECT_EQ(fleet.worker(shard).wait(seconds(20)), 0);
  const json figures = platform.figures();
  EXPECT_EQ(count(figures, "/by_type/meter") - before, static_cast<std::uint64_t>(kItems));
  EXPECT_EQ(count(figures, "/received"), count(stopped.json, "/figures/sent")) << stopped.out;
  for (const char* wrong : {"/missing", "/duplicates", "/reordered", "/malformed"})
    EXPECT_EQ(at(figures, wrong), 0) << wrong;
}

TEST(origin_4_manager_with_a_shared_queue, WhoHasNoKeyIsNotAdmittedAndIsToldWhy) {
  PlatformProcess platform;
  RemoteFleet fleet(queue_fleet(platform.port()), 1);
  KeyFolder elsewhere;
  const Answer plain =
      vfleet({"trigger", "all", "meter", "--control", fleet.endpoint(), "--insecure"}, elsewhere.file(""));
  EXPECT_EQ(plain.status, 5);
  EXPECT_NE((plain.out + plain.err).find("wants a key"), std::string::npos) << plain.out << plain.err;

  // A key that was made for this control and that it never heard of.
  std::filesystem::create_directory(elsewhere.file("guest"));
  std::filesystem::copy_file(fleet.keys().path() + "/server.pub", elsewhere.file("guest/server.pub"));
  ASSERT_EQ(
      vfleet({"keygen", elsewhere.file("guest"), "eve", "--role", "operator"}, elsewhere.file("")).status, 0);
  const Answer denied =
      vfleet({"trigger", "all", "meter", "--control", fleet.endpoint(), "--keys", elsewhere.file("guest")},
             elsewhere.file(""));
  EXPECT_EQ(denied.status, 5);
  EXPECT_NE((denied.out + denied.err).find("refuses this key (name eve"), std::string::npos)
      << denied.out << denied.err;
  EXPECT_EQ(count(fleet.local().status(), "/seq"), 0U);
}

}  // namespace
}  // namespace vfleet::security_test
