#include "tests/support/simulated_uplink.h"

namespace vfleet::uplink {
namespace {

using namespace std::chrono_literals;
using test::SimulatedConnection;
using test::SimulatedReceiver;
using test::SimulatedServer;

class TcpOnSimulatedNetwork : public test::SimulatedUplink {
 protected:
  TcpOnSimulatedNetwork() {
    values_["url"].data = std::string("tcp://127.0.0.1:9000");
    server_.received = [this](SimulatedConnection& c, std::string_view bytes) {
      c.inbox += bytes;
      for (std::size_t end; (end = c.inbox.find('\n')) != std::string::npos;) {
        lines_.push_back(c.inbox.substr(0, end));
        c.inbox.erase(0, end + 1);
        if (!answer_.empty()) c.send(answer_);
      }
    };
  }
  void started() {
    make_uplink("tcp", values_);
    link_ = make_link();
    link_->open();
    loop_.run_for(100ms);
    ASSERT_TRUE(link_->up());
  }
  Accepted report(std::uint32_t seq, std::string_view body = "{}") {
    return link_->send({.seq = seq}, {.type = "status", .body = body});
  }
  [[nodiscard]] SimulatedConnection& connection() const { return *server_.connections().back(); }

  config::Values values_;
  SimulatedServer& server_ = network_.listen(9000);
  std::string answer_;
  std::vector<std::string> lines_;
  std::unique_ptr<Link> link_;
};

TEST_F(TcpOnSimulatedNetwork, SaysHelloFirstOnEachConnection) {
  values_["hello"].data = std::string("LOGIN {device.id}");
  values_["backoff.first"].data = Duration(1ms);
  started();
  (void)report(1, "a");
  loop_.run_for(100ms);
  connection().reset();
  loop_.run_for(1s);
  (void)report(2, "b");
  loop_.run_for(100ms);
  EXPECT_EQ(lines_, (std::vector<std::string>{"LOGIN pile-1", "a", "LOGIN pile-1", "b"}));
  EXPECT_EQ(owner_.downs["reset"], 1u);
}

TEST_F(TcpOnSimulatedNetwork, EvictsWhatItsFramingCannotCarry) {
  started();
  EXPECT_EQ(report(1, "two\nlines"), Accepted::yes);
  EXPECT_EQ(report(2, "one"), Accepted::yes);
  loop_.run_for(100ms);
  EXPECT_EQ(owner_.events, (std::vector<std::string>{"1 up", "1 evicted 1", "1 sent 2", "1 handed_over 2"}));
  EXPECT_EQ(lines_, (std::vector<std::string>{"one"}));
  EXPECT_EQ(counter("not_encodable_total"), 1u);
}

TEST_F(TcpOnSimulatedNetwork, HandsMessagesToTheDeviceInAnySlices) {
  server_.slice = 3;
  started();
  connection().send("{\"name\":\"reboot\"}\r\n{\"commands\":[1,2]}\n");
  loop_.run_for(1s);
  EXPECT_EQ(owner_.events, (std::vector<std::string>{"1 up", "1 message {\"name\":\"reboot\"}", "1 message 1",
                                                     "1 message 2"}));
}

TEST_F(TcpOnSimulatedNetwork, DropsAPeerWhoseMessageDoesNotEnd) {
  values_["message_max"].data = std::int64_t{1000};
  started();
  connection().send(std::string(2000, 'x'));
  loop_.run_for(100ms);
  EXPECT_EQ(owner_.downs["message_too_big"], 1u);
}

class UdpOnSimulatedNetwork : public test::SimulatedUplink {
 protected:
  UdpOnSimulatedNetwork() {
    values_["url"].data = std::string("udp://platform.example:9000");
    network_.names["platform.example"] = {"127.0.0.1"};
    receiver_.received = [this](std::string_view bytes, const std::function<void(std::string_view)>& reply) {
      got_.emplace_back(bytes);
      if (!answer_.empty()) reply(answer_);
    };
  }
  void started() {
    make_uplink("udp", values_);
    link_ = make_link();
    link_->open();
    loop_.run_for(100ms);
    ASSERT_TRUE(link_->up());
  }
  Accepted report(std::uint32_t seq, std::string_view body = "{}") {
    return link_->send({.seq = seq}, {.type = "status", .body = body});
  }

