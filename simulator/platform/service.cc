#include "simulator/platform/service.h"

#include <algorithm>
#include <utility>

#include "simulator/loop/asio_loop.h"
#include "simulator/platform/http/http_protocol.h"
#include "simulator/platform/http/response.h"
#include "simulator/platform/roles/conversing.h"
#include "simulator/platform/roles/http_ingest.h"
#include "simulator/platform/roles/mqtt_role.h"
#include "simulator/platform/roles/tcp_role.h"
#include "simulator/platform/roles/udp_ingest.h"
#include "simulator/platform/roles/websocket_role.h"
#include "simulator/platform/roles/zmq_ingest.h"

namespace vfleet::platform {
namespace {

// Says where the figures are, to those who ask a process that knows a part of them.
class ElsewhereHandler final : public http::RequestHandler {
 public:
  explicit ElsewhereHandler(std::string address) : address_(std::move(address)) {}
  http::Next handle(const http::Request& request, std::string& out) override {
    http::write_error(out, 421, "with several processes this is asked at http://" + address_,
                      request.head.keep_alive);
    return {};
  }

 private:
  std::string address_;
};

}  // namespace

class Service::Impl {
 public:
  Impl(loop::AsioLoop& loop, const Clock& clock, const ServiceOptions& options, stream::TlsContext* tls)
      : loop_(loop),
        options_(options),
        tls_(tls),
        platform_(clock, options.platform),
        api_(
            platform_, [this] { return counters(); }, &options_.converse),
        ingest_(platform_, api_, options.tokens),
        http_(ingest_),
        zmq_(loop, platform_),
        udp_(loop, platform_, options.udp_acks),
        conversing_(loop, platform_, options_.converse, {options.process, options.processes}) {
    http_.pass_pause_when([this](std::string_view target) { return !ingest_.takes(target); });
    server_of(Role::http, http_, nullptr);
  }

  void serve(Role role, stream::Fd socket) {
    switch (role) {
      case Role::http:
        return servers_[static_cast<std::size_t>(Role::http)]->accept_from(std::move(socket));
      case Role::https: {
        https_.emplace(elsewhere_ ? *secure_ingest_ : ingest_);
        return server_of(role, *https_, tls_).accept_from(std::move(socket));
      }
      case Role::mqtt:
        return serve_with(role, mqtt_, nullptr, std::move(socket), platform_);
      case Role::mqtts:
        return serve_with(role, mqtts_, tls_, std::move(socket), platform_);
      case Role::ws:
        return serve_with(role, ws_, nullptr, std::move(socket), platform_, options_.acks);
      case Role::wss:
        return serve_with(role, wss_, tls_, std::move(socket), platform_, options_.acks);
      case Role::tcp:
        return serve_with(role, tcp_, nullptr, std::move(socket), platform_, options_.framing, options_.acks);
      case Role::tls:
        return serve_with(role, tls_role_, tls_, std::move(socket), platform_, options_.framing,
                          options_.acks);
      case Role::udp:
        return udp_.receive_from(std::move(socket));
      case Role::ocpp:
        return converse(role, Conversing::Port::ocpp, nullptr, std::move(socket));
      case Role::ocpps:
        return converse(role, Conversing::Port::ocpps, tls_, std::move(socket));
      case Role::ykc:
        return converse(role, Conversing::Port::ykc, nullptr, std::move(socket));
      case Role::ykcs:
        return converse(role, Conversing::Port::ykcs, tls_, std::move(socket));
    }
  }

  void hand_over_steering(std::function<bool(int, std::string_view)> hand_over, std::string address) {
    http_.hand_over_when([this](const http::RequestHead& head) { return !ingest_.takes(head.target); });
    servers_[static_cast<std::size_t>(Role::http)]->set_hand_over(std::move(hand_over));
    elsewhere_.emplace(std::move(address));
    secure_ingest_.emplace(platform_, *elsewhere_, options_.tokens);
  }

  [[nodiscard]] Counters counters() const {
    Counters out;
    for (std::size_t i = 0; i < kRoles.size(); ++i) {
      if (servers_[i] == nullptr) continue;
      const stream::Counts& counts = servers_[i]->counts();
      const auto add = [&](const char* name, std::uint64_t value) {
        out[std::string(kRoles[i]) + "." + name] = value;
      };
      add("open", counts.open);
      add("accepted", counts.accepted);
      add("refused", counts.refused);
      add("timed_out", counts.timed_out);
      if (has_tls(static_cast<Role>(i))) add("handshakes_failed", counts.handshakes_failed);
    }
    add_http(out, "http.", http_.counts());
    if (https_) add_http(out, "https.", https_->counts());
    if (ingest_.wants_tokens()) {
      out["tokens.given"] =
          ingest_.counts().tokens_given + (secure_ingest_ ? secure_ingest_->counts().tokens_given : 0);
      out["tokens.refused"] =
          ingest_.counts().tokens_refused + (secure_ingest_ ? secure_ingest_->counts().tokens_refused : 0);
    }
    out["zmq.messages"] = zmq_.messages();
    if (mqtt_) add_mqtt(out, "mqtt.", mqtt_->counts());
    if (mqtts_) add_mqtt(out, "mqtts.", mqtts_->counts());
    if (ws_) add_ws(out, "ws.", *ws_);
    if (wss_) add_ws(out, "wss.", *wss_);
    if (tcp_) add_tcp(out, "tcp.", tcp_->counts());
    if (tls_role_) add_tcp(out, "tls.", tls_role_->counts());
    out["udp.datagrams"] = udp_.counts().datagrams;
    out["udp.commands"] = udp_.counts().commands;
    conversing_.add_counters(out);
    return out;
  }

