#include "simulator/codec/http/url.h"

#include <charconv>

#include "simulator/core/ascii.h"

namespace vfleet::codec::http {
namespace {

tl::unexpected<Error> bad(std::string_view url, std::string_view why) {
  return fail(Errc::invalid_argument, "url \"" + std::string(url) + "\": " + std::string(why));
}

bool visible(char c) {
  return c > 0x20 && c < 0x7f;
}

bool host_character(char c) {
  return is_letter_or_digit(c) || c == '-' || c == '.' || c == '_';
}

const Scheme* scheme_of(std::string_view text, std::span<const Scheme> schemes) {
  for (const Scheme& each : schemes) {
    if (text.starts_with(each.name) && text.substr(each.name.size()).starts_with("://")) return &each;
  }
  return nullptr;
}

}  // namespace

Result<Url> parse_url(std::string_view text) {
  static constexpr Scheme kHttp[] = {{"http", 80, false}, {"https", 443, true}};
  return parse_url(text, kHttp);
}

Result<Url> parse_url(std::string_view text, std::span<const Scheme> schemes) {
  const Scheme* const scheme = scheme_of(text, schemes);
  if (scheme == nullptr) {
    std::string names;
    for (const Scheme& each : schemes) {
      names += (names.empty() ? "" : " or ") + std::string(each.name) + "://";
    }
    return bad(text, "must start with " + names);
  }
  std::string_view rest = text.substr(scheme->name.size() + 3);
  rest = rest.substr(0, rest.find('#'));
  const std::size_t end = rest.find_first_of("/?");
  std::string_view authority = rest.substr(0, end);
  std::string_view target = end == std::string_view::npos ? std::string_view() : rest.substr(end);
  if (authority.find('@') != std::string_view::npos) {
    return bad(text,
               "it has no place for a user name: other keys of the uplink do (username, token, headers)");
  }
  if (authority.find('{') != std::string_view::npos) {
    return bad(text, "the host may not hold templates: it is looked up once for all devices");
  }

  Url url;
  url.port = scheme->port;
  url.tls = scheme->tls;
  std::string_view port;
  bool has_port = false;
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) return bad(text, "the address lacks its ]");
    url.host = authority.substr(1, close - 1);
    std::string_view after = authority.substr(close + 1);
    if (!after.empty() && after.front() != ':') return bad(text, "expected : after the address");
    has_port = !after.empty();
    if (has_port) port = after.substr(1);
    for (char c : url.host) {
      if (!host_character(c) && c != ':' && c != '%') return bad(text, "not an IPv6 address");
    }
  } else {
    const std::size_t colon = authority.find(':');
    url.host = authority.substr(0, colon);
    has_port = colon != std::string_view::npos;
    if (has_port) port = authority.substr(colon + 1);
    for (char c : url.host) {
      if (!host_character(c)) return bad(text, "a character that no host name has");
    }
  }
  if (url.host.empty()) return bad(text, "the host is missing");
  if (has_port) {
    const auto [stop, error] = std::from_chars(port.data(), port.data() + port.size(), url.port);
    if (error != std::errc() || stop != port.data() + port.size() || url.port == 0) {
      return bad(text, "the port must be 1..65535");
    }
  }
  for (char c : target) {
    if (!visible(c)) return bad(text, "spaces, control and non-ASCII characters must be escaped as %XX");
  }
  if (url.port == 0) return bad(text, "the port is missing");
  url.authority = url.port == scheme->port && has_port
                      ? std::string(authority.substr(0, authority.rfind(':')))
                      : std::string(authority);
  if (target.starts_with('?')) {
    url.target = "/" + std::string(target);
  } else if (!target.empty()) {
    url.target = target;
  }
  return url;
}

}  // namespace vfleet::codec::http
