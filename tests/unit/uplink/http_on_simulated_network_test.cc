#include "simulator/uplink/stream_config.h"
#include "tests/support/simulated_uplink.h"

namespace vfleet::uplink {
namespace {

using namespace std::chrono_literals;
using test::SimulatedConnection;
using test::SimulatedServer;
using Cut = SimulatedConnection::Cut;

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

TEST_F(HttpOnSimulatedNetwork, TriesAgainWithinTheBackOffWhenItIsRefused) {
  server_.listening = false;
  start();
  loop_.run_for(1h);
  const auto attempts = static_cast<double>(network_.attempts());
  // A wait is 4 s on average once the ceiling of 8 s is reached.
  EXPECT_NEAR(attempts, 900, 100);
  EXPECT_EQ(owner_.downs["connection_refused"], network_.attempts());
  server_.listening = true;
  loop_.run_for(8s);
  EXPECT_TRUE(link().up());
}

TEST_F(HttpOnSimulatedNetwork, GivesUpAnAttemptThatGetsNoAnswer) {
  server_.answers = false;
  start();
  loop_.run_for(5s);
  EXPECT_EQ(owner_.downs["connect_timed_out"], 1u);
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

TEST_F(HttpOnSimulatedNetwork, SettlesAReportOnceWhereverTheConnectionIsCut) {
  start();
  loop_.run_for(100ms);
  for (const Cut cut : {Cut::reset, Cut::end}) {
    for (std::size_t at = 0; at < 40; ++at) {
      ASSERT_TRUE(link().up()) << at;
      const std::size_t settled = owner_.settled;
      connection().cut_after_received(connection().bytes_received() + 3 * at, cut);
      ASSERT_EQ(send(1), Accepted::yes);
      loop_.run_for(60s);
      EXPECT_EQ(owner_.settled, settled + 1) << at;
      connection().cut_after_sent(at, cut);
      const Accepted taken = send(2);
      loop_.run_for(60s);
      EXPECT_EQ(owner_.settled, settled + 1 + (taken == Accepted::yes ? 1 : 0)) << at;
      EXPECT_EQ(link().pending(), 0u);
    }
  }
}

TEST_F(HttpOnSimulatedNetwork, ReadsAnswersThatComeByteByByte) {
  server_.slice = 1;
  started();
  for (std::uint32_t seq = 1; seq <= 20; ++seq) ASSERT_EQ(send(seq), Accepted::yes);
  loop_.run_for(1s);
  EXPECT_EQ(owner_.fates[Fate::acked], 20u);
  EXPECT_EQ(server_.accepted_count(), 1u);
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

TEST_F(HttpOnSimulatedNetwork, AThousandDevicesComeBackSpreadAfterARestart) {
  owner_.keep_events = false;
  start(1000);
  loop_.run_for(2s);
  ASSERT_EQ(owner_.ups, 1000u);
  server_.stop();
  loop_.run_for(60s);
  server_.start();
  const std::size_t before = server_.accepted_count();
  loop_.run_for(1s);
  const std::size_t first_second = server_.accepted_count() - before;
  EXPECT_GT(first_second, 50u);
  EXPECT_LT(first_second, 500u);
  loop_.run_for(10s);
  EXPECT_EQ(server_.connections().size(), 1000u);
}

TEST_F(HttpOnSimulatedNetwork, KeepsToTheFleetsPaceAndItsRamp) {
  values_["pacing.ramp"].data = std::string("0s:0, 10s:100");
  owner_.keep_events = false;
  start(2000);
  // Half a second squared, times ten a second each second: five after one second, five hundred after ten.
  loop_.run_for(1s);
  EXPECT_NEAR(static_cast<double>(network_.attempts()), 5, 1);
  loop_.run_for(9s);
  EXPECT_NEAR(static_cast<double>(network_.attempts()), 500, 3);
  loop_.run_for(10s);
  EXPECT_NEAR(static_cast<double>(network_.attempts()), 1500, 4);
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

}  // namespace
}  // namespace vfleet::uplink
