#include "tests/support/simulated_network.h"

#include <gtest/gtest.h>

#include "simulator/loop/virtual_loop.h"
#include "simulator/net/stream_source.h"

namespace vfleet::test {
namespace {

using namespace std::chrono_literals;
using net::StreamError;
using Cut = SimulatedConnection::Cut;

/// A client that writes down what happens to it.
struct Client final : net::StreamEvents {
  explicit Client(SimulatedNetwork& network) : stream(network.make_stream(*this)) {}
  Client(SimulatedNetwork& network, net::StreamSource& source) : stream(network.make_stream(*this, source)) {}

  void stream_connected(StreamError error) override {
    ++answers;
    connected = error;
    if (error == StreamError::none) stream->wait_readable();
  }
  void stream_readable() override {
    char buffer[4096];
    const auto [size, error] = stream->read_some(buffer);
    if (size > 0) ++reads;
    text.append(buffer, size);
    if (error != StreamError::none) {
      ended = error;
    } else {
      stream->wait_readable();
    }
  }
  void stream_writable() override { ++writable; }

  std::string text;
  int answers = 0;
  int reads = 0;
  int writable = 0;
  StreamError connected = StreamError::failed;
  StreamError ended = StreamError::none;
  net::StreamPtr stream;
};

class SimulatedNetworkTest : public testing::Test {
 protected:
  std::unique_ptr<Client> connect() {
    auto client = std::make_unique<Client>(network);
    EXPECT_EQ(client->stream->connect(server.endpoint()), StreamError::none);
    return client;
  }
  std::unique_ptr<Client> connected() {
    auto client = connect();
    loop.run_for(1s);
    EXPECT_EQ(client->connected, StreamError::none);
    return client;
  }
  [[nodiscard]] SimulatedConnection& connection() const { return *server.connections().front(); }

