#include "simulator/uplink/strange_answer.h"

#include <string>

namespace vfleet::uplink {
namespace {

/// The first bytes, those that are no visible ASCII as \xNN.
std::string beginning_of(std::string_view bytes) {
  constexpr std::size_t kShown = 24;
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char each : bytes.substr(0, kShown)) {
    const auto byte = static_cast<std::uint8_t>(each);
    if (byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\') {
      out += each;
    } else {
      out += "\\x";
      out += kDigits[byte >> 4U];
      out += kDigits[byte & 15U];
    }
  }
  return out;
}

}  // namespace

void tell_strange_answer(StreamHub& hub, std::string_view protocol, std::string_view bytes) {
  net::StreamSource* const source = hub.settings.source.get();
  if (source == nullptr) return;
  std::string text = "what answered does not speak ";
  text += protocol;
  text += "; it began with \"" + beginning_of(bytes) + "\"";
  // An alert, as servers of TLS 1.0 to 1.3 write it.
  if (!source->has_tls() && bytes.starts_with("\x15\x03")) {
    text += ", which is TLS: the url's scheme has to say so";
  } else if (protocol != "HTTP" && bytes.starts_with("HTTP/")) {
    text += ", which is HTTP";
  }
  source->trouble(net::StreamError::failed, text);
}

}  // namespace vfleet::uplink
