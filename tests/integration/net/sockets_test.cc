#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <set>

#include "simulator/net/stream_source.h"
#include "tests/integration/net/stream_client.h"
#include "tests/support/loop_fixture.h"

namespace vfleet::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::ip::udp;

std::unique_ptr<StreamSource> source_of(const std::vector<std::string>& addresses) {
  StreamOptions options;
  options.sources = *parse_sources(addresses);
  return std::move(*StreamSource::make(std::move(options)));
}

class SocketsTest : public test::LoopFixture {
 protected:
  [[nodiscard]] Endpoint listener() const {
    return *parse_address("127.0.0.1", acceptor_.local_endpoint().port());
  }
  tcp::acceptor acceptor_{loop_.context(), tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
};

TEST_F(SocketsTest, StartsConnectionsFromEachSourceAddressInTurn) {
  const auto source = source_of({"127.0.0.2-127.0.0.4"});
  std::vector<std::unique_ptr<test::StreamClient>> clients;
  std::multiset<std::string> seen;
  for (int i = 0; i < 6; ++i) {
    auto& client = *clients.emplace_back(std::make_unique<test::StreamClient>());
    client.stream = network_->make_stream(client, *source);
    ASSERT_EQ(client.stream->connect(listener()), StreamError::none);
    ASSERT_TRUE(run_until([&] { return client.answered; }));
    ASSERT_EQ(client.connected, StreamError::none);
    seen.insert(acceptor_.accept().remote_endpoint().address().to_string());
  }
  EXPECT_EQ(seen, (std::multiset<std::string>{"127.0.0.2", "127.0.0.2", "127.0.0.3", "127.0.0.3", "127.0.0.4",
                                              "127.0.0.4"}));
}

TEST_F(SocketsTest, SaysThatASourceAddressIsNotOfThisMachine) {
  const auto source = source_of({"192.0.2.1"});
  test::StreamClient client;
  client.stream = network_->make_stream(client, *source);
  EXPECT_EQ(client.stream->connect(listener()), StreamError::source_address);
  const auto other_family = source_of({"::1"});
  test::StreamClient second;
  second.stream = network_->make_stream(second, *other_family);
  EXPECT_EQ(second.stream->connect(listener()), StreamError::source_address);
}

struct Talker final : DatagramEvents {
  void datagram_readable() override {
    char buffer[64];
    const auto result = socket->receive(buffer);
    if (result.done) texts.emplace_back(buffer, result.bytes);
    if (result.error != StreamError::none) error = result.error;
    socket->wait_readable();
  }
  void datagram_writable() override { ++writable; }
  DatagramPtr socket;
  std::vector<std::string> texts;
  StreamError error = StreamError::none;
  int writable = 0;
};

TEST_F(SocketsTest, SendsAndReceivesDatagrams) {
  udp::socket peer(loop_.context(), udp::endpoint(asio::ip::address_v4::loopback(), 0));
  const auto source = source_of({"127.0.0.7"});
  Talker talker;
  talker.socket = network_->make_datagram(talker, *source);
  ASSERT_EQ(talker.socket->connect(*parse_address("127.0.0.1", peer.local_endpoint().port())),
            StreamError::none);
  talker.socket->wait_readable();
  ASSERT_TRUE(talker.socket->send("hello").done);
  char buffer[64];
  udp::endpoint from;
  ASSERT_EQ(peer.receive_from(asio::buffer(buffer), from), 5u);
  EXPECT_EQ(from.address().to_string(), "127.0.0.7");
  peer.send_to(asio::buffer("hi", 2), from);
  peer.send_to(asio::buffer("", 0), from);
  ASSERT_TRUE(run_until([&] { return talker.texts.size() == 2; }));
  EXPECT_EQ(talker.texts, (std::vector<std::string>{"hi", ""}));
  talker.socket->wait_writable();
  ASSERT_TRUE(run_until([&] { return talker.writable == 1; }));
  EXPECT_EQ(talker.socket->send(std::string(70'000, 'x')).error, StreamError::too_long);
  EXPECT_TRUE(talker.socket->send("and on").done);
}

TEST_F(SocketsTest, LearnsThatNobodyListensForDatagrams) {
  std::uint16_t port = 0;
  {
    const udp::socket gone(loop_.context(), udp::endpoint(asio::ip::address_v4::loopback(), 0));
    port = gone.local_endpoint().port();
  }
  Talker talker;
  talker.socket = network_->make_datagram(talker);
  ASSERT_EQ(talker.socket->connect(*parse_address("127.0.0.1", port)), StreamError::none);
  talker.socket->wait_readable();
  EXPECT_TRUE(talker.socket->send("hello").done);
  ASSERT_TRUE(run_until([&] { return talker.error != StreamError::none; }));
  EXPECT_EQ(talker.error, StreamError::connection_refused);
}

}  // namespace
}  // namespace vfleet::net
