#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "simulator/bus/json.h"
#include "simulator/bus/messages.h"

/// What the bodies of both directions are packed with. For the .cc files of messages.h.
namespace vfleet::bus::detail {

/// Lists of JSON made here or checked before.
template <class Texts>
std::string list_of(const Texts& texts) {
  std::string out = "[";
  for (const auto& each : texts) {
    if (out.size() > 1) out += ',';
    out += each;
  }
  return out += ']';
}

inline std::vector<std::string> owned(const std::vector<std::string_view>& texts) {
  return {texts.begin(), texts.end()};
}

template <class M>
constexpr char letter_of(const M&) {
  return M::kLetter;
}
constexpr char letter_of(const CommandResult& /*result*/) {
  return 'R';
}

/// `body_of`: the body of each message.
template <class Variant, class BodyOf>
Result<Packed> pack_any(const Variant& message, const BodyOf& body_of) {
  Packed out = std::visit(
      [&](const auto& m) {
        return Packed{std::string(1, letter_of(m)), body_of(m)};
      },
      message);
  if (out.body.size() > kFrameBytesMax) {
    return fail(Errc::too_large, "message '" + out.letter + "' is over 4 MiB");
  }
  return out;
}

inline tl::unexpected<Error> unknown_letter(std::string_view letter) {
  return fail(Errc::malformed, "unknown letter \"" + std::string(letter.substr(0, 8)) + "\"");
}

}  // namespace vfleet::bus::detail