  loop::VirtualLoop loop;
  SimulatedNetwork network{loop};
  SimulatedServer& server = network.listen(80);
};

TEST_F(SimulatedNetworkTest, ConnectsAfterOneWayThereAndOneBack) {
  server.delay = 20ms;
  const auto client = connect();
  loop.run_for(39ms);
  EXPECT_EQ(client->answers, 0);
  EXPECT_EQ(server.accepted_count(), 1u);
  loop.run_for(1ms);
  EXPECT_EQ(client->answers, 1);
  EXPECT_EQ(client->connected, StreamError::none);
}

TEST_F(SimulatedNetworkTest, TellsNothingFromWithinACall) {
  const auto client = connect();
  EXPECT_EQ(client->answers, 0);
  loop.run_for(0s);
  EXPECT_EQ(client->answers, 1);
}

TEST_F(SimulatedNetworkTest, RefusesWhereNobodyListens) {
  server.listening = false;
  const auto refused = connect();
  Client nowhere(network);
  EXPECT_EQ(nowhere.stream->connect(*net::parse_address("10.0.0.1", 1)), StreamError::none);
  loop.run_for(1s);
  EXPECT_EQ(refused->connected, StreamError::connection_refused);
  EXPECT_EQ(nowhere.connected, StreamError::connection_refused);
}

TEST_F(SimulatedNetworkTest, MayGiveAnAttemptNoAnswerAtAll) {
  server.answers = false;
  const auto client = connect();
  loop.run_for(1h);
  EXPECT_EQ(client->answers, 0);
}

TEST_F(SimulatedNetworkTest, CarriesBytesBothWaysWithTheirDelay) {
  server.delay = 10ms;
  server.received = [](SimulatedConnection& c, std::string_view bytes) {
    c.send("got " + std::string(bytes));
  };
  const auto client = connected();
  EXPECT_EQ(client->stream->write_some("hello").bytes, 5u);
  loop.run_for(19ms);
  EXPECT_EQ(client->text, "");
  loop.run_for(1ms);
  EXPECT_EQ(client->text, "got hello");
}

TEST_F(SimulatedNetworkTest, KeepsTheOrderThoughTheDelayShrinks) {
  const auto client = connected();
  server.delay = 50ms;
  connection().send("first ");
  server.delay = 0ms;
  connection().send("second");
  loop.run_for(1s);
  EXPECT_EQ(client->text, "first second");
}

TEST_F(SimulatedNetworkTest, CutsWhatPassesIntoSlices) {
  server.slice = 1;
  std::size_t calls = 0;
  server.received = [&](SimulatedConnection&, std::string_view bytes) {
    EXPECT_EQ(bytes.size(), 1u);
    ++calls;
  };
  const auto client = connected();
  EXPECT_EQ(client->stream->write_some("hello").bytes, 5u);
  connection().send("abc");
  loop.run_for(1s);
  EXPECT_EQ(calls, 5u);
  EXPECT_EQ(client->text, "abc");
  EXPECT_EQ(client->reads, 3);
}

TEST_F(SimulatedNetworkTest, ASlowReaderFillsTheWindowAndRoomComesWhenItReads) {
  server.window = 10;
  server.delay = 5ms;
  std::string seen;
  server.received = [&](SimulatedConnection&, std::string_view bytes) { seen += bytes; };
  const auto client = connected();
  connection().read(false);
  EXPECT_EQ(client->stream->write_some("0123456789abc").bytes, 10u);
  EXPECT_EQ(client->stream->write_some("abc").bytes, 0u);
  client->stream->wait_writable();
  loop.run_for(1h);
  EXPECT_EQ(client->writable, 0);
  EXPECT_EQ(seen, "");
  connection().read(true);
  loop.run_for(5ms);
  EXPECT_EQ(client->writable, 1);
  EXPECT_EQ(seen, "0123456789");
  EXPECT_EQ(client->stream->write_some("abc").bytes, 3u);
  loop.run_for(5ms);
  EXPECT_EQ(seen, "0123456789abc");
}

TEST_F(SimulatedNetworkTest, EndsInOrderBehindWhatWasSent) {
  const auto client = connected();
  connection().send("bye");
  connection().close();
  loop.run_for(1s);
  EXPECT_EQ(client->text, "bye");
  EXPECT_EQ(client->ended, StreamError::closed_by_peer);
  // Whoever writes to a closed peer learns it by a reset.
  EXPECT_EQ(client->stream->write_some("x").bytes, 1u);
  loop.run_for(1s);
  EXPECT_EQ(client->stream->write_some("x").error, StreamError::reset);
}

TEST_F(SimulatedNetworkTest, AResetFailsReadsAndWrites) {
  const auto client = connected();
  connection().reset();
  loop.run_for(1s);
  EXPECT_EQ(client->ended, StreamError::reset);
  EXPECT_EQ(client->stream->write_some("x").error, StreamError::reset);
  EXPECT_TRUE(server.connections().empty());
}

TEST_F(SimulatedNetworkTest, AHalfOpenConnectionTakesBytesAndSaysNothing) {
  server.window = 8;
  std::string seen;
  server.received = [&](SimulatedConnection&, std::string_view bytes) { seen += bytes; };
  const auto client = connected();
  connection().go_silent();
  connection().send("lost");
  EXPECT_EQ(client->stream->write_some("01234567").bytes, 8u);
  EXPECT_EQ(client->stream->write_some("8").bytes, 0u);
  client->stream->wait_writable();
  loop.run_for(24h);
  EXPECT_EQ(client->text, "");
  EXPECT_EQ(seen, "");
  EXPECT_EQ(client->ended, StreamError::none);
  EXPECT_EQ(client->writable, 0);
}

TEST_F(SimulatedNetworkTest, CutsAtExactlyTheByteItIsToldInEitherDirection) {
  for (const Cut cut : {Cut::reset, Cut::end, Cut::silence}) {
    for (std::size_t at = 0; at <= 5; ++at) {
      std::string seen;
      server.received = [&](SimulatedConnection&, std::string_view bytes) { seen += bytes; };
      const auto up = connected();
      server.connections().back()->cut_after_received(at, cut);
      EXPECT_EQ(up->stream->write_some("hello").bytes, 5u);
      loop.run_for(1s);
      EXPECT_EQ(seen, std::string("hello").substr(0, at));
      EXPECT_EQ(up->ended, cut == Cut::reset ? StreamError::reset
                           : cut == Cut::end ? StreamError::closed_by_peer
                                             : StreamError::none);
      const auto down = connected();
      const auto last = server.connections().back();
      last->cut_after_sent(at, cut);
      last->send("world");
      loop.run_for(1s);
      EXPECT_EQ(down->text, std::string("world").substr(0, at));
      EXPECT_EQ(down->ended, up->ended);
    }
  }
}

TEST_F(SimulatedNetworkTest, TellsTheServerWhenAClientGoesAndForgetsTheConnection) {
  std::size_t gone = 0;
  server.closed = [&](SimulatedConnection&) { ++gone; };
  auto client = connected();
  client.reset();
  loop.run_for(1s);
  EXPECT_EQ(gone, 1u);
  EXPECT_TRUE(server.connections().empty());
  auto early = connect();
  early.reset();
  loop.run_for(1s);
}

TEST_F(SimulatedNetworkTest, AServerThatStopsResetsItsConnectionsAndMayStartAgain) {
  const auto client = connected();
  server.stop();
  const auto late = connect();
  loop.run_for(1s);
  EXPECT_EQ(client->ended, StreamError::reset);
  EXPECT_EQ(late->connected, StreamError::connection_refused);
  server.start();
  EXPECT_EQ(connected()->connected, StreamError::none);
}

TEST_F(SimulatedNetworkTest, ResolvesTheNamesItWasGiven) {
  network.names["broker.example"] = {"127.0.0.1", "::1"};
  network.lookup_delay = 30ms;
  std::vector<net::Endpoint> found;
  int answers = 0;
  const auto done = [&](std::vector<net::Endpoint> each) {
    found = std::move(each);
    ++answers;
  };
  network.resolve("broker.example", 1883, done);
  EXPECT_EQ(answers, 0);
  loop.run_for(30ms);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[1], *net::parse_address("::1", 1883));
  network.resolve("nobody.example", 1883, done);
  loop.run_for(30ms);
  EXPECT_EQ(answers, 2);
  EXPECT_TRUE(found.empty());
}

TEST_F(SimulatedNetworkTest, FailsAttemptsAsTold) {
  network.connect_errors = {StreamError::no_descriptors};
  Client client(network);
  EXPECT_EQ(client.stream->connect(server.endpoint()), StreamError::no_descriptors);
  EXPECT_EQ(connected()->connected, StreamError::none);
}

TEST_F(SimulatedNetworkTest, StartsFromEachSourceAddressInTurnAndPassesOverFullOnes) {
  network.ports_per_source = 2;
  net::StreamOptions options;
  options.sources = *net::parse_sources({"127.0.0.1-127.0.0.2"});
  const auto source = std::move(*net::StreamSource::make(std::move(options)));
  std::vector<std::string> seen;
  server.accepted = [&](SimulatedConnection& c) {
    seen.push_back("127.0.0." + std::to_string(c.source().address[3]));
  };
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(std::make_unique<Client>(network, *source));
    EXPECT_EQ(clients.back()->stream->connect(server.endpoint()), StreamError::none);
    loop.run_for(10ms);
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"127.0.0.1", "127.0.0.2", "127.0.0.1", "127.0.0.2"}));
  Client fifth(network, *source);
  EXPECT_EQ(fifth.stream->connect(server.endpoint()), StreamError::no_ports);
  clients[1].reset();
  loop.run_for(net::SourceAddresses::kPause);
  Client sixth(network, *source);
  EXPECT_EQ(sixth.stream->connect(server.endpoint()), StreamError::none);
  loop.run_for(10ms);
  EXPECT_EQ(seen.back(), "127.0.0.2");
}

