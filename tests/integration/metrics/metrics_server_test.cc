#include "control/metrics/metrics_server.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <deque>
#include <fstream>
#include <memory>
#include <thread>

#include "simulator/core/clock.h"
#include "tests/integration/fleet/process.h"
#include "tests/integration/metrics/http_client.h"

namespace vfleet::control::metrics {
namespace {

using fleet_test::eventually;
using metrics_test::body_of;
using metrics_test::Client;
using metrics_test::get;

/// As many descriptors as this process may have.
void take_all_descriptors() {
  rlimit limit = {};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// What of a process's memory is there.
std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t size = 0;
  std::size_t resident = 0;
  file >> size >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

constexpr const char* kScrape = "GET /metrics HTTP/1.1\r\nHost: test\r\n\r\n";

/// A server on a loop that runs on a thread, as in a control. Texts are made when the test says so.
class Metrics : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = MetricsServer::open(loop_, {"127.0.0.1", 0}, [this](std::function<void(std::string)> done) {
      const int number = ++asked;
      if (hold) {
        held_.push_back(std::move(done));
      } else {
        done("text " + std::to_string(number) + "\n");
      }
    });
    ASSERT_TRUE(opened) << opened.error().detail;
    server_ = std::move(*opened);
    port = server_->endpoint().port;
    thread_ = std::thread([this] { loop_.run(); });
  }
  void TearDown() override {
    if (thread_.joinable()) {
      loop_.post([this] {
        server_.reset();
        loop_.stop();
      });
      thread_.join();
    }
  }
  void release() {
    hold = false;
    loop_.post([this] {
      while (!held_.empty()) {
        const auto done = std::move(held_.front());
        held_.pop_front();
        done("held text\n");
      }
    });
  }

  std::uint16_t port = 0;
  std::atomic<int> asked = 0;
  std::atomic<bool> hold = false;

 private:
  RealClock clock_;
  loop::AsioLoop loop_{clock_};
  std::unique_ptr<MetricsServer> server_;
  std::deque<std::function<void(std::string)>> held_;
  std::thread thread_;
};

TEST_F(Metrics, AScrapeGetsTheTextWithItsType) {
  const std::string answer = get(port, "/metrics");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_NE(answer.find("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"), std::string::npos)
      << answer;
  EXPECT_EQ(body_of(answer), "text 1\n");
  EXPECT_EQ(body_of(get(port, "/metrics?debug=1")).substr(0, 5), "text ");
}

TEST_F(Metrics, OnlyThatIsServed) {
  EXPECT_TRUE(get(port, "/").starts_with("HTTP/1.1 404"));
  EXPECT_TRUE(get(port, "/metrics/x").starts_with("HTTP/1.1 404"));
  EXPECT_TRUE(get(port, "/metrics", "POST").starts_with("HTTP/1.1 405"));
  const std::string head = get(port, "/metrics", "HEAD");
  EXPECT_TRUE(head.starts_with("HTTP/1.1 200"));
  EXPECT_EQ(body_of(head), "");
  EXPECT_EQ(asked, 1);
}

TEST_F(Metrics, ScrapesThatWaitShareOneText) {
  hold = true;
  Client first(port);
  Client second(port);
  for (const Client* client : {&first, &second})
    client->send("GET /metrics HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return asked == 1; }));
  // While a text is made the loop goes on: others are answered.
  EXPECT_TRUE(get(port, "/").starts_with("HTTP/1.1 404"));
  release();
  EXPECT_EQ(body_of(first.rest()), "held text\n");
  EXPECT_EQ(body_of(second.rest()), "held text\n");
  EXPECT_EQ(asked, 1);
}

TEST_F(Metrics, WhoSaysNothingOrNonsenseIsInNobodysWay) {
  const Client silent(port);
  const Client slow(port);
  slow.send("GET /met");
  Client nonsense(port);
  nonsense.send("\x16\x03\x01 this is not HTTP\r\n\r\n");
  EXPECT_EQ(nonsense.rest(), "");
  Client large(port);
  large.send("GET /metrics HTTP/1.1\r\nX: " + std::string(64 * 1024, 'x') + "\r\n\r\n");
  EXPECT_EQ(large.rest().find("200 OK"), std::string::npos);
  EXPECT_EQ(body_of(get(port, "/metrics")), "text 1\n");
}

TEST_F(Metrics, AnyNumberOfConnectionsThatSayNothingOrLittleIsInNobodysWay) {
  take_all_descriptors();
  const Client scraper(port);
  scraper.send(kScrape);
  EXPECT_EQ(body_of(scraper.until("text 1\n")), "text 1\n");
  const std::size_t before = resident_bytes();
  std::deque<Client> crowd;
  for (int i = 0; i < 2000; ++i) {
    const Client& each = crowd.emplace_back(port);
    ASSERT_TRUE(each.connected()) << i;
    if (i % 4 == 1) each.send("GET /met");
    if (i % 4 == 2) each.send("\xff\xfe garbage\r\n");
    if (i % 4 == 3) each.send("GET /metrics HTTP/1.1\r\nX: " + std::string(12'000, 'x'));
    if (i % 500 == 499) {
      EXPECT_EQ(body_of(get(port, "/metrics")).substr(0, 5), "text ") << i;
      scraper.send(kScrape);
      EXPECT_NE(scraper.until("\r\n\r\ntext").find("200 OK"), std::string::npos)
          << "a scraper goes on, " << i;
      EXPECT_TRUE(scraper.until("\n").starts_with(" ")) << i;
    }
  }
  // Of the 64 that are kept, each has a buffer of 32 KiB at most.
  EXPECT_LT(resident_bytes() - std::min(before, resident_bytes()), std::size_t{16} << 20U);
  EXPECT_EQ(crowd.front().rest().find("200"), std::string::npos) << "the oldest gave way";
}

TEST_F(Metrics, ThoseThatAskAndDoNotReadGiveWayToo) {
  take_all_descriptors();
  std::deque<Client> crowd;
  for (std::size_t i = 0; i < 2 * MetricsServer::kConnectionsMax; ++i) {
    crowd.emplace_back(port).send("GET /metrics HTTP/1.1\r\nHost: test\r\n\r\nGET /met");
  }
  EXPECT_EQ(body_of(get(port, "/metrics")).substr(0, 5), "text ");
}

TEST_F(Metrics, APortThatIsTakenIsSaidWithWhatToDo) {
  RealClock clock;
  loop::AsioLoop loop(clock);
  const auto again = MetricsServer::open(loop, {"127.0.0.1", port}, [](auto) {});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Errc::unavailable);
  EXPECT_NE(again.error().detail.find("--metrics with another port"), std::string::npos)
      << again.error().detail;
}

TEST_F(Metrics, AServerThatEndsWhileATextIsMadeIsNotMissed) {
  hold = true;
  Client client(port);
  client.send("GET /metrics HTTP/1.1\r\nHost: test\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return asked == 1; }));
  TearDown();
  EXPECT_EQ(client.rest(), "");
}

}  // namespace
}  // namespace vfleet::control::metrics
