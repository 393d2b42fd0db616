// CURVE and ZAP on real sockets: rows "CURVE ..." of the measured failure modes of the control channel.
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <map>
#include <set>
#include <zmq.hpp>

#include "simulator/bus/zap.h"

namespace vfleet::bus {
namespace {

using namespace std::chrono_literals;
using Messages = std::vector<std::vector<std::string>>;

class CurveTest : public ::testing::Test {
 protected:
  /// Admits what is in `names_`.
  void start_zap() {
    auto zap = ZapHandler::open(context_, io_, [this](const ZapRequest& request) -> Result<ZapGrant> {
      asked_.emplace_back(request.key);
      EXPECT_EQ(request.domain, "vfleet");
      const auto found = names_.find(std::string(request.key));
      if (found == names_.end()) return fail(Errc::rejected, "no such key");
      return ZapGrant{found->second, "worker"};
    });
    ASSERT_TRUE(zap) << zap.error().detail;
    zap_ = std::move(*zap);
  }

  std::unique_ptr<ZmqSocket> open(SocketKind kind, SocketOptions options, ZmqSocket::Receive receive,
                                  ZmqContext* context = nullptr) {
    options.reconnect = 10ms;
    auto socket =
        ZmqSocket::open(context == nullptr ? context_ : *context, io_, kind, options, std::move(receive));
    EXPECT_TRUE(socket) << socket.error().detail;
    return std::move(*socket);
  }

  /// A ROUTER that keeps what it gets, and from whom.
  void start_server() {
    server_ = open(SocketKind::router, {.curve = CurveServer{server_keys_.secret_key}},
                   [this](ZmqSocket::Frames frames) {
                     got_.emplace_back(frames.begin() + 1, frames.end());
                     users_.emplace_back(server_->property(kUserId));
                     roles_.emplace_back(server_->property(kRoleProperty));
                     keys_.emplace_back(server_->property(kKeyProperty));
                   });
    server_->on_handshake([this](Handshake how, const std::string&) { ++server_saw_[how]; });
    ASSERT_TRUE(server_->bind("tcp://127.0.0.1:*"));
  }

  CurveClient client_keys(const KeyPair& keys) const { return {keys, server_keys_.public_key}; }

  std::unique_ptr<ZmqSocket> client(SocketOptions options) {
    auto socket = open(SocketKind::dealer, std::move(options), [](ZmqSocket::Frames) {});
    socket->on_handshake([this](Handshake how, const std::string&) { ++client_saw_[how]; });
    EXPECT_TRUE(socket->connect(server_->endpoint()));
    return socket;
  }

  bool run_until(const std::function<bool()>& done, std::chrono::milliseconds patience = 60s) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!done()) {
      if (std::chrono::steady_clock::now() > end) return false;
      io_.restart();
      io_.run_one_for(20ms);
    }
    return true;
  }

  ZmqContext context_;
  boost::asio::io_context io_;
  KeyPair server_keys_ = make_key_pair().value();
  KeyPair known_ = make_key_pair().value();
  KeyPair stranger_ = make_key_pair().value();
  std::map<std::string, std::string> names_{{known_.public_key, "alice"}};
  std::vector<std::string> asked_;
  std::unique_ptr<ZapHandler> zap_;
  std::unique_ptr<ZmqSocket> server_;
  Messages got_;
  std::vector<std::string> users_;
  std::vector<std::string> roles_;
  std::vector<std::string> keys_;
  std::map<Handshake, int> server_saw_;
  std::map<Handshake, int> client_saw_;
};

TEST_F(CurveTest, AnAdmittedKeyIsKnownByNameRoleAndKey) {
  start_zap();
  start_server();
  auto alice = client({.curve = client_keys(known_)});
  ASSERT_TRUE(run_until([&] { return alice->send({"hello", "world"}).has_value(); }));
  ASSERT_TRUE(run_until([&] { return !got_.empty(); }));
  EXPECT_EQ(got_.front(), (std::vector<std::string>{"hello", "world"}));
  EXPECT_EQ(users_.front(), "alice");
  EXPECT_EQ(roles_.front(), "worker");
  EXPECT_EQ(keys_.front(), to_hex(known_.public_key));
  EXPECT_EQ(server_->property(kUserId), "") << "only while a message is received";
  EXPECT_EQ(client_saw_[Handshake::succeeded], 1);
  EXPECT_EQ(zap_->admitted(), 1U);
}

// Row "CURVE ok, no ZAP: any client key is accepted".
TEST_F(CurveTest, ASocketWithKeysDoesNotBindWhileNobodyChecksThem) {
  auto socket =
      open(SocketKind::router, {.curve = CurveServer{server_keys_.secret_key}}, [](ZmqSocket::Frames) {});
  const auto bound = socket->bind("tcp://127.0.0.1:*");
  ASSERT_FALSE(bound);
  EXPECT_EQ(bound.error().code, Errc::rejected);
  EXPECT_EQ(socket->endpoint(), "");
  start_zap();
  EXPECT_TRUE(socket->bind("tcp://127.0.0.1:*"));
}

