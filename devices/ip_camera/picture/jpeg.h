#pragma once

#include "devices/ip_camera/picture/canvas.h"
#include "simulator/codec/json/writer.h"
#include "simulator/core/result.h"

namespace vfleet::devices::ip_camera::picture {

/// Replaces `out` by the picture as a JPEG file. quality: 1..100. Errors: unavailable (no memory); then `out`
/// is empty.
[[nodiscard]] Status encode_jpeg(const Canvas& canvas, int quality, codec::Buffer& out);

}  // namespace vfleet::devices::ip_camera::picture
