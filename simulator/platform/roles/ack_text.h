#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <string_view>

namespace vfleet::platform {

/// {"ack":SEQ}, without allocating.
class AckText {
 public:
  explicit AckText(std::uint64_t seq) {
    constexpr std::string_view kBegin = "{\"ack\":";
    char* at = bytes_.data() + kBegin.copy(bytes_.data(), kBegin.size());
    at = std::to_chars(at, bytes_.data() + bytes_.size() - 1, seq).ptr;
    *at++ = '}';
    size_ = static_cast<std::size_t>(at - bytes_.data());
  }
  [[nodiscard]] std::string_view text() const { return {bytes_.data(), size_}; }

 private:
  std::array<char, 32> bytes_;
  std::size_t size_;
};

}  // namespace vfleet::platform
