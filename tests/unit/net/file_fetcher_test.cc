// Files over HTTP, on a network of memory and on a real one.
#include "simulator/net/file_fetcher.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "simulator/loop/virtual_loop.h"
#include "tests/support/simulated_network.h"

namespace vfleet::net {
namespace {

using namespace std::chrono_literals;

struct Ended {
  FileFetcher::Id id = 0;
  Status status;
  unsigned http_status = 0;
  std::string body;
};

class FileFetcherTest : public testing::Test {
 protected:
  FileFetcher::Id start(FileRequest request) {
    return fetcher_->start(std::move(request), [this](FileFetcher::Id id, const FileOutcome& outcome) {
      ended_.push_back({id, outcome.status, outcome.http_status, std::string(outcome.body)});
    });
  }
  /// The server answers each request whose head is complete.
  void answer(std::string text) {
    server_.received = [text = std::move(text)](test::SimulatedConnection& connection,
                                                std::string_view bytes) {
      connection.inbox.append(bytes);
      if (connection.inbox.find("\r\n\r\n") != std::string::npos) connection.send(text);
    };
  }
  std::string failure() const {
    return ended_.empty() || ended_.back().status
               ? "none"
               : std::string(to_string(ended_.back().status.error().code)) + ": " +
                     ended_.back().status.error().detail;
  }

