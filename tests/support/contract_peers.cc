#include <charconv>
#include <map>
#include <utility>

#include "simulator/codec/framing/framing.h"
#include "simulator/codec/websocket/handshake.h"
#include "simulator/codec/websocket/message_reader.h"
#include "simulator/uplink/all_uplinks.h"
#include "tests/support/contract_peer.h"
#include "tests/support/login_dialect.h"
#include "tests/support/mqtt_server.h"

namespace vfleet::test {
namespace {

using namespace std::chrono_literals;
namespace ws = codec::websocket;

/// HTTP/1.1, every request answered by 200.
class HttpPeer final : public ContractPeer {
 public:
  void take(std::size_t connection, std::string_view bytes, const Wire& wire) override {
    std::string& in = in_[connection];
    in += bytes;
    while (true) {
      constexpr std::string_view kLength = "Content-Length: ";
      const std::size_t head = in.find("\r\n\r\n");
      if (head == std::string::npos) return;
      const std::size_t at = in.find(kLength) + kLength.size();
      std::size_t length = 0;
      std::from_chars(in.data() + at, in.data() + head, length);
      if (in.size() < head + 4 + length) return;
      reports.push_back(in.substr(head + 4, length));
      in.erase(0, head + 4 + length);
      if (answers) wire.say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    }
  }
  void gone(std::size_t connection) override { in_.erase(connection); }

 private:
  std::map<std::size_t, std::string> in_;
};

class MqttPeer final : public ContractPeer {
 public:
  MqttPeer() {
    server_.on_publish = [this](const MqttServer::Received& each) { reports.push_back(each.payload); };
  }
  void take(std::size_t connection, std::string_view bytes, const Wire& wire) override {
    const auto known = ids_.find(connection);
    const auto id = known != ids_.end() ? known->second : (ids_[connection] = server_.connected());
    server_.answer_publish = answers;
    const MqttServer::Answer answer = server_.take(id, bytes);
    if (!answer.bytes.empty()) wire.say(answer.bytes);
    if (answer.close) wire.close();
  }
  void gone(std::size_t connection) override {
    if (const auto known = ids_.find(connection); known != ids_.end()) server_.gone(known->second);
  }

 private:
  MqttServer server_;
  std::map<std::size_t, MqttServer::Connection> ids_;
};

/// What the platform says to a message; empty: nothing.
using Answer = std::function<std::string(ContractPeer& peer, std::string_view message)>;

/// Reports alone, answered by {"ack":SEQ} or not at all.
std::string take_report(ContractPeer& peer, std::string_view message, bool acked) {
  peer.reports.emplace_back(message);
  if (!acked || !peer.answers) return {};
  const std::size_t at = message.find_first_of("0123456789");
  return "{\"ack\":" + std::to_string(number_of(message.substr(at))) + "}";
}

Answer reports_only(bool acked) {
  return [acked](ContractPeer& peer, std::string_view message) { return take_report(peer, message, acked); };
}

std::string answer_login_dialect(ContractPeer& peer, std::string_view message) {
  const std::string_view what = take_word(message);
  if (what == "login") return "welcome";
  if (what == "beat") return "beaten";
  if (what != "report") return {};
  const std::string seq(take_word(message));
  peer.reports.emplace_back(message);
  return peer.answers ? "ok " + seq : std::string();
}

class WebSocketPeer final : public ContractPeer {
 public:
  explicit WebSocketPeer(Answer answer) : answer_(std::move(answer)) {}

  void take(std::size_t connection, std::string_view bytes, const Wire& wire) override {
    Client& client = clients_[connection];
    client.in += bytes;
    if (!client.agreed) {
      const std::size_t size = ws::head_size(client.in);
      if (size == 0) return;
      std::string out;
      ws::append_answer(ws::read_request(client.in.substr(0, size))->key, {}, out);
      client.agreed = true;
      client.in.erase(0, size);
      wire.say(out);
    }
    std::string in = std::exchange(client.in, {});
    std::span<char> rest(in);
    for (ws::Event e = client.reader.next(rest); e.kind != ws::Event::Kind::none;
         e = client.reader.next(rest)) {
      std::string out;
      if (e.kind == ws::Event::Kind::ping)
        ws::append_frame(ws::Role::server, ws::Opcode::pong, e.payload, 0, out);
      if (e.kind == ws::Event::Kind::text) {
        const std::string answer = answer_(*this, e.payload);
        if (!answer.empty()) ws::append_frame(ws::Role::server, ws::Opcode::text, answer, 0, out);
      }
      if (!out.empty()) wire.say(out);
      if (e.kind == ws::Event::Kind::close || e.kind == ws::Event::Kind::error) return wire.close();
    }
  }
  void gone(std::size_t connection) override { clients_.erase(connection); }

 private:
  struct Client {
    std::string in;
    bool agreed = false;
    ws::MessageReader reader;
  };
  Answer answer_;
  std::map<std::size_t, Client> clients_;
};

class TcpPeer final : public ContractPeer {
 public:
  TcpPeer(codec::framing::Framing framing, Answer answer)
      : framing_(std::move(framing)), answer_(std::move(answer)) {}

