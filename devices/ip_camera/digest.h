#pragma once

#include <string>
#include <string_view>

#include "simulator/codec/json/writer.h"

namespace vfleet::devices::ip_camera {

/// Lower-case hex.
[[nodiscard]] std::string sha256_hex(std::string_view bytes);
[[nodiscard]] std::string hmac_sha256_hex(std::string_view key, std::string_view text);
/// Appends `bytes` in base64, with padding.
void append_base64(std::string_view bytes, codec::Buffer& out);

}  // namespace vfleet::devices::ip_camera
