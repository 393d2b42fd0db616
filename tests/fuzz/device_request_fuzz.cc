// What a platform sends down to a pile and to a camera: a request in bounds, or one that says what is wrong.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "devices/charging_pile/dialects/json/json_dialect.h"
#include "devices/ip_camera/dialects/json/json_dialect.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const vfleet::pile::Request pile = vfleet::pile::read_request(text);
  require(pile.id.size() <= 128);
  if (pile.kind == vfleet::pile::Request::Kind::malformed) {
    require(!pile.problem.empty());
  } else {
    require(!pile.id.empty());
  }
  const auto camera = vfleet::devices::ip_camera::json_dialect::JsonDialect().read(text);
  require(camera.id.size() <= 128);
  return 0;
}
