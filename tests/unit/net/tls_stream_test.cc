#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "simulator/core/clock.h"
#include "simulator/loop/virtual_loop.h"
#include "simulator/net/stream_source.h"
#include "tests/support/tls_peer.h"

namespace vfleet::net {
namespace {

using namespace std::chrono_literals;
using test::SimulatedConnection;
using Cut = SimulatedConnection::Cut;

struct Client final : StreamEvents {
  void stream_connected(StreamError error) override {
    ++answers;
    connected = error;
    if (error == StreamError::none) stream->wait_readable();
  }
  void stream_readable() override {
    std::string buffer(read_size, '\0');
    const auto [size, error] = stream->read_some(buffer);
    text.append(buffer, 0, size);
    if (error != StreamError::none) {
      ended = error;
    } else {
      stream->wait_readable();
    }
  }
  void stream_writable() override { ++writable; }

  StreamPtr stream;
  std::size_t read_size = 16384;
  int answers = 0;
  int writable = 0;
  StreamError connected = StreamError::failed;
  StreamError ended = StreamError::none;
  std::string text;
};

/// A TLS stream on virtual time: every byte of the handshake may be the last one.
class TlsStreamTest : public testing::Test {
 protected:
  TlsStreamTest() {
    StreamOptions options;
    options.tls.emplace();
    options.tls->verify = false;
    options.tls->resume = false;  // each handshake is as long as the first
    source_ = std::move(*StreamSource::make(std::move(options)));
    peer_.received = [this](SimulatedConnection&, std::string_view bytes) { seen_ += bytes; };
  }

  std::unique_ptr<Client> connect() {
    auto client = std::make_unique<Client>();
    client->stream = network_.make_stream(*client, *source_);
    EXPECT_EQ(client->stream->connect(server_.endpoint()), StreamError::none);
    return client;
  }
  std::unique_ptr<Client> connected() {
    auto client = connect();
    loop_.run_for(1s);
    EXPECT_EQ(client->connected, StreamError::none) << client->stream->detail();
    return client;
  }
  [[nodiscard]] SimulatedConnection& connection() const { return *server_.connections().back(); }

  static PemPair certificate() {
    const RealClock clock;
    const auto authority = CertificateAuthority::make("CA", clock.wall_now() - 1h, clock.wall_now() + 24h);
    return *authority->issue({.common_name = "server",
                              .names = {"127.0.0.1"},
                              .server = true,
                              .from = clock.wall_now() - 1h,
                              .until = clock.wall_now() + 24h});
  }

