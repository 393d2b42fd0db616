#include "simulator/codec/ocpp/uri.h"

#include "simulator/core/ascii.h"

namespace vfleet::codec::ocpp {
namespace {

bool one_of(char c, std::string_view characters) {
  return characters.find(c) != std::string_view::npos;
}

}  // namespace

bool is_uri(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || !is_letter(text.front())) return false;
  for (const char c : text.substr(0, colon))
    if (!is_letter_or_digit(c) && !one_of(c, "+-.")) return false;
  std::string_view rest = text.substr(colon + 1);
  if (rest.empty()) return false;
  bool fragment = false;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    const char c = rest[i];
    if (c == '%') {
      if (i + 2 >= rest.size() || hex_digit(rest[i + 1]) < 0 || hex_digit(rest[i + 2]) < 0) return false;
      i += 2;
    } else if (c == '#') {
      if (fragment) return false;
      fragment = true;
    } else if (!is_letter_or_digit(c) && !one_of(c, "-._~:/?[]@!$&'()*+,;=")) {
      return false;
    }
  }
  return true;
}

}  // namespace vfleet::codec::ocpp
