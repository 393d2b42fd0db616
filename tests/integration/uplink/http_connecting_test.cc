// How the HTTP uplink finds its platform, and how often it knocks.
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>

#include "tests/integration/uplink/http_uplink_fixture.h"

namespace vfleet::uplink {
namespace {

using namespace std::chrono_literals;

using HttpConnectingTest = HttpUplinkTest;

TEST_F(HttpConnectingTest, TriesAgainUntilTheServerIsThere) {
  const std::uint16_t port = server_->port();
  server_.reset();
  const auto link = open_link();
  ASSERT_TRUE(run_until([&] { return owner_.downs["connection_refused"] >= 3; }));
  EXPECT_FALSE(link->up());
  EXPECT_EQ(send(*link, 1), Accepted::offline);
  server_ = std::make_unique<test::HttpServer>(loop_, port);
  ASSERT_TRUE(run_until([&] { return link->up(); }));
  EXPECT_EQ(send(*link, 2), Accepted::yes);
  ASSERT_TRUE(run_until([&] { return owner_.has("1 acked 2"); }));
  EXPECT_EQ(counter("connect_failures_total{reason=\"connection_refused\"}"),
            owner_.downs["connection_refused"]);
}

TEST_F(HttpConnectingTest, WaitsBetweenAttempts) {
  set("backoff.first", {Duration(200ms)});
  set("backoff.max", {Duration(1s)});
  server_.reset();
  std::vector<std::unique_ptr<Link>> links;
  for (LinkKey key = 1; key <= 20; ++key) links.push_back(open_link(key));
  run_for(300ms);
  // Twenty first attempts, and the few that a wait of up to 200 ms and then 400 ms allows.
  EXPECT_GE(owner_.downs["connection_refused"], 20u);
  EXPECT_LE(owner_.downs["connection_refused"], 120u);
}

TEST_F(HttpConnectingTest, DoesNotSpinOnAServerThatHangsUpAtOnce) {
  set("backoff.first", {Duration(100ms)});
  set("backoff.max", {Duration(100ms)});
  server_->close_on_accept = true;
  const auto link = open_link();
  run_for(500ms);
  EXPECT_GE(server_->connections(), 2u);
  EXPECT_LE(server_->connections(), 60u);
  server_->close_on_accept = false;
  ASSERT_TRUE(run_until([&] { return link->up(); }));
}

TEST_F(HttpConnectingTest, TimesOutConnectingToASocketThatNobodyAccepts) {
  boost::asio::ip::tcp::acceptor full(loop_.context());
  const boost::asio::ip::tcp::endpoint any(boost::asio::ip::address_v4::loopback(), 0);
  full.open(any.protocol());
  full.bind(any);
  full.listen(0);
  set("url", {"http://127.0.0.1:" + std::to_string(full.local_endpoint().port()) + "/"});
  set("connect_timeout", {Duration(50ms)});
  std::vector<std::unique_ptr<Link>> links;
  for (LinkKey key = 1; key <= 5; ++key) links.push_back(open_link(key));
  ASSERT_TRUE(run_until([&] { return owner_.downs["connect_timed_out"] >= 2; }));
  EXPECT_LT(owner_.ups, 5u);
}

TEST_F(HttpConnectingTest, ComesBackAfterTheServerRestarts) {
  const std::uint16_t port = server_->port();
  std::vector<std::unique_ptr<Link>> links;
  for (LinkKey key = 1; key <= 50; ++key) links.push_back(open_link(key));
  ASSERT_TRUE(run_until([&] { return owner_.ups == 50; }));
  server_.reset();
  ASSERT_TRUE(run_until(
      [&] { return std::none_of(links.begin(), links.end(), [](const auto& link) { return link->up(); }); }));
  server_ = std::make_unique<test::HttpServer>(loop_, port);
  ASSERT_TRUE(run_until(
      [&] { return std::all_of(links.begin(), links.end(), [](const auto& link) { return link->up(); }); }));
  for (const auto& link : links) EXPECT_EQ(send(*link, 1), Accepted::yes);
  ASSERT_TRUE(run_until([&] { return owner_.fates[Fate::acked] == 50; }));
}

TEST_F(HttpConnectingTest, PacesItsConnections) {
  set("pacing.rate", {200.0});
  std::vector<std::unique_ptr<Link>> links;
  const TimePoint start = loop_.now();
  for (LinkKey key = 1; key <= 60; ++key) links.push_back(open_link(key));
  ASSERT_TRUE(run_until([&] { return owner_.ups == 60; }));
  EXPECT_GE(loop_.now() - start, 280ms);
}

TEST_F(HttpConnectingTest, ConnectsOneAfterTheOtherWhenToldTo) {
  set("pacing.in_flight", {std::int64_t{1}});
  std::vector<std::unique_ptr<Link>> links;
  for (LinkKey key = 1; key <= 30; ++key) links.push_back(open_link(key));
  ASSERT_TRUE(run_until([&] { return owner_.ups == 30; }));
}

TEST_F(HttpConnectingTest, WaitsWhenNoDescriptorIsLeft) {
  if (uplink_ == nullptr) make_uplink("http", values_);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const int lowest_free = fcntl(0, F_DUPFD, 0);
  ASSERT_GE(lowest_free, 0);
  ::close(lowest_free);
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(lowest_free);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  const auto link = open_link();
  run_for(200ms);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_GE(owner_.downs["no_descriptors"], 1u);
  EXPECT_LE(owner_.downs["no_descriptors"], 40u) << "it spun";
  ASSERT_TRUE(run_until([&] { return link->up(); }));
}

TEST_F(HttpConnectingTest, ReachesIpv6Addresses) {
  try {
    server_ = std::make_unique<test::HttpServer>(loop_, 0, "::1");
  } catch (const std::exception& error) {
    GTEST_SKIP() << "this machine has no IPv6: " << error.what();
  }
  set("url", {server_->url()});
  const auto link = connected_link();
  (void)send(*link, 1);
  ASSERT_TRUE(run_until([&] { return owner_.fates[Fate::acked] == 1; }));
}

TEST_F(HttpConnectingTest, LooksAHostNameUpOnceAndTriesEachOfItsAddresses) {
  set("url", {"http://localhost:" + std::to_string(server_->port()) + "/"});
  std::vector<std::unique_ptr<Link>> links;
  for (LinkKey key = 1; key <= 10; ++key) links.push_back(open_link(key));
  ASSERT_TRUE(run_until([&] { return owner_.ups == 10; }));
  EXPECT_EQ(counter("name_lookups_total"), 1u);
  EXPECT_TRUE(owner_.downs.empty()) << "::1 refuses, 127.0.0.1 is tried at once";
}

TEST_F(HttpConnectingTest, SaysThatANameIsNotKnown) {
  set("url", {std::string("http://not..a..name/")});
  const auto link = open_link();
  ASSERT_TRUE(run_until([&] { return owner_.downs["name_not_resolved"] >= 2; }));
  EXPECT_FALSE(link->up());
  link->close(true);
  EXPECT_EQ(owner_.events.back(), "1 down closed");
}

TEST_F(HttpConnectingTest, MayGoWhileANameIsLookedUp) {
  set("url", {std::string("http://localhost:1/")});
  auto link = open_link();
  link.reset();
  uplink_.reset();
  run_for(100ms);
  EXPECT_TRUE(owner_.events.empty());
}

}  // namespace
}  // namespace vfleet::uplink
