#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "simulator/codec/ykc/body_writer.h"
#include "simulator/codec/ykc/frame.h"
#include "simulator/platform/roles/ykc/frames.h"

/// Frames as a pile sends them to the stand-in.
namespace vfleet::platform::ykc {

inline constexpr const char* kPile = "32010600019236";

using Fields = std::vector<std::pair<std::string, std::string>>;

/// A frame of the pile with these fields.
inline std::string make(std::string_view name, const Fields& fields = {}, std::uint16_t sequence = 5,
                        codec::ykc::CrcOrder order = codec::ykc::CrcOrder::low_first) {
  static const Frames frames;
  const Frames::Known& known = *frames.find(name);
  std::string body;
  codec::ykc::BodyWriter writer(frames.layout(), *known.layout, body);
  EXPECT_TRUE(writer.set("pile", kPile));
  for (const auto& [field, value] : fields) {
    const Status set = writer.set(field, value);
    EXPECT_TRUE(set) << set.error().detail;
  }
  std::string out;
  codec::ykc::append_frame(
      {.sequence = sequence, .type = known.layout->type, .body = body, .crc_order = order}, out);
  return out;
}

}  // namespace vfleet::platform::ykc
