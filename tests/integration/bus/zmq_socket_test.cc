#include "simulator/bus/zmq_socket.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <filesystem>

namespace vfleet::bus {
namespace {

using namespace std::chrono_literals;

std::vector<std::string> owned(ZmqSocket::Frames frames) {
  return {frames.begin(), frames.end()};
}

class ZmqSocketTest : public ::testing::Test {
 protected:
  using Messages = std::vector<std::vector<std::string>>;

  ZmqSocketTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "vfleet-bus-XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~ZmqSocketTest() override { std::filesystem::remove_all(folder_); }

  std::string ipc(const std::string& name) { return "ipc://" + folder_ + "/" + name; }

  std::unique_ptr<ZmqSocket> open(
      SocketKind kind, const SocketOptions& options = {},
      ZmqSocket::Receive receive = [](ZmqSocket::Frames) {}) {
    auto socket = ZmqSocket::open(context_, io_, kind, options, std::move(receive));
    EXPECT_TRUE(socket) << socket.error().detail;
    return socket ? std::move(*socket) : nullptr;
  }
  std::unique_ptr<ZmqSocket> open_into(SocketKind kind, Messages& into, const SocketOptions& options = {}) {
    return open(kind, options, [&into](ZmqSocket::Frames frames) { into.push_back(owned(frames)); });
  }

  /// Runs the loop until `done`; false when 10 s passed.
  bool run_until(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (!done()) {
      if (std::chrono::steady_clock::now() > end) return false;
      io_.restart();
      io_.run_one_for(20ms);
    }
    return true;
  }

  ZmqContext context_;
  boost::asio::io_context io_;
  std::string folder_;
};

TEST_F(ZmqSocketTest, CarriesAllFramesOfAMessageBothWays) {
  Messages at_router;
  Messages at_dealer;
  auto router = open_into(SocketKind::router, at_router);
  auto dealer = open_into(SocketKind::dealer, at_dealer, {.identity = "worker-3"});
  ASSERT_TRUE(router->bind(ipc("a")));
  ASSERT_TRUE(dealer->connect(ipc("a")));
  ASSERT_TRUE(run_until([&] { return dealer->send({"J", "", "body"}).has_value(); }));
  ASSERT_TRUE(run_until([&] { return !at_router.empty(); }));
  EXPECT_EQ(at_router.front(), (std::vector<std::string>{"worker-3", "J", "", "body"}));
  ASSERT_TRUE(router->send({"worker-3", "W", "hello"}));
  ASSERT_TRUE(run_until([&] { return !at_dealer.empty(); }));
  EXPECT_EQ(at_dealer.front(), (std::vector<std::string>{"W", "hello"}));
}

TEST_F(ZmqSocketTest, ReadsAllOfManyMessagesFromOneWake) {
  Messages got;
  auto pull = open_into(SocketKind::pull, got, {.receive_hwm = 0});
  auto push = open(SocketKind::push, {.send_hwm = 0});
  ASSERT_TRUE(pull->bind(ipc("a")));
  ASSERT_TRUE(push->connect(ipc("a")));
  ASSERT_TRUE(run_until([&] { return push->send({"0"}).has_value(); }));
  for (int i = 1; i < 10000; ++i) ASSERT_TRUE(push->send({std::to_string(i)}));
  ASSERT_TRUE(run_until([&] { return got.size() == 10000; })) << got.size();
  for (int i = 0; i < 10000; ++i) ASSERT_EQ(got[static_cast<std::size_t>(i)].front(), std::to_string(i));
}

TEST_F(ZmqSocketTest, LetsOthersRunBetweenItsTurns) {
  std::size_t got = 0;
  auto pull = open(SocketKind::pull, {.receive_hwm = 0}, [&](ZmqSocket::Frames) { ++got; });
  auto push = open(SocketKind::push, {.send_hwm = 0});
  ASSERT_TRUE(pull->bind("inproc://turns"));
  ASSERT_TRUE(push->connect("inproc://turns"));
  for (int i = 0; i < 5000; ++i) ASSERT_TRUE(push->send({"x"}));
  std::size_t longest = 0;
  std::size_t before = 0;
  std::function<void()> look = [&] {
    longest = std::max(longest, got - before);
    before = got;
    if (got < 5000) boost::asio::post(io_, look);
  };
  look();
  ASSERT_TRUE(run_until([&] { return got == 5000; }));
  EXPECT_LE(longest, 256u);
}

TEST_F(ZmqSocketTest, ASendInTheReceiveFunctionLosesNoWake) {
  // Ping-pong: each side sends from within its receive function, which takes the edge of the descriptor away.
  int rounds = 0;
  std::unique_ptr<ZmqSocket> left;
  std::unique_ptr<ZmqSocket> right;
  left = open(SocketKind::dealer, {}, [&](ZmqSocket::Frames f) {
    if (++rounds < 20000) {
      ASSERT_TRUE(left->send(f));
    }
  });
  right = open(SocketKind::dealer, {}, [&](ZmqSocket::Frames f) { ASSERT_TRUE(right->send(f)); });
  ASSERT_TRUE(left->bind(ipc("a")));
  ASSERT_TRUE(right->connect(ipc("a")));
  ASSERT_TRUE(run_until([&] { return left->send({"ball"}).has_value(); }));
  for (int i = 0; i < 9; ++i) ASSERT_TRUE(left->send({"ball"}));
  EXPECT_TRUE(run_until([&] { return rounds >= 20000; })) << rounds;
}

TEST_F(ZmqSocketTest, NeverBlocksAndTellsWhenThereIsRoomAgain) {
  auto push = open(SocketKind::push, {.send_hwm = 10});
  int told = 0;
  push->on_writable([&] { ++told; });
  const auto nobody = push->send({"x"});
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().code, Errc::unavailable);
  Messages got;
  auto pull = open_into(SocketKind::pull, got, {.receive_hwm = 10});
  ASSERT_TRUE(pull->bind(ipc("a")));
  ASSERT_TRUE(push->connect(ipc("a")));
  ASSERT_TRUE(run_until([&] { return told == 1; }));
  EXPECT_TRUE(push->send({"x"}));
  EXPECT_EQ(push->refused(), 1u);
  ASSERT_TRUE(run_until([&] { return got.size() == 1; }));
}

TEST_F(ZmqSocketTest, ASendToAnUnknownPeerIsAnError) {
  auto router = open(SocketKind::router);
  ASSERT_TRUE(router->bind(ipc("a")));
  const auto status = router->send({"worker-9", "W"});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Errc::link_down);
}

