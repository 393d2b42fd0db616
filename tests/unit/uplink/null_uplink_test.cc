#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "simulator/loop/virtual_loop.h"
#include "simulator/uplink/all_uplinks.h"
#include "tests/support/link_recorder.h"

namespace vfleet::uplink {
namespace {

class NullUplinkTest : public testing::Test {
 protected:
  NullUplinkTest() {
    uplink_ = std::move(find_uplink("null")->make(UplinkEnvironment{loop_}, {}, owner_).value());
    link_ = uplink_->make_link(7, {});
  }

  loop::VirtualLoop loop_;
  test::LinkRecorder owner_;
  std::unique_ptr<Uplink> uplink_;
  std::unique_ptr<Link> link_;
};

TEST_F(NullUplinkTest, IsOfflineBeforeItIsOpened) {
  EXPECT_FALSE(link_->up());
  EXPECT_EQ(link_->send({.seq = 1}, {.type = "heartbeat", .body = "{}"}), Accepted::offline);
  EXPECT_TRUE(owner_.events.empty());
}

TEST_F(NullUplinkTest, SettlesEachReportWithinSend) {
  link_->open();
  EXPECT_TRUE(link_->up());
  EXPECT_EQ(link_->send({.seq = 1}, {.type = "heartbeat", .body = "{}"}), Accepted::yes);
  EXPECT_EQ(owner_.events, (std::vector<std::string>{"7 up", "7 sent 1", "7 handed_over 1"}));
  EXPECT_EQ(link_->pending(), 0u);
}

TEST_F(NullUplinkTest, ReportsClosedOnceAndCanBeOpenedAgain) {
  link_->open();
  link_->open();
  link_->close(true);
  link_->close(false);
  link_->open();
  EXPECT_EQ(owner_.events, (std::vector<std::string>{"7 up", "7 down closed", "7 up"}));
}

TEST_F(NullUplinkTest, CountsReportsAndBytes) {
  link_->open();
  (void)link_->send({.seq = 1}, {.type = "heartbeat", .body = "12345"});
  (void)link_->send({.seq = 2}, {.type = "heartbeat", .body = "123"});
  std::map<std::string, std::uint64_t> counters;
  for (const Counter& counter : uplink_->counters()) counters[counter.name] = counter.value;
  EXPECT_EQ(counters["reports_sent_total"], 2u);
  EXPECT_EQ(counters["bytes_sent_total"], 8u);
  EXPECT_EQ(counters["connects_total"], 1u);
}

TEST(AllUplinks, HasEachNameOnce) {
  std::map<std::string, int> names;
  for (const UplinkKind& kind : all_uplinks()) {
    ++names[kind.name];
    EXPECT_FALSE(kind.doc.empty()) << kind.name;
    EXPECT_TRUE(kind.make) << kind.name;
  }
  for (const auto& [name, count] : names) EXPECT_EQ(count, 1) << name;
  EXPECT_EQ(find_uplink("carrier_pigeon"), nullptr);
}

}  // namespace
}  // namespace vfleet::uplink