TEST_F(CurveTest, TheZapHandlerOutlivesWhatItGuardsOrTheProcessEnds) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_DEATH(
      {
        start_zap();
        start_server();
        zap_.reset();
      },
      "ZAP handler ends before the sockets");
}

TEST_F(CurveTest, ThereIsOneZapHandlerAContext) {
  start_zap();
  const auto second = ZapHandler::open(context_, io_, [](const ZapRequest&) {
    return ZapGrant{"x", "viewer"};
  });
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::unavailable);
}

// Row "CURVE + ZAP, key not allowed: HANDSHAKE_FAILED_AUTH on both, no retry".
TEST_F(CurveTest, AKeyThatIsNotAllowedIsDeniedAndBothSidesKnow) {
  start_zap();
  start_server();
  auto eve = client({.curve = client_keys(stranger_)});
  ASSERT_TRUE(
      run_until([&] { return client_saw_[Handshake::denied] == 1 && server_saw_[Handshake::denied] == 1; }));
  EXPECT_FALSE(eve->send({"let me in"}));
  EXPECT_EQ(zap_->denied(), 1U);
  EXPECT_EQ(zap_->admitted(), 0U);
  EXPECT_EQ(asked_.front(), stranger_.public_key);
  // Once it is allowed, it comes in by connecting anew; by itself the library would not.
  names_[stranger_.public_key] = "eve";
  EXPECT_FALSE(run_until([&] { return eve->send({"hello"}).has_value(); }, 300ms));
  ASSERT_TRUE(eve->reconnect());
  ASSERT_TRUE(run_until([&] { return eve->send({"hello"}).has_value(); }));
  ASSERT_TRUE(run_until([&] { return !got_.empty(); }));
  EXPECT_EQ(users_.front(), "eve");
}

// Row "CURVE wrong server key: retries ~10/s for ever; publisher sees PROTOCOL each time, client NO_DETAIL".
TEST_F(CurveTest, AWrongServerKeyIsSeenByTheClientAsBrokenOff) {
  start_zap();
  start_server();
  auto lost = client({.curve = CurveClient{known_, stranger_.public_key}});
  ASSERT_TRUE(run_until([&] { return client_saw_[Handshake::broken_off] >= 2; }));
  EXPECT_GT(server_saw_[Handshake::protocol], 0);
  EXPECT_TRUE(asked_.empty()) << "it does not come as far as its own key";
  lost->close();
}

// Row "plain client to CURVE server: PROTOCOL failure on both, no retry".
TEST_F(CurveTest, APlainClientIsRefusedAndKnowsWhy) {
  start_zap();
  start_server();
  auto plain = client({});
  // Which of the two is seen depends on who closes first.
  ASSERT_TRUE(
      run_until([&] { return client_saw_[Handshake::protocol] + client_saw_[Handshake::broken_off] > 0; }));
  EXPECT_FALSE(plain->send({"hello"}));
  EXPECT_TRUE(got_.empty());
  EXPECT_TRUE(asked_.empty());
}

TEST_F(CurveTest, AClientWithKeysIsNotFooledByAPlainServer) {
  server_ = open(SocketKind::router, {}, [this](ZmqSocket::Frames) { got_.emplace_back(); });
  ASSERT_TRUE(server_->bind("tcp://127.0.0.1:*"));
  auto alice = client({.curve = client_keys(known_)});
  ASSERT_TRUE(run_until([&] { return client_saw_[Handshake::protocol] == 1; }));
  EXPECT_FALSE(alice->send({"secret"}));
}

TEST_F(CurveTest, ANameInTheClientsOwnWordsCountsNothing) {
  // The routing id is the client's to choose; who it is, is not.
  start_zap();
  start_server();
  auto alice = client({.identity = "root", .curve = client_keys(known_)});
  ASSERT_TRUE(run_until([&] { return alice->send({"x"}).has_value(); }));
  ASSERT_TRUE(run_until([&] { return !got_.empty(); }));
  EXPECT_EQ(users_.front(), "alice");
}

TEST_F(CurveTest, AnAnswerThatIsNotUnderstoodIsARefusal) {
  // Somebody in the process asks the handler nonsense; it answers 400 or nothing, and lives.
  start_zap();
  start_server();
  Messages answers;
  auto asker =
      open(SocketKind::dealer, {}, [&](ZmqSocket::Frames f) { answers.emplace_back(f.begin(), f.end()); });
  ASSERT_TRUE(asker->connect(kZapEndpoint));
  ASSERT_TRUE(asker->send({"", "1.0", "1", "vfleet", "addr", "", "CURVE", "short"}));
  ASSERT_TRUE(asker->send({"no envelope"}));
  ASSERT_TRUE(asker->send({"", "9.9"}));
  ASSERT_TRUE(run_until([&] { return answers.size() == 2; }));
  for (const auto& each : answers) EXPECT_EQ(each.at(3), "400");
  auto alice = client({.curve = client_keys(known_)});
  EXPECT_TRUE(run_until([&] { return alice->send({"x"}).has_value(); }));
}

}  // namespace
}  // namespace vfleet::bus
