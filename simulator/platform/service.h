#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/codec/framing/framing.h"
#include "simulator/core/clock.h"
#include "simulator/core/result.h"
#include "simulator/platform/api.h"
#include "simulator/platform/converse_settings.h"
#include "simulator/platform/platform.h"
#include "simulator/platform/roles/tokens.h"
#include "simulator/platform/stream/server.h"

namespace vfleet::loop {
class AsioLoop;
}

namespace vfleet::platform {

/// What a port is for.
enum class Role : std::uint8_t {
  http,
  https,
  mqtt,
  mqtts,
  ws,
  wss,
  tcp,
  tls,
  udp,
  ocpp,
  ocpps,
  ykc,
  ykcs,
};

/// The roles' names as options and figures have them, in the order of Role.
inline constexpr std::array<std::string_view, 13> kRoles = {
    "http", "https", "mqtt", "mqtts", "ws", "wss", "tcp", "tls", "udp", "ocpp", "ocpps", "ykc", "ykcs"};

[[nodiscard]] constexpr bool has_tls(Role role) {
  return role == Role::https || role == Role::mqtts || role == Role::wss || role == Role::tls ||
         role == Role::ocpps || role == Role::ykcs;
}

struct ServiceOptions {
  Platform::Options platform;
  stream::Limits limits;
  codec::framing::Kind framing = codec::framing::Kind::lines;  ///< of tcp and tls
  bool acks = true;  ///< tcp, tls and WebSocket: {"ack":SEQ} for each report
  bool udp_acks = false;
  TokenOptions tokens;        ///< of http and https
  ConverseSettings converse;  ///< of ocpp, ocpps, ykc and ykcs, at first
  std::uint32_t process = 0;  ///< of `processes`, which number their transactions apart
  std::uint32_t processes = 1;
};

/// All that one process serves: a platform, its API, and a role on each socket it is given.
class Service {
 public:
  /// `loop`, `clock` and `tls` (nullptr when no role has TLS) outlive it.
  Service(loop::AsioLoop& loop, const Clock& clock, const ServiceOptions& options, stream::TlsContext* tls);
  ~Service();

  /// Takes clients, or datagrams, from a listening socket.
  void serve(Role role, stream::Fd socket);
  /// Takes reports over ZeroMQ; returns the endpoint. Errors: unavailable, invalid_argument.
  [[nodiscard]] Result<std::string> serve_zmq(const std::string& endpoint);

  /// HTTP requests that are no reports make their connection another process's; see Server::set_hand_over().
  /// Those that come over TLS are told to go to `address`.
  void hand_over_steering(std::function<bool(int, std::string_view)> hand_over, std::string address);
  /// Goes on with an HTTP connection of another process.
  void adopt(stream::Fd socket, std::string_view bytes);

  [[nodiscard]] Api& api();
  [[nodiscard]] const Platform& platform() const;
  [[nodiscard]] Counters counters() const;

  /// Takes no more, answers what has come (at most a second for each role), closes all, calls `done`.
  void stop(std::function<void()> done);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vfleet::platform