  loop::VirtualLoop loop_;
  test::SimulatedNetwork network_{loop_};
  test::SimulatedServer& server_ = network_.listen(8080);
  std::unique_ptr<FileFetcher> fetcher_ = std::make_unique<FileFetcher>(loop_, network_);
  std::vector<Ended> ended_;
};

TEST_F(FileFetcherTest, DownloadsAFileOnAConnectionOfItsOwn) {
  std::string seen;
  server_.received = [&](test::SimulatedConnection& connection, std::string_view bytes) {
    seen.append(bytes);
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  };
  const auto id = start({.url = "http://127.0.0.1:8080/fw/1.bin?x=1"});
  EXPECT_TRUE(ended_.empty());
  loop_.run_for(1s);
  ASSERT_EQ(ended_.size(), 1U);
  EXPECT_EQ(ended_[0].id, id);
  EXPECT_TRUE(ended_[0].status);
  EXPECT_EQ(ended_[0].http_status, 200U);
  EXPECT_EQ(ended_[0].body, "hello");
  EXPECT_EQ(seen, "GET /fw/1.bin?x=1 HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(fetcher_->running(), 0U);
  EXPECT_TRUE(server_.connections().empty());
}

TEST_F(FileFetcherTest, UploadsABodyWithCredentialsOfTheUrl) {
  std::string seen;
  server_.received = [&](test::SimulatedConnection& connection, std::string_view bytes) {
    seen.append(bytes);
    if (seen.ends_with("log lines")) connection.send("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
  };
  start({.method = FileRequest::Method::put,
         .url = "http://me:s%40me@127.0.0.1:8080/up/a.txt",
         .body = "log lines",
         .type = "text/plain"});
  loop_.run_for(1s);
  ASSERT_EQ(ended_.size(), 1U);
  EXPECT_EQ(ended_[0].http_status, 201U);
  // base64 of "me:s@me"
  EXPECT_EQ(
      seen,
      "PUT /up/a.txt HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nConnection: close\r\n"
      "Authorization: Basic bWU6c0BtZQ==\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\nlog lines");
}

TEST_F(FileFetcherTest, ABodyWithoutALengthEndsWithTheConnection) {
  server_.received = [](test::SimulatedConnection& connection, std::string_view) {
    connection.send("HTTP/1.1 200 OK\r\n\r\nall of it");
    connection.close();
  };
  start({.url = "http://127.0.0.1:8080/"});
  loop_.run_for(1s);
  ASSERT_EQ(ended_.size(), 1U);
  EXPECT_EQ(ended_[0].body, "all of it");
}

TEST_F(FileFetcherTest, SaysWhyATransferFailed) {
  start({.url = "gopher://127.0.0.1/x"});
  loop_.run_for(1s);
  EXPECT_EQ(failure().substr(0, 17), "invalid argument:");

  start({.url = "http://nowhere/x"});
  loop_.run_for(1s);
  EXPECT_EQ(failure(), "link down: no address of nowhere is known");

  start({.url = "http://127.0.0.1:9/x"});
  loop_.run_for(1s);
  EXPECT_EQ(failure(), "link down: connection_refused");

  answer("HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nno!");
  start({.url = "http://127.0.0.1:8080/x"});
  loop_.run_for(1s);
  EXPECT_EQ(failure(), "rejected: HTTP status 404");
  EXPECT_EQ(ended_.back().http_status, 404U);
  EXPECT_EQ(ended_.back().body, "");

  answer("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n0123456789a");
  start({.url = "http://127.0.0.1:8080/x", .bytes_max = 10});
  loop_.run_for(1s);
  EXPECT_EQ(failure(), "too large: more than 10 bytes");

  answer("nonsense\r\n\r\n");
  start({.url = "http://127.0.0.1:8080/x"});
  loop_.run_for(1s);
  EXPECT_EQ(failure(), "malformed: the answer is no whole HTTP response");

  answer("");
  start({.url = "http://127.0.0.1:8080/x", .limit = 5s});
  const TimePoint before = loop_.now();
  EXPECT_TRUE(loop_.run_until([&] { return ended_.size() == 7; }, 1min));
  EXPECT_EQ(failure(), "timed out: the transfer took too long");
  EXPECT_GE(loop_.now() - before, 5s);
  EXPECT_LT(loop_.now() - before, 6s);
  EXPECT_TRUE(server_.connections().empty());
}

TEST_F(FileFetcherTest, TriesTheOtherAddressesOfAName) {
  network_.names["files"] = {"127.0.0.9", "127.0.0.1"};
  answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  start({.url = "http://files:8080/x"});
  loop_.run_for(1s);
  ASSERT_EQ(ended_.size(), 1U);
  EXPECT_EQ(ended_[0].body, "ok");
}

TEST_F(FileFetcherTest, AFewRunAtATimeAndTheOthersWait) {
  std::size_t most = 0;
  server_.received = [&](test::SimulatedConnection& connection, std::string_view) {
    most = std::max(most, server_.connections().size());
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  };
  server_.delay = 10ms;
  for (int i = 0; i < 100; ++i)
    start({.method = FileRequest::Method::put, .url = "http://127.0.0.1:8080/x", .body = "log"});
  EXPECT_EQ(fetcher_->running(), FileFetcher::kRunningMost);
  EXPECT_EQ(fetcher_->waiting(), 100 - FileFetcher::kRunningMost);
  EXPECT_EQ(fetcher_->waiting_bytes(), 3 * (100 - FileFetcher::kRunningMost));
  loop_.run_for(10s);
  EXPECT_EQ(ended_.size(), 100U);
  EXPECT_EQ(fetcher_->waiting_bytes(), 0U);
  EXPECT_GT(most, 1U);
  EXPECT_LE(most, FileFetcher::kRunningMost);
}

TEST_F(FileFetcherTest, WhatIsCancelledTellsNobody) {
  answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  server_.delay = 10ms;
  std::vector<FileFetcher::Id> ids;
  for (std::size_t i = 0; i < FileFetcher::kRunningMost + 2; ++i)
    ids.push_back(start({.url = "http://127.0.0.1:8080/x"}));
  fetcher_->cancel(ids.front());
  fetcher_->cancel(ids.back());
  fetcher_->cancel(4711);
  loop_.run_for(15ms);
  fetcher_->cancel(ids[1]);
  loop_.run_for(1s);
  EXPECT_EQ(ended_.size(), ids.size() - 3);
  for (const Ended& each : ended_) {
    EXPECT_TRUE(each.id != ids.front() && each.id != ids.back() && each.id != ids[1]);
  }
  // The fetcher goes while one is on its way.
  start({.url = "http://127.0.0.1:8080/x"});
  loop_.run_for(15ms);
  const std::size_t before = ended_.size();
  fetcher_.reset();
  loop_.run_for(1s);
  EXPECT_EQ(ended_.size(), before);
}

}  // namespace
}  // namespace vfleet::net
