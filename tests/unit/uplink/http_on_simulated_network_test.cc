#include <utility>

#include "simulator/uplink/stream_config.h"
#include "tests/support/simulated_uplink.h"

namespace vfleet::uplink {
namespace {

using namespace std::chrono_literals;
using test::SimulatedConnection;
using test::SimulatedServer;

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

/// The HTTP uplink in virtual time, against connections that behave in ways that real ones seldom do on
/// demand.
class HttpOnSimulatedNetwork : public test::SimulatedUplink {
 protected:
  HttpOnSimulatedNetwork() {
    values_["url"].data = std::string("http://platform.example:8080/in");
    values_["timeout"].data = Duration(10s);
    values_["connect_timeout"].data = Duration(5s);
    values_["backoff.first"].data = Duration(1s);
    values_["backoff.max"].data = Duration(8s);
    network_.names["platform.example"] = {"127.0.0.1"};
    server_.received = [this](SimulatedConnection& c, std::string_view bytes) {
      c.inbox += bytes;
      // A request ends with the two bytes of its body.
      for (std::size_t at; (at = c.inbox.find("\r\n\r\n{}")) != std::string::npos;) {
        c.inbox.erase(0, at + 6);
        ++requests_;
        if (answers_) c.send(kOk);
      }
    };
  }

  void start(LinkKey links = 1) {
    make_uplink("http", values_);
    for (LinkKey key = 1; key <= links; ++key) links_.push_back(make_link(key));
    for (const auto& each : links_) each->open();
  }

  /// Up, with nothing on its way.
  void started() {
    start();
    loop_.run_for(100ms);
    ASSERT_TRUE(link().up());
  }

  [[nodiscard]] Link& link() const { return *links_.front(); }
  Accepted send(std::uint32_t seq) { return link().send({.seq = seq}, {.type = "status", .body = "{}"}); }
  [[nodiscard]] SimulatedConnection& connection() const { return *server_.connections().back(); }

