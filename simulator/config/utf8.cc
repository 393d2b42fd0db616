#include "simulator/config/utf8.h"

namespace vfleet::config {

std::optional<std::size_t> invalid_utf8(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  for (std::size_t i = 0; i < text.size();) {
    const unsigned char lead = byte(i);
    if (lead == 0) return i;
    std::size_t more = 0;
    unsigned char low =
        0x80;  // bounds of the second byte: no overlong forms, no surrogates, at most U+10FFFF
    unsigned char high = 0xbf;
    if (lead < 0x80) {
      more = 0;
    } else if (lead >= 0xc2 && lead <= 0xdf) {
      more = 1;
    } else if (lead >= 0xe0 && lead <= 0xef) {
      more = 2;
      if (lead == 0xe0) low = 0xa0;
      if (lead == 0xed) high = 0x9f;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
      more = 3;
      if (lead == 0xf0) low = 0x90;
      if (lead == 0xf4) high = 0x8f;
    } else {
      return i;
    }
    if (text.size() - i <= more) return i;
    for (std::size_t k = 1; k <= more; ++k) {
      if (byte(i + k) < low || byte(i + k) > high) return i;
      low = 0x80;
      high = 0xbf;
    }
    i += more + 1;
  }
  return std::nullopt;
}

}  // namespace vfleet::config
