#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/codec/ykc/frame.h"

namespace vfleet::codec::ykc {

/// A part of bytes from anywhere: a frame, or what should have been one.
struct Piece {
  std::size_t offset = 0;
  std::string_view bytes;
  bool is_frame =
      false;          ///< framed by its length; `frame` holds what was read, also when `wrong` is not empty
  Frame frame;        ///< a view of the bytes that were inspected
  std::string wrong;  ///< for people; empty: length and CRC are right
};

/// Cuts bytes into frames and says of each what is wrong with it: no start byte, a length that does not fit,
/// a CRC that is right in neither order, bytes behind the last one. It goes on at the next start byte from
/// which a frame is right.
[[nodiscard]] std::vector<Piece> inspect(std::string_view bytes);

}  // namespace vfleet::codec::ykc
