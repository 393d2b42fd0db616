#include "simulator/codec/http/request_template.h"

#include <algorithm>
#include <charconv>

#include "simulator/codec/http/token.h"
#include "simulator/core/ascii.h"

namespace vfleet::codec::http {
namespace {

constexpr std::string_view kLength = "\r\nContent-Length: ";

/// For what has no places.
struct NoNames final : text::Names {
  [[nodiscard]] std::string_view device_id() const override { return {}; }
  [[nodiscard]] std::string_view device_type() const override { return {}; }
  [[nodiscard]] std::string_view group() const override { return {}; }
  [[nodiscard]] std::string_view label(std::string_view /*name*/) const override { return {}; }
};

bool printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) || c == '\t';
  });
}

tl::unexpected<Error> bad_header(std::string_view header, std::string_view why) {
  return fail(Errc::invalid_argument, "headers: \"" + std::string(header) + "\": " + std::string(why));
}

}  // namespace

Status RequestTemplate::add(std::string_view text, text::Escape escape) {
  auto part = text::Template::compile(text, {.escape = escape});
  if (!part) return tl::unexpected(part.error());
  parts_.push_back(std::move(*part));
  return {};
}

Status RequestTemplate::add_header(const std::string& header, const RequestOptions& options) {
  const std::size_t colon = header.find(':');
  if (colon == std::string::npos) return bad_header(header, "expected \"Name: value\"");
  const std::string_view name = std::string_view(header).substr(0, colon);
  const std::string_view value = trimmed(std::string_view(header).substr(colon + 1));
  if (!is_token(name)) {
    return bad_header(header, "expected \"Name: value\"");
  }
  if (!printable(value)) return bad_header(header, "control characters are not allowed");
  for (std::string_view ours : {"Content-Length", "Content-Encoding", "Transfer-Encoding", "Connection"}) {
    if (same_but_for_case(name, ours)) return bad_header(header, "is set by the uplink itself");
  }
  if (same_but_for_case(name, "Authorization") && !options.token.empty()) {
    return bad_header("Authorization", "is set by token already");
  }
  has_host_ = has_host_ || same_but_for_case(name, "Host");
  const std::string line = std::string(name) + ": " + std::string(value);
  if (same_but_for_case(name, "Content-Type")) {
    auto type = text::Template::compile(line, {.escape = text::Escape::line});
    if (!type) return bad_header(header, type.error().detail);
    type_ = std::move(*type);
    return {};
  }
  if (Status ok = add(line, text::Escape::line); !ok) return bad_header(header, ok.error().detail);
  return add("\r\n", text::Escape::line);
}

Result<RequestTemplate> RequestTemplate::make(const RequestOptions& options) {
  RequestTemplate made;
  Result<Url> url = parse_url(options.url);
  if (!url) return tl::unexpected(url.error());
  made.url_ = std::move(*url);
  if (!is_token(options.method)) {
    return fail(Errc::invalid_argument, "method \"" + options.method + "\" is not a method name");
  }
  made.has_body_ = options.method != "GET" && options.method != "DELETE";
  if (Status ok = made.add(options.method + " " + made.url_.target, text::Escape::url); !ok) {
    return fail(Errc::invalid_argument, "url \"" + options.url + "\": " + ok.error().detail);
  }
  Status ok = made.add(" HTTP/1.1\r\n", text::Escape::line);
  for (std::size_t i = 0; ok && i < options.headers.size(); ++i)
    ok = made.add_header(options.headers[i], options);
  if (!ok) return tl::unexpected(ok.error());
  std::string last;
  if (!made.has_host_) last += "Host: " + made.url_.authority + "\r\n";
  if (!options.token.empty()) {
    if (!printable(options.token)) {
      return fail(Errc::invalid_argument, "token: control characters are not allowed");
    }
    last += "Authorization: Bearer " + options.token + "\r\n";
  }
  // No template: a token may hold braces.
  made.last_ = std::move(last);
  if (made.type_.empty()) made.type_ = text::Template::compile("Content-Type: application/json").value();
  const bool same = std::all_of(made.parts_.begin(), made.parts_.end(),
                                [](const text::Template& part) { return part.is_constant(); });
  if (made.has_body_ && same && made.type_.is_constant()) {
    const NoNames none;
    for (const text::Template& part : made.parts_) part.render(none, made.usual_);
    made.usual_ += made.last_;
    made.type_.render(none, made.usual_);
    made.usual_ += kLength;
  }
  return made;
}

void RequestTemplate::write(const text::Names& names, const text::ReportText& report, const RequestBody& body,
                            Buffer& out) const {
  const bool usual = !usual_.empty() && body.type.empty() && body.encoding.empty();
  if (usual) {
    out = usual_;
  } else {
    out.clear();
    for (const text::Template& part : parts_) part.render(names, report, out);
    out += last_;
  }
  if (has_body_) {
    if (!usual) write_type(names, report, body, out);
    char digits[24];
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, body.bytes.size());
    out.append(digits, end);
    out += "\r\n\r\n";
    out += body.bytes;
  } else {
    out += "\r\n";
  }
}

void RequestTemplate::write_type(const text::Names& names, const text::ReportText& report,
                                 const RequestBody& body, Buffer& out) const {
  if (body.type.empty()) {
    type_.render(names, report, out);
  } else {
    out += "Content-Type: ";
    out += body.type;
  }
  if (!body.encoding.empty()) {
    out += "\r\nContent-Encoding: ";
    out += body.encoding;
  }
  out += kLength;
}

void RequestTemplate::authorize(std::string_view request, std::string_view token, Buffer& out) {
  const std::size_t line = request.find("\r\n") + 2;
  out = request.substr(0, line);
  out += "Authorization: Bearer ";
  out += token;
  out += "\r\n";
  out += request.substr(line);
}

}  // namespace vfleet::codec::http
