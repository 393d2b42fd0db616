// The HTTP uplink with more to send than it can, and when it has to end.
#include "tests/integration/uplink/http_uplink_fixture.h"

namespace vfleet::uplink {
namespace {

using namespace std::chrono_literals;
using test::HttpReply;
using test::HttpRequest;

using HttpQueueTest = HttpUplinkTest;

class FullQueue : public HttpUplinkTest {
 protected:
  /// One in flight that is not answered, and two that wait.
  std::unique_ptr<Link> full_link(const std::string& policy) {
    set("queue.max", {std::int64_t{2}});
    set("queue.when_full", {policy});
    server_->answer = [](const HttpRequest&) { return HttpReply{.delay = 50ms}; };
    auto link = connected_link();
    for (std::uint32_t seq = 1; seq <= 3; ++seq) EXPECT_EQ(send(*link, seq), Accepted::yes);
    EXPECT_EQ(link->pending(), 3u);
    return link;
  }
};

TEST_F(FullQueue, Refuses) {
  const auto link = full_link("refuse");
  EXPECT_EQ(send(*link, 4), Accepted::queue_full);
  ASSERT_TRUE(run_until([&] { return owner_.settled == 3; }));
  run_for(20ms);
  EXPECT_EQ(owner_.fates[Fate::acked], 3u);
  EXPECT_FALSE(owner_.has("1 sent 4"));
}

TEST_F(FullQueue, DropsTheOldestThatWaits) {
  const auto link = full_link("drop_oldest");
  EXPECT_EQ(send(*link, 4), Accepted::yes);
  EXPECT_TRUE(owner_.has("1 evicted 2"));
  ASSERT_TRUE(run_until([&] { return owner_.settled == 4; }));
  EXPECT_TRUE(owner_.has("1 acked 1"));
  EXPECT_FALSE(owner_.has("1 sent 2"));
  EXPECT_TRUE(owner_.has("1 acked 3"));
  EXPECT_TRUE(owner_.has("1 acked 4"));
  EXPECT_EQ(counter("queue_evicted_total"), 1u);
}

TEST_F(FullQueue, DropsTheNewest) {
  const auto link = full_link("drop_newest");
  EXPECT_EQ(send(*link, 4), Accepted::yes);
  EXPECT_TRUE(owner_.has("1 evicted 4"));
  ASSERT_TRUE(run_until([&] { return owner_.settled == 4; }));
  EXPECT_EQ(owner_.fates[Fate::acked], 3u);
}

TEST_F(HttpQueueTest, EvictsWhatWaitsWhenItIsClosed) {
  server_->answer = [](const HttpRequest&) { return HttpReply{.bytes = ""}; };
  const auto link = connected_link();
  for (std::uint32_t seq = 1; seq <= 3; ++seq) (void)send(*link, seq);
  link->close(false);
  EXPECT_EQ(owner_.events, (std::vector<std::string>{"1 up", "1 sent 1", "1 connection_lost 1", "1 evicted 2",
                                                     "1 evicted 3", "1 down closed"}));
}

TEST_F(HttpQueueTest, DrainsNoLongerThanItsTimeOut) {
  set("timeout", {Duration(100ms)});
  server_->answer = [](const HttpRequest&) { return HttpReply{.bytes = ""}; };
  const auto link = connected_link();
  for (std::uint32_t seq = 1; seq <= 3; ++seq) (void)send(*link, seq);
  link->close(true);
  ASSERT_TRUE(run_until([&] { return owner_.downs["closed"] == 1; }));
  EXPECT_EQ(owner_.events, (std::vector<std::string>{"1 up", "1 sent 1", "1 timed_out 1", "1 evicted 2",
                                                     "1 evicted 3", "1 down closed"}));
}

TEST_F(HttpQueueTest, DrainsOverConnectionsThatEndAfterEachAnswer) {
  server_->answer = [](const HttpRequest&) {
    return HttpReply{.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                     .close = true};
  };
  const auto link = connected_link();
  for (std::uint32_t seq = 1; seq <= 4; ++seq) (void)send(*link, seq);
  link->close(true);
  ASSERT_TRUE(run_until([&] { return owner_.downs["closed"] == 1; }));
  EXPECT_EQ(owner_.fates[Fate::acked], 4u);
  EXPECT_EQ(owner_.settled, 4u);
}

TEST_F(HttpQueueTest, EndsADrainWhenTheConnectionBreaks) {
  server_->answer = [](const HttpRequest&) { return HttpReply{.bytes = "", .close = true}; };
  const auto link = connected_link();
  (void)send(*link, 1);
  (void)send(*link, 2);
  link->close(true);
  ASSERT_TRUE(run_until([&] { return owner_.downs["closed"] == 1; }));
  EXPECT_EQ(owner_.fates[Fate::connection_lost], 1u);
  EXPECT_EQ(owner_.fates[Fate::evicted], 1u);
  run_for(50ms);
  EXPECT_EQ(owner_.events.back(), "1 down closed");
}

TEST_F(HttpQueueTest, GoesOnWhenItIsOpenedWhileDraining) {
  server_->answer = [](const HttpRequest&) { return HttpReply{.delay = 30ms}; };
  const auto link = connected_link();
  (void)send(*link, 1);
  link->close(true);
  link->open();
  EXPECT_TRUE(link->up());
  (void)send(*link, 2);
  ASSERT_TRUE(run_until([&] { return owner_.settled == 2; }));
  EXPECT_EQ(owner_.fates[Fate::acked], 2u);
  EXPECT_TRUE(owner_.downs.empty());
}

}  // namespace
}  // namespace vfleet::uplink