  void stop(std::function<void()> done) {
    stopped_ = std::move(done);
    zmq_.stop([this] {
      udp_.stop();
      for (const auto& server : servers_) still_open_ += server != nullptr ? 1 : 0;
      for (const auto& server : servers_) {
        if (server != nullptr) server->stop([this] { stopped_one(); });
      }
    });
  }

  loop::AsioLoop& loop_;
  ServiceOptions options_;
  stream::TlsContext* tls_;
  Platform platform_;
  Api api_;
  HttpIngest ingest_;
  http::HttpProtocol http_;
  std::optional<ElsewhereHandler> elsewhere_;
  std::optional<HttpIngest> secure_ingest_;
  std::optional<http::HttpProtocol> https_;
  std::optional<MqttRole> mqtt_;
  std::optional<MqttRole> mqtts_;
  std::optional<WebSocketRole> ws_;
  std::optional<WebSocketRole> wss_;
  std::optional<TcpRole> tcp_;
  std::optional<TcpRole> tls_role_;
  ZmqIngest zmq_;
  UdpIngest udp_;
  Conversing conversing_;
  std::array<std::unique_ptr<stream::Server>, kRoles.size()> servers_;  // by Role; after what they serve

 private:
  stream::Server& server_of(Role role, stream::Protocol& protocol, stream::TlsContext* tls) {
    auto& server = servers_[static_cast<std::size_t>(role)];
    server =
        std::make_unique<stream::Server>(loop_, protocol, options_.limits, tls, &platform_.misbehaviour());
    return *server;
  }

  template <class T, class... Arguments>
  void serve_with(Role role, std::optional<T>& protocol, stream::TlsContext* tls, stream::Fd socket,
                  Arguments&... arguments) {
    protocol.emplace(arguments...);
    stream::Server& server = server_of(role, *protocol, tls);
    protocol->serve_on(server);
    server.accept_from(std::move(socket));
  }

  void converse(Role role, Conversing::Port port, stream::TlsContext* tls, stream::Fd socket) {
    stream::Server* server = nullptr;
    conversing_.serve(port, [&](stream::Protocol& protocol) -> stream::Server& {
      server = &server_of(role, protocol, tls);
      return *server;
    });
    server->accept_from(std::move(socket));
  }

  void stopped_one() {
    if (--still_open_ == 0) loop_.post(std::exchange(stopped_, nullptr));
  }

  static void add_http(Counters& out, const std::string& at, const http::HttpCounts& counts) {
    out[at + "requests"] = counts.requests;
    out[at + "bad_requests"] = counts.bad_requests;
  }

  static void add_mqtt(Counters& out, const std::string& at, const MqttCounts& counts) {
    const std::pair<const char*, std::uint64_t> all[] = {{"connects", counts.connects},
                                                         {"connects_refused", counts.connects_refused},
                                                         {"sessions_resumed", counts.sessions_resumed},
                                                         {"taken_over", counts.taken_over},
                                                         {"publishes", counts.publishes},
                                                         {"qos1", counts.qos1},
                                                         {"qos2", counts.qos2},
                                                         {"dup", counts.dup},
                                                         {"retained", counts.retained},
                                                         {"subscriptions", counts.subscriptions},
                                                         {"pings", counts.pings},
                                                         {"wills", counts.wills},
                                                         {"commands", counts.commands},
                                                         {"protocol_errors", counts.protocol_errors}};
    for (const auto& [name, value] : all) out[at + name] = value;
  }

  static void add_ws(Counters& out, const std::string& at, const WebSocketRole& role) {
    const SocketCounts& sockets = role.sockets();
    const WebSocketCounts& counts = role.counts();
    const std::pair<const char*, std::uint64_t> all[] = {
        {"opened", sockets.opened},     {"handshakes_refused", sockets.refused},
        {"messages", sockets.messages}, {"binary", counts.binary},
        {"acks", counts.acks},          {"pings", sockets.pings},
        {"commands", counts.commands},  {"protocol_errors", sockets.protocol_errors}};
    for (const auto& [name, value] : all) out[at + name] = value;
  }

  static void add_tcp(Counters& out, const std::string& at, const TcpCounts& counts) {
    out[at + "frames"] = counts.frames;
    out[at + "acks"] = counts.acks;
    out[at + "commands"] = counts.commands;
    out[at + "protocol_errors"] = counts.protocol_errors;
  }

  std::size_t still_open_ = 0;
  std::function<void()> stopped_;
};

Service::Service(loop::AsioLoop& loop, const Clock& clock, const ServiceOptions& options,
                 stream::TlsContext* tls)
    : impl_(std::make_unique<Impl>(loop, clock, options, tls)) {}

Service::~Service() = default;

void Service::serve(Role role, stream::Fd socket) {
  impl_->serve(role, std::move(socket));
}

Result<std::string> Service::serve_zmq(const std::string& endpoint) {
  return impl_->zmq_.listen(endpoint);
}

void Service::hand_over_steering(std::function<bool(int, std::string_view)> hand_over, std::string address) {
  impl_->hand_over_steering(std::move(hand_over), std::move(address));
}

void Service::adopt(stream::Fd socket, std::string_view bytes) {
  impl_->servers_[static_cast<std::size_t>(Role::http)]->adopt(std::move(socket), bytes);
}

Api& Service::api() {
  return impl_->api_;
}

const Platform& Service::platform() const {
  return impl_->platform_;
}

Counters Service::counters() const {
  return impl_->counters();
}

void Service::stop(std::function<void()> done) {
  impl_->stop(std::move(done));
}

}  // namespace vfleet::platform
