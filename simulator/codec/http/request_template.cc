#include "simulator/codec/http/request_template.h"

#include <algorithm>
#include <charconv>

namespace vfleet::codec::http {
namespace {

bool unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

void append_escaped(std::string& out, std::string_view name) {
  constexpr char kHex[] = "0123456789ABCDEF";
  for (char c : name) {
    if (unreserved(c)) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
}

void append_printable(std::string& out, std::string_view name) {
  for (char c : name) {
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) out += c;
  }
}

// RFC 9110 section 5.6.2
bool token_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) || c == '\t';
  });
}

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return lower(x) == lower(y);
  });
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

tl::unexpected<Error> bad_header(std::string_view header, std::string_view why) {
  return fail(Errc::invalid_argument, "header \"" + std::string(header) + "\": " + std::string(why));
}

}  // namespace

Result<RequestTemplate> RequestTemplate::make(const RequestOptions& options) {
  RequestTemplate made;
  Result<Url> url = parse_url(options.url);
  if (!url) return tl::unexpected(url.error());
  made.url_ = std::move(*url);
  if (options.method.empty() || !std::all_of(options.method.begin(), options.method.end(), token_character)) {
    return fail(Errc::invalid_argument, "method \"" + options.method + "\" is not a method name");
  }
  made.tail() += options.method + " ";
  if (Status ok = made.append(made.url_.target, true); !ok) return tl::unexpected(ok.error());
  made.tail() += " HTTP/1.1\r\n";

  bool has_host = false;
  bool has_type = false;
  for (const std::string& header : options.headers) {
    const std::size_t colon = header.find(':');
    if (colon == std::string::npos) return bad_header(header, "expected \"Name: value\"");
    const std::string_view name = std::string_view(header).substr(0, colon);
    const std::string_view value = trim(std::string_view(header).substr(colon + 1));
    if (name.empty() || !std::all_of(name.begin(), name.end(), token_character)) {
      return bad_header(header, "expected \"Name: value\"");
    }
    if (!printable(value)) return bad_header(header, "control characters are not allowed");
    for (std::string_view ours : {"Content-Length", "Transfer-Encoding", "Connection"}) {
      if (same_name(name, ours)) return bad_header(header, "is set by the uplink itself");
    }
    if (same_name(name, "Authorization") && !options.token.empty()) {
      return bad_header("Authorization", "is set by token already");
    }
    has_host = has_host || same_name(name, "Host");
    has_type = has_type || same_name(name, "Content-Type");
    made.tail() += std::string(name) + ": ";
    if (Status ok = made.append(value, false); !ok) return tl::unexpected(ok.error());
    made.tail() += "\r\n";
  }
  if (!has_host) made.tail() += "Host: " + made.url_.authority + "\r\n";
  if (!has_type) made.tail() += "Content-Type: application/json\r\n";
  if (!options.token.empty()) {
    if (!printable(options.token)) {
      return fail(Errc::invalid_argument, "token: control characters are not allowed");
    }
    made.tail() += "Authorization: Bearer " + options.token + "\r\n";
  }
  made.tail() += "Content-Length: ";
  return made;
}

std::string& RequestTemplate::tail() {
  if (pieces_.empty() || pieces_.back().slot != Slot::none) pieces_.emplace_back();
  return pieces_.back().text;
}

Status RequestTemplate::append(std::string_view text, bool in_url) {
  while (!text.empty()) {
    const std::size_t open = text.find('{');
    const std::size_t close = open == std::string_view::npos ? open : text.find('}', open);
    tail() += text.substr(0, open);
    if (open == std::string_view::npos) return {};
    const std::string_view name =
        close == std::string_view::npos ? text.substr(open) : text.substr(open + 1, close - open - 1);
    Slot slot = Slot::none;
    if (name == "device.id") slot = Slot::device_id;
    if (name == "device.type") slot = Slot::device_type;
    if (name == "report.type") slot = Slot::report_type;
    if (slot == Slot::none) {
      return fail(Errc::invalid_argument, "unknown template {" + std::string(name) +
                                              "}; there are {device.id}, {device.type} and {report.type}");
    }
    tail();  // a name right after a name needs a piece of its own
    pieces_.back().slot = slot;
    pieces_.back().in_url = in_url;
    text.remove_prefix(close + 1);
  }
  return {};
}

void RequestTemplate::write(const RequestNames& names, std::string_view body, std::string& out) const {
  out.clear();
  for (const Piece& piece : pieces_) {
    out += piece.text;
    std::string_view name;
    switch (piece.slot) {
      case Slot::none:
        continue;
      case Slot::device_id:
        name = names.device_id;
        break;
      case Slot::device_type:
        name = names.device_type;
        break;
      case Slot::report_type:
        name = names.report_type;
        break;
    }
    if (piece.in_url) {
      append_escaped(out, name);
    } else {
      append_printable(out, name);
    }
  }
  char digits[24];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, body.size());
  out.append(digits, end);
  out += "\r\n\r\n";
  out += body;
}

}  // namespace vfleet::codec::http