  void take(std::size_t connection, std::string_view bytes, const Wire& wire) override {
    codec::framing::FrameReader& reader = readers_[connection];
    std::string_view frame;
    while (reader.next(framing_, bytes, frame) == codec::framing::FrameReader::Progress::frame) {
      const bool own = framing_.kind == codec::framing::Kind::sized;
      const std::string answer = answer_(*this, own ? frame.substr(4) : frame);
      if (answer.empty()) continue;
      std::string out;
      (void)codec::framing::append_frame(framing_, own ? "??" + login_frame(answer, 0) : answer, out);
      wire.say(out);
    }
  }
  void gone(std::size_t connection) override { readers_.erase(connection); }

 private:
  codec::framing::Framing framing_;
  Answer answer_;
  std::map<std::size_t, codec::framing::FrameReader> readers_;
};

template <class Peer, class... Parts>
std::function<std::unique_ptr<ContractPeer>()> makes(Parts... parts) {
  return [=] { return std::make_unique<Peer>(parts...); };
}

class Settings {
 public:
  Settings() {
    set("backoff.first", Duration(1s));
    set("backoff.max", Duration(8s));
    set("connect_timeout", Duration(3s));
    set("queue.max", kContractQueue);
  }
  template <class V>
  Settings& set(const char* key, V value) {
    values_[key].data = std::move(value);
    return *this;
  }
  Settings& text(const char* key, const char* value) { return set(key, std::string(value)); }
  operator config::Values() const { return values_; }  // NOLINT(google-explicit-constructor)

 private:
  config::Values values_;
};

Settings mqtt(int qos, const char* version) {
  Settings settings;
  settings.set("qos", std::int64_t{qos}).set("in_flight_max", std::int64_t{4}).text("version", version);
  return settings.set("keep_alive", Duration(10s)).set("ack_timeout", Duration(5s));
}

Settings messages(bool acked) {
  Settings settings;
  settings.text("ack.by", acked ? "member" : "none").set("in_flight_max", std::int64_t{4});
  return settings.set("ack.timeout", Duration(5s));
}

Settings pinging(Settings settings) {
  return settings.set("ping.every", Duration(10s)).set("ping.timeout", Duration(5s));
}

const uplink::UplinkKind& kind(std::string_view name) {
  return *uplink::find_uplink(name);
}

std::vector<ContractEntry> make_entries() {
  using codec::framing::Framing;
  using codec::framing::Kind;
  const std::string web = "://127.0.0.1:7000/in";
  const std::string bare = "://127.0.0.1:7000";
  const Framing frames{.kind = Kind::sized, .size_of = login_frame_size};
  return {
      {"http", kind("http"), "http" + web, "https" + web, true, 5s, 0s, 1 + kContractQueue, makes<HttpPeer>(),
       Settings().set("timeout", Duration(5s))},
      {"mqtt", kind("mqtt"), "mqtt" + bare, "mqtts" + bare, false, 16s, 16s, 4 + kContractQueue,
       makes<MqttPeer>(), mqtt(0, "3.1.1")},
      {"mqtt_qos1", kind("mqtt"), "mqtt" + bare, "mqtts" + bare, true, 16s, 16s, 4 + kContractQueue,
       makes<MqttPeer>(), mqtt(1, "3.1.1")},
      {"mqtt_qos2", kind("mqtt"), "mqtt" + bare, "mqtts" + bare, true, 16s, 16s, 4 + kContractQueue,
       makes<MqttPeer>(), mqtt(2, "5")},
      {"websocket", kind("websocket"), "ws" + web, "wss" + web, false, 16s, 16s, 4 + kContractQueue,
       makes<WebSocketPeer>(reports_only(false)), pinging(messages(false))},
      {"websocket_acked", kind("websocket"), "ws" + web, "wss" + web, true, 16s, 16s, 4 + kContractQueue,
       makes<WebSocketPeer>(reports_only(true)), pinging(messages(true))},
      {"tcp", kind("tcp"), "tcp" + bare, "tls" + bare, false, 0s, 0s, 4 + kContractQueue,
       makes<TcpPeer>(Framing{}, reports_only(false)), messages(false)},
      {"tcp_acked", kind("tcp"), "tcp" + bare, "tls" + bare, true, 11s, 0s, 4 + kContractQueue,
       makes<TcpPeer>(Framing{}, reports_only(true)), messages(true)},
      {"login_over_websocket", login_over_websocket(), "ws" + web, "wss" + web, true, 16s, 16s,
       1 + kContractQueue, makes<WebSocketPeer>(Answer(answer_login_dialect)), messages(false)},
      {"login_over_tcp", login_over_tcp(), "tcp" + bare, "tls" + bare, true, 16s, 16s, 1 + kContractQueue,
       makes<TcpPeer>(frames, Answer(answer_login_dialect)), messages(false)},
  };
}

}  // namespace

const std::vector<ContractEntry>& contract_entries() {
  static const std::vector<ContractEntry> entries = make_entries();
  return entries;
}

}  // namespace vfleet::test
