// Bytes of a client to a role of the platform's stand-in: the first byte says which role, the second in which
// slices the others come.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "simulator/core/clock.h"
#include "simulator/platform/roles/mqtt_role.h"
#include "simulator/platform/roles/tcp_role.h"
#include "simulator/platform/roles/websocket_role.h"

namespace {

using namespace vfleet;
using platform::stream::Taken;

void require(bool holds) {
  if (!holds) std::abort();
}

std::unique_ptr<platform::stream::Protocol> role_of(std::uint8_t which, platform::Platform& platform) {
  using codec::framing::Kind;
  switch (which % 5) {
    case 0:
      return std::make_unique<platform::MqttRole>(platform);
    case 1:
      return std::make_unique<platform::WebSocketRole>(platform, true);
    case 2:
      return std::make_unique<platform::TcpRole>(platform, Kind::lines, true);
    case 3:
      return std::make_unique<platform::TcpRole>(platform, Kind::length2be, true);
    default:
      return std::make_unique<platform::TcpRole>(platform, Kind::length4be, false);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  // One for all inputs: it is large.
  static const ManualClock clock;
  static platform::Platform platform(clock, 1, {.devices_max = 100});
  platform.reset(true);
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
  role->gone(client);
  return 0;
}