  config::Values values_;
  SimulatedServer& server_ = network_.listen(8080);
  bool answers_ = true;
  std::size_t requests_ = 0;
  std::vector<std::unique_ptr<Link>> links_;
};

TEST_F(HttpOnSimulatedNetwork, AnswersTakeTheirTimeAndNoMore) {
  server_.delay = 40ms;
  start();
  loop_.run_for(80ms);
  ASSERT_TRUE(link().up());
  ASSERT_EQ(send(1), Accepted::yes);
  loop_.run_for(79ms);
  EXPECT_EQ(owner_.settled, 0u);
  loop_.run_for(1ms);
  EXPECT_EQ(owner_.fates[Fate::acked], 1u);
}

TEST_F(HttpOnSimulatedNetwork, ARefusalTellsTheStatusAndTheBeginningOfWhatWasSaid) {
  answers_ = false;
  started();
  const auto refuse = [&](std::uint32_t seq, const std::string& status, const std::string& body) {
    ASSERT_EQ(send(seq), Accepted::yes);
    loop_.run_for(10ms);
    connection().send("HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) +
                      "\r\n\r\n" + body);
    loop_.run_for(10ms);
  };
  refuse(1, "503 Busy", "");
  refuse(2, "400 Bad Request", R"({"error":"no such device"})");
  refuse(3, "500 Oops", std::string(5000, 'x'));
  EXPECT_EQ(owner_.fates[Fate::refused], 3u);
  ASSERT_EQ(owner_.refusals.size(), 3u);
  EXPECT_EQ(owner_.refusals[0], "HTTP 503");
  EXPECT_EQ(owner_.refusals[1], R"(HTTP 400: {"error":"no such device"})");
  EXPECT_EQ(owner_.refusals[2], "HTTP 500: " + std::string(200, 'x'));
}

TEST_F(HttpOnSimulatedNetwork, WhatComesBeforeTheTurnOfWhatWaitsGoesBehindIt) {
  values_["url"].data = std::string("http://platform.example:8080/{report.type}");
  std::string order;
  const auto answer = server_.received;
  server_.received = [&](SimulatedConnection& c, std::string_view bytes) {
    order += bytes.substr(std::string_view("POST /").size(), 1);
    answer(c, bytes);
  };
  started();
  const auto send_type = [&](std::uint32_t seq, std::string_view type) {
    return link().send({.seq = seq}, {.type = type, .body = "{}"});
  };
  // The connection is free when its answer is told, and "b" has not had its turn.
  owner_.on_settled = [&](LinkKey, const Ticket& ticket, Fate) {
    if (ticket.seq == 1) {
      EXPECT_EQ(send_type(3, "c"), Accepted::yes);
    }
  };
  ASSERT_EQ(send_type(1, "a"), Accepted::yes);
  ASSERT_EQ(send_type(2, "b"), Accepted::yes);
  loop_.run_for(1s);
  EXPECT_EQ(order, "abc");
  EXPECT_EQ(owner_.fates[Fate::acked], 3u);
}

TEST_F(HttpOnSimulatedNetwork, WhatWaitsForItsTurnIsDrainedOrEvictedWhenTheLinkCloses) {
  for (const bool drain : {true, false}) {
    links_.clear();
    owner_.fates.clear();
    requests_ = 0;
    started();
    owner_.on_settled = [&](LinkKey, const Ticket& ticket, Fate) {
      if (ticket.seq == 1) link().close(drain);
    };
    ASSERT_EQ(send(1), Accepted::yes);
    ASSERT_EQ(send(2), Accepted::yes);
    loop_.run_for(1s);
    EXPECT_EQ(requests_, drain ? 2u : 1u);
    EXPECT_EQ(owner_.fates[Fate::acked], drain ? 2u : 1u);
    EXPECT_EQ(owner_.fates[Fate::evicted], drain ? 0u : 1u);
    EXPECT_FALSE(link().up());
  }
}

TEST_F(HttpOnSimulatedNetwork, WhatWaitsForItsTurnIsSettledWhenTheConnectionEndsBeforeIt) {
  started();
  const auto answer = server_.received;
  bool closed = false;
  server_.received = [&](SimulatedConnection& c, std::string_view bytes) {
    answer(c, bytes);
    if (!std::exchange(closed, true)) c.close();  // right behind the answer
  };
  ASSERT_EQ(send(1), Accepted::yes);
  ASSERT_EQ(send(2), Accepted::yes);
  loop_.run_for(2s);
  // It is sent before anybody can know, as over any connection that a server ends between two requests.
  EXPECT_EQ(owner_.fates[Fate::acked], 1u);
  EXPECT_EQ(owner_.fates[Fate::connection_lost], 1u);
  ASSERT_EQ(send(3), Accepted::yes);
  loop_.run_for(1s);
  EXPECT_EQ(owner_.fates[Fate::acked], 2u);
}

TEST_F(HttpOnSimulatedNetwork, LeavesAServerThatAnswersWhatNobodyAsked) {
  started();
  connection().send("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n");
  loop_.run_for(1ms);
  EXPECT_EQ(owner_.downs["answer_unasked"], 1u);
  ASSERT_TRUE(loop_.run_until([&] { return link().up(); }, 1min));
  ASSERT_EQ(send(1), Accepted::yes);
  loop_.run_for(100ms);
  EXPECT_EQ(owner_.fates[Fate::acked], 1u);
}

TEST_F(HttpOnSimulatedNetwork, SaysWhatAnswersInPlaceOfAServer) {
  answers_ = false;
  started();
  ASSERT_EQ(send(1), Accepted::yes);
  loop_.run_for(100ms);
  connection().send("SSH-2.0-OpenSSH_9.2\r\n");
  loop_.run_for(100ms);
  EXPECT_EQ(owner_.downs["answer_malformed"], 1u);
  ASSERT_EQ(warnings_.size(), 1u);
  EXPECT_NE(warnings_[0].find("does not speak HTTP; it began with \"SSH-2.0-OpenSSH_9.2\\x0d\\x0a\""),
            std::string::npos)
      << warnings_[0];
}

TEST_F(HttpOnSimulatedNetwork, TakesNoMoreOfAHeadThanItMayBeLong) {
  answers_ = false;
  started();
  ASSERT_EQ(send(1), Accepted::yes);
  loop_.run_for(100ms);
  connection().send("HTTP/1.1 200 OK\r\n");
  for (int i = 0; i < 1000; ++i)
    connection().send("X-" + std::to_string(i) + ": " + std::string(100, 'a') + "\r\n");
  loop_.run_for(1s);
  EXPECT_EQ(owner_.downs["answer_too_large"], 1u);
  EXPECT_EQ(owner_.fates[Fate::connection_lost], 1u);
}

TEST_F(HttpOnSimulatedNetwork, TheAnswerMayComeBehindInterimOnesInAnySlices) {
  answers_ = false;
  server_.slice = 1;
  started();
  ASSERT_EQ(send(1), Accepted::yes);
  loop_.run_for(1s);
  connection().send(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
      "HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\nT: v\r\n\r\n");
  loop_.run_for(2s);
  EXPECT_EQ(owner_.fates[Fate::acked], 1u);
  EXPECT_EQ(counter("answers_total{status=\"202\"}"), 1u);
  EXPECT_TRUE(owner_.downs.empty());
}

TEST_F(HttpOnSimulatedNetwork, NoticesAHalfOpenConnectionByTheMissingAnswer) {
  started();
  connection().go_silent();
  ASSERT_EQ(send(1), Accepted::yes);
  loop_.run_for(9999ms);
  EXPECT_EQ(owner_.settled, 0u);
  loop_.run_for(2ms);
  EXPECT_EQ(owner_.fates[Fate::timed_out], 1u);
  EXPECT_EQ(owner_.downs["timed_out"], 1u);
  loop_.run_for(2s);
  EXPECT_TRUE(link().up());
}

TEST_F(HttpOnSimulatedNetwork, WaitsForASlowReaderAndSendsTheRestWhenItReads) {
  server_.window = 50;
  started();
  connection().read(false);
  ASSERT_EQ(send(1), Accepted::yes);
  loop_.run_for(5s);
  EXPECT_EQ(owner_.sent, 0u);
  connection().read(true);
  loop_.run_for(1s);
  EXPECT_EQ(owner_.sent, 1u);
  EXPECT_EQ(owner_.fates[Fate::acked], 1u);
}

TEST_F(HttpOnSimulatedNetwork, AsksForALoginAgainWhenTheOneItAskedForNeverCame) {
  values_["login.report"].data = std::string("login");
  values_["login.token"].data = std::string("token");
  started();
  ASSERT_EQ(send(1), Accepted::yes);
  ASSERT_EQ(send(2), Accepted::yes);
  EXPECT_EQ(owner_.wanted, 1u) << "asked once";
  loop_.run_for(6s);  // what the owner tried was not sent: the connection had just gone
  EXPECT_EQ(owner_.wanted, 2u) << "without a report that comes";
  ASSERT_EQ(send(3), Accepted::yes);
  EXPECT_EQ(owner_.wanted, 2u);
}

TEST_F(HttpOnSimulatedNetwork, SaysBeforehandThatItsQueueTakesNoMore) {
  values_["queue.max"].data = std::int64_t{1};
  answers_ = false;
  started();
  ASSERT_EQ(send(1), Accepted::yes);
  EXPECT_FALSE(link().refuses("status")) << "one may wait";
  ASSERT_EQ(send(2), Accepted::yes);
  EXPECT_TRUE(link().refuses("status"));
  EXPECT_EQ(send(3), Accepted::queue_full);
  link().close(false);
  EXPECT_FALSE(link().refuses("status")) << "it is offline, which is something else";
}

TEST_F(HttpOnSimulatedNetwork, SaysBeforehandThatNothingMayWaitBehindARequest) {
  values_["queue.max"].data = std::int64_t{0};
  answers_ = false;
  started();
  EXPECT_FALSE(link().refuses("status")) << "the connection is free";
  ASSERT_EQ(send(1), Accepted::yes);
  EXPECT_TRUE(link().refuses("status"));
  EXPECT_EQ(send(2), Accepted::queue_full);
}

}  // namespace
}  // namespace vfleet::uplink