  config::Values values_;
  SimulatedReceiver& receiver_ = network_.receive(9000);
  std::string answer_;
  std::vector<std::string> got_;
  std::unique_ptr<Link> link_;
};

TEST_F(UdpOnSimulatedNetwork, SendsADatagramAReport) {
  started();
  (void)report(1, "a");
  (void)report(2, "b");
  loop_.run_for(100ms);
  EXPECT_EQ(got_, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(owner_.events,
            (std::vector<std::string>{"1 up", "1 sent 1", "1 handed_over 1", "1 sent 2", "1 handed_over 2"}));
}

TEST_F(UdpOnSimulatedNetwork, TimesOutWhatIsNotAnsweredAndStaysUp) {
  values_["ack.by"].data = std::string("member");
  values_["ack.timeout"].data = Duration(2s);
  answer_ = R"({"ack":1})";
  started();
  (void)report(1);
  loop_.run_for(100ms);
  receiver_.lost = [] { return true; };
  (void)report(2);
  loop_.run_for(1999ms);
  EXPECT_EQ(owner_.settled, 1u);
  loop_.run_for(2ms);
  EXPECT_EQ(owner_.events,
            (std::vector<std::string>{"1 up", "1 sent 1", "1 acked 1", "1 sent 2", "1 timed_out 2"}));
  EXPECT_TRUE(link_->up());
}

TEST_F(UdpOnSimulatedNetwork, CountsThatNobodyListensAndGoesOn) {
  started();
  receiver_.listening = false;
  for (std::uint32_t seq = 1; seq <= 3; ++seq) {
    (void)report(seq);
    loop_.run_for(10ms);
  }
  receiver_.listening = true;
  (void)report(4, "now");
  loop_.run_for(10ms);
  EXPECT_EQ(got_, (std::vector<std::string>{"now"}));
  EXPECT_EQ(owner_.settled, 4u);
  EXPECT_TRUE(owner_.downs.empty());
  EXPECT_GE(counter("socket_errors_total{reason=\"connection_refused\"}"), 1u);
}

TEST_F(UdpOnSimulatedNetwork, EvictsWhatIsTooLongForADatagram) {
  receiver_.size_max = 100;
  started();
  (void)report(1, std::string(101, 'x'));
  (void)report(2, std::string(100, 'x'));
  loop_.run_for(10ms);
  EXPECT_EQ(owner_.events, (std::vector<std::string>{"1 up", "1 evicted 1", "1 sent 2", "1 handed_over 2"}));
}

TEST_F(UdpOnSimulatedNetwork, QueuesWhileTheSocketTakesNothing) {
  receiver_.writable = 2;
  started();
  for (std::uint32_t seq = 1; seq <= 5; ++seq) ASSERT_EQ(report(seq, std::to_string(seq)), Accepted::yes);
  EXPECT_EQ(link_->pending(), 3u);
  receiver_.writable = SIZE_MAX;
  loop_.run_for(1s);
  EXPECT_EQ(got_, (std::vector<std::string>{"1", "2", "3", "4", "5"}));
  EXPECT_EQ(owner_.fates[Fate::handed_over], 5u);
}

TEST_F(UdpOnSimulatedNetwork, TriesLessAndLessOftenWhileTheSystemHasNoRoom) {
  constexpr std::size_t kNever = 1'000'000;
  receiver_.no_buffers = kNever;
  started();
  ASSERT_EQ(report(1, "1"), Accepted::yes);
  EXPECT_EQ(link_->pending(), 1u);
  loop_.run_for(1s);
  // After 1, 2, 4 ... 64 ms, and then every 64 ms.
  EXPECT_EQ(kNever - receiver_.no_buffers, 21u);
  EXPECT_EQ(counter("socket_errors_total{reason=\"no_buffers\"}"), 21u);
  receiver_.no_buffers = 0;
  ASSERT_EQ(report(2, "2"), Accepted::yes);
  loop_.run_for(64ms);
  EXPECT_EQ(got_, (std::vector<std::string>{"1", "2"}));
  receiver_.no_buffers = 1;
  ASSERT_EQ(report(3, "3"), Accepted::yes);
  loop_.run_for(1ms);
  EXPECT_EQ(got_.size(), 3u) << "it starts small again";
}

TEST_F(UdpOnSimulatedNetwork, SendsALongQueueWithoutNestingAsDeep) {
  constexpr std::uint32_t kReports = 100'000;
  values_["queue.max"].data = std::int64_t{kReports};
  receiver_.writable = 0;
  started();
  for (std::uint32_t seq = 1; seq <= kReports; ++seq) ASSERT_EQ(report(seq, "x"), Accepted::yes);
  EXPECT_TRUE(link_->refuses("meter"));
  receiver_.writable = SIZE_MAX;
  loop_.run_for(1s);
  EXPECT_EQ(owner_.fates[Fate::handed_over], kReports);
  EXPECT_EQ(link_->pending(), 0u);
}

TEST_F(UdpOnSimulatedNetwork, TriesAgainWhenTheNameIsNotKnown) {
  network_.names.clear();
  make_uplink("udp", values_);
  link_ = make_link();
  link_->open();
  loop_.run_for(10s);
  EXPECT_GT(owner_.downs["name_not_resolved"], 1u);
  network_.names["platform.example"] = {"127.0.0.1"};
  loop_.run_for(1min);
  EXPECT_TRUE(link_->up());
}

}  // namespace
}  // namespace vfleet::uplink
