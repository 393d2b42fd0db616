#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace vfleet::codec::ykc {

/// CRCs (frame.h: crc16) of parts of a text of which each begins no earlier than the one before, and which
/// overlap as they like: each byte of the text is read once. `text` outlives it.
class PartCrcs {
 public:
  static constexpr std::size_t kPartMax = 256;  ///< bytes of a part

  explicit PartCrcs(std::string_view text) : text_(text) {}

  /// Of [begin, end), at most kPartMax bytes of the text.
  [[nodiscard]] std::uint16_t of(std::size_t begin, std::size_t end);

 private:
  static constexpr std::size_t kKept = 512;  // a power of two above kPartMax

  [[nodiscard]] std::uint16_t until(std::size_t end);

  std::string_view text_;
  std::array<std::uint16_t, kKept> sums_;  // sums_[i % kKept]: of the first i bytes, from 0
  std::size_t read_ = 0;
};

}  // namespace vfleet::codec::ykc
