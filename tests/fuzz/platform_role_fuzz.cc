// Bytes of a client to a role of the platform's stand-in: the first byte says which role, the second in which
// slices the others come.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "simulator/codec/ykc/frame.h"
#include "simulator/core/clock.h"
#include "simulator/platform/api.h"
#include "simulator/platform/http/http_protocol.h"
#include "simulator/platform/roles/http_ingest.h"
#include "simulator/platform/roles/mqtt_role.h"
#include "simulator/platform/roles/ocpp/ocpp_role.h"
#include "simulator/platform/roles/tcp_role.h"
#include "simulator/platform/roles/websocket_role.h"
#include "simulator/platform/roles/ykc/ykc_role.h"

namespace {

using namespace vfleet;
using platform::stream::Taken;

void require(bool holds) {
  if (!holds) std::abort();
}

/// Reports, and everything else that is asked over HTTP.
class HttpRole final : public platform::stream::Protocol {
 public:
  explicit HttpRole(platform::Platform& platform)
      : api_(platform, [] { return platform::Counters(); }), ingest_(platform, api_), http_(ingest_) {}

  platform::stream::Taken take(platform::stream::Client& client, std::span<char> data,
                               std::string& out) override {
    return http_.take(client, data, out);
  }
  void too_slow(platform::stream::Client& client, std::string& out) override { http_.too_slow(client, out); }
  [[nodiscard]] bool passes_pause(std::string_view next) const override { return http_.passes_pause(next); }

 private:
  platform::Api api_;
  platform::HttpIngest ingest_;
  platform::http::HttpProtocol http_;
};

/// A charge point's connection; or, as nobody guesses masks, its messages alone, a line each.
class OcppSide final : public platform::stream::Protocol, public platform::ocpp::Line {
 public:
  OcppSide(platform::Platform& platform, bool texts)
      : csms_(platform, settings_, {}), role_(platform, csms_, settings_), texts_(texts) {
    settings_.sessions_per_s = 1;
    settings_.limit = 10;
  }

  std::size_t connected(platform::stream::Client& client) override { return role_.connected(client); }
  platform::stream::Taken take(platform::stream::Client& client, std::span<char> data,
                               std::string& out) override {
    if (!texts_) return role_.take(client, data, out);
    if (charge_point_ == nullptr) charge_point_ = csms_.came("pile-1", *this, client.number);
    Taken taken;
    const std::string_view bytes(data.data(), data.size());
    for (std::size_t end = 0; (end = bytes.find('\n', taken.used)) != std::string_view::npos;
         taken.used = end + 1) {
      (void)csms_.take(
          *charge_point_, bytes.substr(taken.used, end - taken.used), false,
          {.way = platform::Way::ocpp, .down = nullptr, .link = 7, .type = {}, .device = "pile-1"}, out);
      (void)csms_.next_call(*charge_point_, out);
    }
    csms_.tick();
    return taken;
  }
  void gone(platform::stream::Client& client) override {
    role_.gone(client);
    if (charge_point_ != nullptr) csms_.gone(*charge_point_, client.number);
  }
  void call_waits(std::uint64_t) override {}
  void end(std::uint64_t) override {}

 private:
  platform::OcppSettings settings_;
  platform::ocpp::Csms csms_;
  platform::OcppRole role_;
  bool texts_;
  platform::ocpp::ChargePoint* charge_point_ = nullptr;
};

/// A pile's connection; or, as nobody guesses a CRC, the bodies of its frames: a type, a length, the body.
class YkcSide final : public platform::stream::Protocol, public platform::ykc::Line {
 public:
  YkcSide(platform::Platform& platform, bool bodies)
      : ykc_(platform, settings_, {}), role_(platform, ykc_), bodies_(bodies) {
    connection_.line = this;
    settings_.sessions_per_s = 1;
  }

  std::size_t connected(platform::stream::Client& client) override { return role_.connected(client); }
  platform::stream::Taken take(platform::stream::Client& client, std::span<char> data,
                               std::string& out) override {
    if (!bodies_) return role_.take(client, data, out);
    Taken taken;
    std::string_view rest(data.data(), data.size());
    while (rest.size() >= 2 && rest.size() - 2 >= static_cast<unsigned char>(rest[1])) {
      const std::size_t size = static_cast<unsigned char>(rest[1]);
      std::string frame;
      if (codec::ykc::append_frame({.type = static_cast<std::uint8_t>(rest[0]), .body = rest.substr(2, size)},
                                   frame)) {
        (void)ykc_.take(connection_, frame,
                        {.way = platform::Way::ykc, .down = nullptr, .link = 0, .type = {}, .device = {}},
                        out);
      }
      rest.remove_prefix(2 + size);
    }
    ykc_.tick();
    taken.used = data.size() - rest.size();
    return taken;
  }
  void gone(platform::stream::Client& client) override {
    role_.gone(client);
    ykc_.gone(connection_);
  }
  bool send(std::uint64_t, std::string_view) override { return true; }
  void end(std::uint64_t) override {}

 private:
  platform::YkcSettings settings_;
  platform::ykc::YkcPlatform ykc_;
  platform::YkcRole role_;
  bool bodies_;
  platform::ykc::YkcPlatform::Connection connection_;
};

std::unique_ptr<platform::stream::Protocol> role_of(std::uint8_t which, platform::Platform& platform) {
  using codec::framing::Kind;
  switch (which % 10) {
    case 0:
      return std::make_unique<platform::MqttRole>(platform);
    case 1:
      return std::make_unique<platform::WebSocketRole>(platform, true);
    case 2:
      return std::make_unique<platform::TcpRole>(platform, Kind::lines, true);
    case 3:
      return std::make_unique<platform::TcpRole>(platform, Kind::length2be, true);
    case 4:
      return std::make_unique<platform::TcpRole>(platform, Kind::length4be, false);
    case 6:
    case 7:
      return std::make_unique<OcppSide>(platform, which % 10 == 7);
    case 8:
    case 9:
      return std::make_unique<YkcSide>(platform, which % 10 == 9);
    default:
      return std::make_unique<HttpRole>(platform);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  // One for all inputs: it is large.
  static const ManualClock clock;
  static platform::Platform platform(clock, 1, {.devices_max = 100});
  platform.reset(true);
  platform.misbehaviour().clear();
  (void)platform.commands().queue("pile-1", "reboot", "{}");
  const auto role = role_of(data[0], platform);
  const std::size_t slice = std::max<std::size_t>(data[1], 1);
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);

  platform::stream::Client client;
  client.number = 7;
  (void)role->connected(client);
  std::string in;
  std::string out;
  Taken taken;
  for (std::size_t at = 0; at < bytes.size() && taken.then == Taken::Then::keep; at += slice) {
    in += bytes.substr(at, slice);
    do {
      out.clear();
      taken = role->take(client, in, out);
      require(taken.used <= in.size());
      require(!taken.more || taken.used != 0 || !out.empty());
      in.erase(0, taken.used);
    } while (taken.more && taken.then == Taken::Then::keep);
  }
  out.clear();
  if (!in.empty()) role->too_slow(client, out);
  (void)role->passes_pause(bytes.substr(0, 64));
  role->gone(client);
  return 0;
}
