#include "simulator/platform/http/request_head.h"

#include <algorithm>
#include <charconv>

#include "simulator/codec/http/token.h"
#include "simulator/core/ascii.h"

namespace vfleet::platform::http {
namespace {

bool list_has(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (same_but_for_case(trimmed(list.substr(0, comma)), word)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

bool read_request_line(std::string_view line, RequestHead& head) {
  const std::size_t first = line.find(' ');
  if (first == std::string_view::npos) return false;
  const std::size_t second = line.find(' ', first + 1);
  if (second == std::string_view::npos) return false;
  head.method = line.substr(0, first);
  head.target = line.substr(first + 1, second - first - 1);
  const std::string_view version = line.substr(second + 1);
  if (!codec::http::is_token(head.method) || head.target.empty() || head.target.front() != '/') return false;
  for (const char c : head.target) {
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f) return false;
  }
  head.keep_alive = version == "HTTP/1.1";
  return head.keep_alive || version == "HTTP/1.0";
}

struct Seen {
  bool length = false;
};

bool read_field(std::string_view line, RequestHead& head, Seen& seen) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (!codec::http::is_token(name)) return false;
  for (const char c : value) {
    if ((static_cast<unsigned char>(c) < ' ' && c != '\t') || c == 0x7f) return false;
  }
  // Only names of these lengths matter.
  switch (name.size()) {
    case 6:
      if (same_but_for_case(name, "expect")) head.expects_continue = same_but_for_case(value, "100-continue");
      return true;
    case 10:
      if (same_but_for_case(name, "connection")) {
        if (list_has(value, "close")) head.keep_alive = false;
        if (list_has(value, "keep-alive")) head.keep_alive = true;
      }
      return true;
    case 13:
      if (same_but_for_case(name, "authorization")) head.authorization = value;
      return true;
    case 14:
      if (same_but_for_case(name, "content-length")) {
        std::uint64_t length = 0;
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
        if (error != std::errc{} || end != value.data() + value.size()) return false;
        if (seen.length && length != head.content_length) return false;
        seen.length = true;
        head.content_length = length;
      }
      return true;
    case 16:
      if (same_but_for_case(name, "content-encoding")) {
        head.encoding = same_but_for_case(value, "gzip") || same_but_for_case(value, "x-gzip")
                            ? RequestHead::Encoding::gzip
                        : same_but_for_case(value, "identity") || value.empty()
                            ? RequestHead::Encoding::none
                            : RequestHead::Encoding::other;
      }
      return true;
    case 17:
      if (same_but_for_case(name, "transfer-encoding")) head.chunked = true;
      return true;
    default:
      return true;
  }
}

}  // namespace

Result<std::size_t> read_request_head(std::string_view in, std::size_t head_bytes_max, RequestHead& head) {
  head = RequestHead();
  const std::size_t end = in.substr(0, head_bytes_max).find("\r\n\r\n");
  if (end == std::string_view::npos) {
    if (in.size() >= head_bytes_max) return fail(Errc::too_large);
    // A peer that speaks something else is told so at once, not after a time-out.
    if (!in.empty() && !codec::http::is_token(in.substr(0, 1))) return fail(Errc::malformed);
    return 0;
  }
  std::string_view rest = in.substr(0, end + 2);
  Seen seen;
  for (bool first = true; !rest.empty(); first = false) {
    const std::size_t stop = rest.find("\r\n");
    const std::string_view line = rest.substr(0, stop);
    rest.remove_prefix(stop + 2);
    if (!(first ? read_request_line(line, head) : read_field(line, head, seen))) return fail(Errc::malformed);
  }
  if (head.chunked && seen.length) return fail(Errc::malformed);
  return end + 4;
}

}  // namespace vfleet::platform::http
