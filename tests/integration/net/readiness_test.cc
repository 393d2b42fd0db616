#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "simulator/net/readiness_set.h"
#include "tests/integration/net/stream_client.h"
#include "tests/support/loop_fixture.h"

namespace vfleet::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

/// One end of a pair of connected sockets, in a set; writes down what it is told.
class End final : public Watched {
 public:
  explicit End(ReadinessSet& set) : set_(set) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
    fd_ = ends[0];
    peer_ = ends[1];
    EXPECT_EQ(set_.add(fd_, *this, place_), 0);
  }
  ~End() {
    set_.remove(place_);
    ::close(fd_);
    ::close(peer_);
  }
  void happened(std::uint32_t events) override {
    told.push_back(events);
    if (then) then();
  }
  void say(const std::string& text) const {
    ASSERT_EQ(::write(peer_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] ReadinessSet::Place place() const { return place_; }

  std::vector<std::uint32_t> told;
  std::function<void()> then;

 private:
  ReadinessSet& set_;
  ReadinessSet::Place place_ = 0;
  int fd_ = -1;
  int peer_ = -1;
};

class ReadinessSetTest : public test::LoopFixture {
 protected:
  /// Until everything that has happened so far is told.
  void settle() {
    End last(set_);
    ASSERT_TRUE(run_until([&] { return !last.told.empty(); }));
  }
  ReadinessSet set_{loop_.context(), clock_};
};

TEST_F(ReadinessSetTest, TellsOfEachEdgeOnce) {
  End end(set_);
  settle();
  EXPECT_EQ(end.told, std::vector<std::uint32_t>{EPOLLOUT});
  end.say("something");
  settle();
  ASSERT_EQ(end.told.size(), 2u);
  EXPECT_NE(end.told[1] & EPOLLIN, 0u);
  settle();
  EXPECT_EQ(end.told.size(), 2u);  // it lies there unread, and nothing came
  end.say("more");
  settle();
  EXPECT_EQ(end.told.size(), 3u);
}

TEST_F(ReadinessSetTest, GivesATurnToWhoAsks) {
  End end(set_);
  settle();
  end.then = [&] {
    if (end.told.size() < 4) set_.soon(end.place());
  };
  set_.soon(end.place());
  EXPECT_EQ(end.told.size(), 1u);  // later, not within
  ASSERT_TRUE(run_until([&] { return end.told.size() == 4; }));
  EXPECT_EQ(end.told, (std::vector<std::uint32_t>{EPOLLOUT, 0, 0, 0}));
}

TEST_F(ReadinessSetTest, TellsNothingToOneThatAnotherHasEnded) {
  // Whichever is told first ends the other, whose events were taken already.
  auto one = std::make_unique<End>(set_);
  auto two = std::make_unique<End>(set_);
  int told = 0;
  one->then = [&] {
    ++told;
    two.reset();
  };
  two->then = [&] {
    ++told;
    one.reset();
  };
  settle();
  EXPECT_EQ(told, 1);
  EXPECT_NE(one == nullptr, two == nullptr);
}

TEST_F(ReadinessSetTest, AnHeirOfPlaceAndDescriptorIsNotToldWhatHappenedBefore) {
  // Whichever is told first replaces the other, of which the kernel, or soon(), has spoken already.
  for (const bool asked : {false, true}) {
    auto one = std::make_unique<End>(set_);
    auto two = std::make_unique<End>(set_);
    settle();
    std::unique_ptr<End> heir;
    const auto replace = [&](std::unique_ptr<End>& other) {
      if (heir != nullptr) return;
      const ReadinessSet::Place place = other->place();
      const int fd = other->fd();
      other.reset();
      heir = std::make_unique<End>(set_);
      EXPECT_EQ(heir->place(), place);
      EXPECT_EQ(heir->fd(), fd);
    };
    one->then = [&] { replace(two); };
    two->then = [&] { replace(one); };
    for (const auto* each : {&one, &two}) {
      (*each)->say("something");
      if (asked) set_.soon((*each)->place());
    }
    settle();
    ASSERT_NE(heir, nullptr);
    EXPECT_EQ(heir->told, std::vector<std::uint32_t>{EPOLLOUT});
  }
}

TEST_F(ReadinessSetTest, ManyReadySocketsLetOthersHaveTheirTurn) {
  std::vector<std::unique_ptr<End>> ends;
  std::size_t told = 0;
  std::size_t told_before_the_task = 0;
  for (int i = 0; i < 400; ++i) {
    ends.push_back(std::make_unique<End>(set_));
    ends.back()->then = [&] {
      if (++told == 1) loop_.post([&] { told_before_the_task = told; });
    };
  }
  ASSERT_TRUE(run_until([&] { return told == ends.size(); }));
  EXPECT_GT(told_before_the_task, 0u);
  EXPECT_LT(told_before_the_task, 100u);
}

TEST_F(ReadinessSetTest, SocketsThatTakeLongLetOthersHaveTheirTurnSooner) {
  ManualClock clock;  // by which a handshake takes 1 ms
  ReadinessSet set(loop_.context(), clock);
  std::vector<std::unique_ptr<End>> ends;
  std::size_t told = 0;
  std::vector<std::size_t> told_before_a_task;
  std::function<void()> task = [&] {
    told_before_a_task.push_back(told);
    if (told < 20) loop_.post(task);
  };
  const auto take_long = [&] {
    if (++told == 1) loop_.post(task);
    clock.advance(std::chrono::milliseconds(1));
  };
  for (int i = 0; i < 10; ++i) {
    ends.push_back(std::make_unique<End>(set));
    ends.back()->then = take_long;
  }
  ASSERT_TRUE(run_until([&] { return told == 10; }));
  for (const auto& each : ends) set.soon(each->place());
  ASSERT_TRUE(run_until([&] { return told == 20; }));
  for (std::size_t i = 1; i < told_before_a_task.size(); ++i) {
    EXPECT_LE(told_before_a_task[i], told_before_a_task[i - 1] + 1) << i;
  }
  EXPECT_GE(told_before_a_task.size(), 19u);
}

TEST_F(ReadinessSetTest, SaysThatADescriptorCannotBeWatched) {
  End end(set_);
  ReadinessSet::Place place = 0;
  EXPECT_EQ(set_.add(-1, end, place), EBADF);
  settle();
  EXPECT_EQ(end.told.size(), 1u);
}

TEST_F(ReadinessSetTest, GoesWhileItsHandlersAreUnderWay) {
  {
    ReadinessSet other(loop_.context(), clock_);
    const End end(other);
    other.soon(end.place());
  }
  settle();
}

/// The streams that stand on it.
class TcpStreamTest : public test::LoopFixture {
 protected:
  [[nodiscard]] Endpoint listener() const {
    return *parse_address("127.0.0.1", acceptor_.local_endpoint().port());
  }
  tcp::socket connect(test::StreamClient& client) {
    client.stream = network_->make_stream(client);
    EXPECT_EQ(client.stream->connect(listener()), StreamError::none);
    EXPECT_FALSE(client.answered);  // from the loop, not from within
    EXPECT_TRUE(run_until([&] { return client.answered; }));
    EXPECT_EQ(client.connected, StreamError::none);
    return acceptor_.accept();
  }
  tcp::acceptor acceptor_{loop_.context(), tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
};

TEST_F(TcpStreamTest, HearsOfTheEndThatCameWithTheLastBytes) {
  for (const bool reset : {false, true}) {
    test::StreamClient client;
    tcp::socket peer = connect(client);
    asio::write(peer, asio::buffer("the last words", 14));
    if (reset) peer.set_option(asio::socket_base::linger(true, 0));
    peer.close();
    ASSERT_TRUE(run_until([&] { return client.ended != StreamError::none; }));
    EXPECT_EQ(client.ended, reset ? StreamError::reset : StreamError::closed_by_peer);
    if (!reset) {
      EXPECT_EQ(client.text, "the last words");
    }
  }
}

TEST_F(TcpStreamTest, IsToldAgainWhileSomethingIsUnread) {
  struct Sipper final : StreamEvents {
    void stream_connected(StreamError) override { stream->wait_readable(); }
    void stream_readable() override {
      char sip[3];
      text.append(sip, stream->read_some(sip).bytes);
      stream->wait_readable();
    }
    void stream_writable() override {}
    StreamPtr stream;
    std::string text;
  } sipper;
  sipper.stream = network_->make_stream(sipper);
  ASSERT_EQ(sipper.stream->connect(listener()), StreamError::none);
  tcp::socket peer = acceptor_.accept();
  asio::write(peer, asio::buffer("all of these words", 18));
  ASSERT_TRUE(run_until([&] { return sipper.text.size() >= 18; }));
  EXPECT_EQ(sipper.text, "all of these words");
}

TEST_F(TcpStreamTest, SaysWhenAFullSocketHasRoomAgain) {
  test::StreamClient client;
  tcp::socket peer = connect(client);
  const std::string much(256 * 1024, 'x');
  std::size_t sent = 0;
  while (const std::size_t some = client.stream->write_some(much).bytes) sent += some;
  client.stream->wait_writable();
  ASSERT_TRUE(run_until([looks = 0]() mutable { return ++looks > 5; }));
  EXPECT_EQ(client.writable, 0);
  peer.non_blocking(true);
  std::vector<char> into(1 << 20);
  std::size_t received = 0;
  ASSERT_TRUE(run_until([&] {
    boost::system::error_code code;
    received += peer.read_some(asio::buffer(into), code);
    return received == sent && client.writable == 1;
  }));
  EXPECT_NE(client.stream->write_some("x").bytes, 0u);
  client.stream->wait_writable();
  ASSERT_TRUE(run_until([&] { return client.writable == 2; }));
}

TEST_F(TcpStreamTest, MayBeReleasedInItsOwnEvents) {
  struct Leaver final : StreamEvents {
    void stream_connected(StreamError) override {
      ++connects;
      if (leave_at_once) return stream.reset();
      stream->wait_readable();
      stream->wait_writable();
    }
    void stream_readable() override { leave(); }
    void stream_writable() override {
      if (leave_when_writable) leave();
    }
    void leave() {
      ++left;
      stream.reset();
    }
    StreamPtr stream;
    bool leave_at_once = false;
    bool leave_when_writable = false;
    int connects = 0;
    int left = 0;
  };
  Leaver at_once, readable, writable;
  at_once.leave_at_once = writable.leave_when_writable = true;
  std::vector<tcp::socket> peers;
  for (Leaver* each : {&at_once, &readable, &writable}) {
    each->stream = network_->make_stream(*each);
    ASSERT_EQ(each->stream->connect(listener()), StreamError::none);
    peers.push_back(acceptor_.accept());
    asio::write(peers.back(), asio::buffer("x", 1));
  }
  ASSERT_TRUE(run_until([&] { return readable.left == 1 && writable.left == 1; }));
  EXPECT_EQ(at_once.connects, 1);
  EXPECT_EQ(at_once.left, 0);
}

TEST_F(TcpStreamTest, LearnsFromTheLoopThatItIsRefused) {
  std::uint16_t port = 0;
  {
    const tcp::acceptor gone(loop_.context(), tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    port = gone.local_endpoint().port();
  }
  test::StreamClient client;
  client.stream = network_->make_stream(client);
  ASSERT_EQ(client.stream->connect(*parse_address("127.0.0.1", port)), StreamError::none);
  EXPECT_FALSE(client.answered);
  ASSERT_TRUE(run_until([&] { return client.answered; }));
  EXPECT_EQ(client.connected, StreamError::connection_refused);
}

}  // namespace
}  // namespace vfleet::net