TEST_F(ZmqSocketTest, ARestartedPeerTakesItsIdentityOver) {
  Messages at_router;
  Messages at_second;
  auto router = open_into(SocketKind::router, at_router);
  auto first = open(SocketKind::dealer, {.identity = "worker-1"});
  auto second = open_into(SocketKind::dealer, at_second, {.identity = "worker-1"});
  ASSERT_TRUE(router->bind(ipc("a")));
  ASSERT_TRUE(first->connect(ipc("a")));
  ASSERT_TRUE(run_until([&] { return first->send({"1"}).has_value(); }));
  ASSERT_TRUE(run_until([&] { return at_router.size() == 1; }));
  ASSERT_TRUE(second->connect(ipc("a")));
  ASSERT_TRUE(run_until([&] { return second->send({"2"}).has_value(); }));
  ASSERT_TRUE(run_until([&] { return at_router.size() == 2; }));
  ASSERT_TRUE(router->send({"worker-1", "hello"}));
  EXPECT_TRUE(run_until([&] { return at_second.size() == 1; }));
}

TEST_F(ZmqSocketTest, TheWelcomeComesToWhoSubscribedBeforeConnecting) {
  Messages got;
  Messages joined;
  auto sub = open_into(SocketKind::sub, got, {.subscriptions = {"W", "C"}});
  ASSERT_TRUE(sub->connect(ipc("a")));
  auto xpub = open_into(SocketKind::xpub, joined, {.xpub_welcome = "Wepoch", .xpub_verbose = true});
  ASSERT_TRUE(xpub->bind(ipc("a")));
  // One welcome a subscription: a subscriber that is filtered by topic still gets it for each.
  ASSERT_TRUE(run_until([&] { return joined.size() == 2 && !got.empty(); }));
  EXPECT_EQ(got.front(), (std::vector<std::string>{"Wepoch"}));
  ASSERT_TRUE(xpub->send({"C", "command"}));
  ASSERT_TRUE(run_until([&] { return got.back() == std::vector<std::string>{"C", "command"}; }));
}

