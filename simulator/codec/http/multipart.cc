#include "simulator/codec/http/multipart.h"

#include <algorithm>

#include "simulator/core/ascii.h"
#include "simulator/core/base64.h"

namespace vfleet::codec::http {
namespace {

std::string_view boundary() {
  constexpr std::string_view kType = Multipart::kContentType;
  return kType.substr(kType.find('=') + 1);
}

tl::unexpected<Error> bad(std::string_view line, std::string_view why) {
  return fail(Errc::invalid_argument, "part \"" + std::string(line) + "\": " + std::string(why));
}

bool name_character(char c) {
  return is_letter_or_digit(c) || c == '-' || c == '_' || c == '.' || c == '[' || c == ']';
}

// In a quoted value of a header.
bool plain(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return c == '"' || static_cast<unsigned char>(c) < 0x20; });
}

}  // namespace

Result<Multipart> Multipart::parse(std::string_view text) {
  Multipart made;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end), " \t\r");
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    Result<Part> part = parse_part(line);
    if (!part) return tl::unexpected(part.error());
    made.parts_.push_back(std::move(*part));
  }
  if (made.parts_.empty()) return fail(Errc::invalid_argument, "no parts: expected lines of NAME = TEMPLATE");
  return made;
}

Result<Multipart::Part> Multipart::parse_part(std::string_view line) {
  std::string_view left = line;
  const auto name_end = std::find_if_not(left.begin(), left.end(), name_character);
  const std::string_view name = left.substr(0, static_cast<std::size_t>(name_end - left.begin()));
  if (name.empty())
    return bad(line, "expected NAME = TEMPLATE, or NAME(filename=NAME) @ TEMPLATE for a file");
  left = trimmed(left.substr(name.size()));
  std::string_view filename;
  std::string_view type;
  if (left.starts_with('(')) {
    const std::size_t close = left.find(')');
    if (close == std::string_view::npos) return bad(line, "the ) is missing");
    std::string_view inside = left.substr(1, close - 1);
    left = trimmed(left.substr(close + 1));
    while (!inside.empty()) {
      const std::size_t comma = std::min(inside.find(','), inside.size());
      const std::string_view each = trimmed(inside.substr(0, comma));
      inside.remove_prefix(std::min(comma + 1, inside.size()));
      if (!plain(each)) return bad(line, "quotes and control characters are not allowed in ( )");
      if (each.starts_with("filename=")) {
        filename = each.substr(9);
      } else if (each.starts_with("type=")) {
        type = each.substr(5);
      } else {
        return bad(line, "in ( ) there may be filename= and type=");
      }
    }
  }
  if (left.empty() || (left.front() != '=' && left.front() != '@')) {
    return bad(line, "expected = and a text, or @ and a file in base64");
  }
  Part part;
  part.base64 = left.front() == '@';
  std::string head = "--" + std::string(boundary()) + "\r\nContent-Disposition: form-data; name=\"" +
                     std::string(name) + "\"";
  if (!filename.empty()) head += "; filename=\"" + std::string(filename) + "\"";
  head += "\r\n";
  if (type.empty() && part.base64) type = "application/octet-stream";
  if (!type.empty()) head += "Content-Type: " + std::string(type) + "\r\n";
  head += "\r\n";
  auto compiled = text::Template::compile(head, {.escape = text::Escape::line});
  if (!compiled) return bad(line, compiled.error().detail);
  part.head = std::move(*compiled);
  auto content = text::Template::compile(trimmed(left.substr(1)),
                                         {.detect_json = type.find("json") != std::string_view::npos});
  if (!content) return bad(line, content.error().detail);
  part.content = std::move(*content);
  return part;
}

Status Multipart::write(const text::Names& names, const text::ReportText& report, Buffer& out) const {
  for (const Part& part : parts_) {
    part.head.render(names, report, out);
    const std::size_t at = out.size();
    part.content.render(names, report, out);
    if (part.base64) {
      const Result<std::string> file = base64_decode(std::string_view(out).substr(at));
      if (!file) return tl::unexpected(file.error());
      out.resize(at);
      out += *file;
    }
    out += "\r\n";
  }
  out += "--";
  out += boundary();
  out += "--\r\n";
  return {};
}

}  // namespace vfleet::codec::http
