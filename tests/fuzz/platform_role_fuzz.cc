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

#include "simulator/core/clock.h"
#include "simulator/platform/api.h"
#include "simulator/platform/http/http_protocol.h"
#include "simulator/platform/roles/http_ingest.h"
#include "simulator/platform/roles/mqtt_role.h"
#include "simulator/platform/roles/tcp_role.h"
#include "simulator/platform/roles/websocket_role.h"

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

std::unique_ptr<platform::stream::Protocol> role_of(std::uint8_t which, platform::Platform& platform) {
  using codec::framing::Kind;
  switch (which % 6) {
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