struct Talker final : net::DatagramEvents {
  explicit Talker(SimulatedNetwork& network) : socket(network.make_datagram(*this)) {
    EXPECT_EQ(socket->connect(*net::parse_address("127.0.0.1", 9)), StreamError::none);
    socket->wait_readable();
  }
  void datagram_readable() override {
    char buffer[64];
    while (true) {
      const auto result = socket->receive(buffer);
      if (result.error != StreamError::none) errors.push_back(result.error);
      if (!result.done) break;
      texts.emplace_back(buffer, result.bytes);
    }
    socket->wait_readable();
  }
  void datagram_writable() override { ++writable; }
  std::vector<std::string> texts;
  std::vector<StreamError> errors;
  int writable = 0;
  net::DatagramPtr socket;
};

TEST_F(SimulatedNetworkTest, CarriesDatagramsAndLosesThoseItIsTold) {
  SimulatedReceiver& receiver = network.receive(9);
  receiver.delay = 10ms;
  receiver.received = [](std::string_view bytes, const auto& reply) { reply("re " + std::string(bytes)); };
  int passed = 0;
  receiver.lost = [&] { return ++passed == 3; };
  Talker talker(network);
  EXPECT_TRUE(talker.socket->send("a").done);
  loop.run_for(20ms);
  EXPECT_TRUE(talker.socket->send("b").done);
  EXPECT_TRUE(talker.socket->send("").done);
  loop.run_for(20ms);
  EXPECT_EQ(talker.texts, (std::vector<std::string>{"re a", "re "}));
}

TEST_F(SimulatedNetworkTest, TellsASenderOfDatagramsThatNobodyListensOrThatItMustWait) {
  Talker talker(network);
  EXPECT_TRUE(talker.socket->send("a").done);
  loop.run_for(1ms);
  EXPECT_EQ(talker.errors, std::vector{StreamError::connection_refused});
  SimulatedReceiver& receiver = network.receive(9);
  receiver.size_max = 3;
  receiver.writable = 1;
  Talker other(network);
  EXPECT_EQ(other.socket->send("long").error, StreamError::too_long);
  EXPECT_TRUE(other.socket->send("abc").done);
  EXPECT_FALSE(other.socket->send("abc").done);
  other.socket->wait_writable();
  loop.run_for(1s);
  EXPECT_EQ(other.writable, 0);
  receiver.writable = 1;
  other.socket->wait_writable();
  loop.run_for(1ms);
  EXPECT_EQ(other.writable, 1);
}

}  // namespace
}  // namespace vfleet::test
