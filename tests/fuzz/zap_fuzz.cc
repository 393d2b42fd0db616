// Any frames as a ZAP request, and any text as a key file: read or refused, and what is read is in bounds.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "simulator/bus/key_file.h"
#include "simulator/bus/zap.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

/// A byte of length, the frame, and so on.
std::vector<std::string_view> frames_of(std::string_view text) {
  std::vector<std::string_view> frames;
  while (!text.empty()) {
    const std::size_t size = std::min<std::size_t>(static_cast<unsigned char>(text.front()), text.size() - 1);
    frames.push_back(text.substr(1, size));
    text.remove_prefix(size + 1);
  }
  return frames;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace bus = vfleet::bus;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto frames = frames_of(text);
  if (const auto request = bus::decode_zap_request(frames)) {
    require(request->mechanism != "CURVE" || request->key.size() == bus::kKeyBytes);
    require(request->mechanism == "CURVE" || request->key.empty());
    require(request->request_id.size() <= 255 && request->address.size() <= 255);
  }
  if (const auto file = bus::parse_key_file(text)) {
    const auto again = bus::parse_key_file(bus::render(*file, !file->keys.secret_key.empty()));
    require(again && again->name == file->name && again->keys.public_key == file->keys.public_key);
  }
  return 0;
}