  loop::VirtualLoop loop_;
  test::SimulatedNetwork network_{loop_};
  test::SimulatedServer& server_ = network_.listen(443);
  test::TlsPeer peer_{server_, certificate()};
  std::unique_ptr<StreamSource> source_;
  std::string seen_;
};

TEST_F(TlsStreamTest, TellsThatItIsConnectedAfterTheHandshakeAndCarriesBytes) {
  server_.delay = 10ms;
  const auto client = connect();
  loop_.run_for(39ms);
  EXPECT_EQ(client->answers, 0);
  loop_.run_for(1s);
  EXPECT_EQ(client->answers, 1);
  EXPECT_EQ(client->connected, StreamError::none);
  EXPECT_EQ(client->stream->write_some("hello").bytes, 5u);
  loop_.run_for(10ms);
  EXPECT_EQ(seen_, "hello");
  peer_.send(connection(), "good day");
  loop_.run_for(10ms);
  EXPECT_EQ(client->text, "good day");
}

TEST_F(TlsStreamTest, DoesNotCareHowTheBytesAreSliced) {
  for (const std::size_t slice : {1, 2, 7, 100, 5000}) {
    for (const std::size_t read_size : {1, 10, 16384}) {
      server_.slice = slice;
      seen_.clear();
      const auto client = connected();
      client->read_size = read_size;
      const std::string text(3000, 'x');
      EXPECT_EQ(client->stream->write_some(text).bytes, text.size());
      peer_.send(connection(), text);
      loop_.run_for(1s);
      EXPECT_EQ(seen_, text);
      EXPECT_EQ(client->text, text);
    }
  }
}

TEST_F(TlsStreamTest, EveryByteOfTheHandshakeMayBeTheLastOne) {
  const auto whole = connected();
  const std::size_t most = connection().bytes_received();
  ASSERT_GT(most, 200u);
  for (const Cut cut : {Cut::end, Cut::reset}) {
    for (std::size_t at = 0; at < most; at += 13) {
      Client client;
      client.stream = network_.make_stream(client, *source_);
      const auto accepted = server_.accepted;
      server_.accepted = [&](SimulatedConnection& c) {
        accepted(c);
        c.cut_after_received(at, cut);
      };
      EXPECT_EQ(client.stream->connect(server_.endpoint()), StreamError::none);
      loop_.run_for(1s);
      server_.accepted = accepted;
      // The last bytes are the client's own: it may take the handshake for done and learn of the end when it
      // reads.
      const StreamError error = client.connected == StreamError::none ? client.ended : client.connected;
      EXPECT_TRUE(error == StreamError::handshake_cut || error == StreamError::reset ||
                  (client.connected == StreamError::none && error == StreamError::closed_by_peer))
          << at << " " << to_string(error);
    }
    for (std::size_t at = 0; at < 700; at += 13) {
      Client client;
      client.stream = network_.make_stream(client, *source_);
      const auto accepted = server_.accepted;
      server_.accepted = [&](SimulatedConnection& c) {
        accepted(c);
        c.cut_after_sent(at, cut);
      };
      EXPECT_EQ(client.stream->connect(server_.endpoint()), StreamError::none);
      loop_.run_for(1s);
      server_.accepted = accepted;
      EXPECT_EQ(to_string(client.connected), cut == Cut::end ? "handshake_cut" : "reset") << at;
    }
  }
}

TEST_F(TlsStreamTest, SaysWhyTheHandshakeFailed) {
  std::vector<std::string> troubles;
  source_->trouble = [&](StreamError error, std::string_view) { troubles.emplace_back(to_string(error)); };
  server_.accepted = [](SimulatedConnection&) {};
  server_.received = [](SimulatedConnection& c, std::string_view) { c.close(); };
  auto client = connect();
  loop_.run_for(1s);
  EXPECT_EQ(client->connected, StreamError::handshake_cut);
  EXPECT_EQ(client->stream->detail(),
            "the server ended the connection within the handshake; does it speak TLS on this port?");
  server_.received = [](SimulatedConnection& c, std::string_view) {
    c.send("HTTP/1.1 400 Bad Request\r\n\r\n");
  };
  client = connect();
  loop_.run_for(1s);
  EXPECT_EQ(client->connected, StreamError::not_tls);
  EXPECT_EQ(troubles, (std::vector<std::string>{"handshake_cut", "not_tls"}));
}

TEST_F(TlsStreamTest, SaysNothingWhileTheHandshakeHangs) {
  server_.accepted = [](SimulatedConnection&) {};
  server_.received = [](SimulatedConnection&, std::string_view) {};
  const auto client = connect();
  loop_.run_for(1h);
  EXPECT_EQ(client->answers, 0);
}

TEST_F(TlsStreamTest, KeepsARecordForASlowReaderAndSaysWhenThereIsRoom) {
  const auto client = connected();
  server_.window = 100;
  connection().read(false);
  const std::string text(50'000, 'y');
  // Whole records are taken or not; no more than one waits here.
  const std::size_t first = client->stream->write_some(text).bytes;
  EXPECT_EQ(first, 16384u);
  EXPECT_EQ(client->stream->write_some(std::string_view(text).substr(first)).bytes, 0u);
  client->stream->wait_writable();
  loop_.run_for(1s);
  EXPECT_EQ(client->writable, 0);
  connection().read(true);
  loop_.run_for(1s);
  EXPECT_EQ(client->writable, 1);
  EXPECT_EQ(seen_, text.substr(0, first));
  std::size_t sent = first;
  for (int i = 0; i < 10 && sent < text.size(); ++i) {
    sent += client->stream->write_some(std::string_view(text).substr(sent)).bytes;
    client->stream->wait_writable();
    loop_.run_for(1s);
  }
  EXPECT_EQ(seen_, text);
}

TEST_F(TlsStreamTest, TellsAnEndInOrderFromAReset) {
  const auto in_order = connected();
  peer_.send(connection(), "bye");
  peer_.close(connection());
  loop_.run_for(1s);
  EXPECT_EQ(in_order->text, "bye");
  EXPECT_EQ(in_order->ended, StreamError::closed_by_peer);
  EXPECT_EQ(in_order->stream->write_some("x").error, StreamError::closed_by_peer);
  const auto reset = connected();
  connection().reset();
  loop_.run_for(1s);
  EXPECT_EQ(reset->ended, StreamError::reset);
}

TEST_F(TlsStreamTest, BytesThatWereTamperedWithEndIt) {
  const auto client = connected();
  connection().send(std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'z'));
  loop_.run_for(1s);
  EXPECT_EQ(client->ended, StreamError::tls_failed);
  EXPECT_FALSE(client->stream->detail().empty());
}

TEST_F(TlsStreamTest, MayBeReleasedAtAnyMoment) {
  server_.delay = 5ms;
  for (int ms = 0; ms < 60; ++ms) {
    auto client = connect();
    loop_.run_for(Duration(ms * 1ms));
    if (client->connected == StreamError::none) (void)client->stream->write_some("hello");
    client->stream.reset();
    loop_.run_for(1s);
    EXPECT_TRUE(server_.connections().empty());
  }
}

}  // namespace
}  // namespace vfleet::net