TEST_F(ZmqSocketTest, AnIpcPathThatIsTooLongIsRefusedByName) {
  auto socket = open(SocketKind::xpub);
  const std::string longest = "ipc:///" + std::string(106, 'a');
  EXPECT_TRUE(check_endpoint(longest));
  for (const Status& status : {socket->bind(longest + "a"), socket->connect(longest + "a")}) {
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, Errc::invalid_argument);
    EXPECT_NE(status.error().detail.find("108 bytes"), std::string::npos) << status.error().detail;
  }
  EXPECT_FALSE(check_endpoint("ipc://"));
}

TEST_F(ZmqSocketTest, ABadOrTakenAddressIsAnErrorNotAnException) {
  auto first = open(SocketKind::xpub);
  auto second = open(SocketKind::xpub);
  EXPECT_EQ(first->bind("nonsense").error().code, Errc::invalid_argument);
  EXPECT_EQ(first->connect("smtp://x").error().code, Errc::invalid_argument);
  EXPECT_EQ(first->bind("ipc:///nonexistent-folder/x").error().code, Errc::unavailable);
  ASSERT_TRUE(first->bind("tcp://127.0.0.1:*"));
  EXPECT_EQ(first->endpoint().rfind("tcp://127.0.0.1:", 0), 0u);
  EXPECT_EQ(second->bind(first->endpoint()).error().code, Errc::unavailable);
}

TEST_F(ZmqSocketTest, ItMayBeClosedOrDestroyedInItsReceiveFunction) {
  for (const bool destroy : {false, true}) {
    int calls = 0;
    std::unique_ptr<ZmqSocket> pull;
    pull = open(SocketKind::pull, {}, [&](ZmqSocket::Frames frames) {
      ++calls;
      if (destroy) {
        pull.reset();
      } else {
        pull->close();
      }
      EXPECT_EQ(frames.front(), "x");
    });
    auto push = open(SocketKind::push);
    const std::string at = ipc(destroy ? "destroyed" : "closed");
    ASSERT_TRUE(pull->bind(at));
    ASSERT_TRUE(push->connect(at));
    ASSERT_TRUE(run_until([&] { return push->send({"x"}).has_value(); }));
    ASSERT_TRUE(push->send({"x"}));
    ASSERT_TRUE(run_until([&] { return calls == 1; }));
    io_.restart();
    io_.run_for(50ms);
    EXPECT_EQ(calls, 1);
    if (pull) {
      EXPECT_FALSE(pull->send({"x"}));
      EXPECT_EQ(pull->endpoint(), "");
    }
  }
}

TEST_F(ZmqSocketTest, FramesOverTheLimitAreNotTaken) {
  Messages got;
  auto pull = open_into(SocketKind::pull, got, {.message_bytes_max = 1000});
  auto push = open(SocketKind::push, {.reconnect = 10ms});
  ASSERT_TRUE(pull->bind(ipc("a")));
  ASSERT_TRUE(push->connect(ipc("a")));
  ASSERT_TRUE(run_until([&] { return push->send({std::string(2000, 'x')}).has_value(); }));
  ASSERT_TRUE(run_until([&] {
    (void)push->send({"small"});
    return !got.empty();
  }));
  EXPECT_EQ(got.front().front(), "small");
}

TEST_F(ZmqSocketTest, AMessageOfTooManyFramesIsDropped) {
  Messages got;
  auto pull = open_into(SocketKind::pull, got);
  auto push = open(SocketKind::push);
  ASSERT_TRUE(pull->bind("inproc://frames"));
  ASSERT_TRUE(push->connect("inproc://frames"));
  const std::vector<std::string_view> many(65, "x");
  ASSERT_TRUE(push->send(many));
  ASSERT_TRUE(push->send(std::span(many).first(64)));
  ASSERT_TRUE(run_until([&] { return !got.empty(); }));
  EXPECT_EQ(got.size(), 1u);
  EXPECT_EQ(got.front().size(), 64u);
}

}  // namespace
}  // namespace vfleet::bus
