#include "simulator/platform/roles/framing.h"

#include <algorithm>

namespace vfleet::platform {
namespace {

std::size_t length_bytes(Framing framing) {
  return framing == Framing::length2be ? 2 : 4;
}

}  // namespace

std::optional<Framing> framing_of(std::string_view name) {
  if (name == "lines") return Framing::lines;
  if (name == "length2be") return Framing::length2be;
  if (name == "length4be") return Framing::length4be;
  return std::nullopt;
}

Result<Frame> next_frame(std::string_view in, Framing framing, std::size_t content_max) {
  if (framing == Framing::lines) {
    const std::size_t end = in.find('\n');
    if (std::min(end, in.size()) > content_max) return fail(Errc::too_large);
    if (end == std::string_view::npos) return Frame{};
    std::string_view content = in.substr(0, end);
    if (content.ends_with('\r')) content.remove_suffix(1);
    return Frame{.consumed = end + 1, .content = content};
  }
  const std::size_t head = length_bytes(framing);
  if (in.size() < head) return Frame{.needed = head};
  std::size_t size = 0;
  for (const char c : in.substr(0, head)) size = size << 8U | static_cast<unsigned char>(c);
  if (size > content_max) return fail(Errc::too_large);
  if (in.size() < head + size) return Frame{.needed = head + size};
  return Frame{.consumed = head + size, .content = in.substr(head, size)};
}

void append_frame(std::string_view content, Framing framing, std::string& out) {
  if (framing == Framing::lines) {
    out += content;
    out += '\n';
    return;
  }
  const std::size_t head = length_bytes(framing);
  content = content.substr(0, (std::size_t{1} << (8 * head)) - 1);
  for (std::size_t i = head; i-- > 0;) out += static_cast<char>(content.size() >> (8 * i) & 0xffU);
  out += content;
}

}  // namespace vfleet::platform
