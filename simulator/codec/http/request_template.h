#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "simulator/codec/http/url.h"
#include "simulator/codec/text/template.h"
#include "simulator/core/result.h"

namespace vfleet::codec::http {

struct RequestOptions {
  std::string method = "POST";
  std::string url;                   ///< a template, but for the host
  std::vector<std::string> headers;  ///< "Name: value", the value a template
  std::string token;                 ///< not empty: sent as "Authorization: Bearer TOKEN"
};

/// What a request carries. Views are valid during the call.
struct RequestBody {
  std::string_view bytes = {};
  std::string_view type = {};      ///< Content-Type; empty: as the template has it, or application/json
  std::string_view encoding = {};  ///< Content-Encoding; empty: none
};

/// An HTTP/1.1 request worked out once for all devices: what stays the same is text, and only places and
/// Content-Length are filled in.
class RequestTemplate {
 public:
  /// Errors: invalid_argument: a bad URL, an unknown place, a header that is not "Name: value" or that is
  /// ours to set (Content-Length, Content-Encoding, Transfer-Encoding, Connection).
  [[nodiscard]] static Result<RequestTemplate> make(const RequestOptions& options);

  /// Replaces `out` by the whole request. What stands in the URL is percent-encoded; in headers control
  /// characters are left out. Allocates only while `out` grows.
  void write(const text::Names& names, const text::ReportText& report, const RequestBody& body,
             Buffer& out) const;

  /// Writes `request` to `out` with "Authorization: Bearer TOKEN" as its first header.
  static void authorize(std::string_view request, std::string_view token, Buffer& out);

  [[nodiscard]] const Url& url() const { return url_; }

 private:
  [[nodiscard]] Status add(std::string_view text, text::Escape escape);
  /// What says what the body is, up to its length.
  void write_type(const text::Names& names, const text::ReportText& report, const RequestBody& body,
                  Buffer& out) const;
  [[nodiscard]] Status add_header(const std::string& header, const RequestOptions& options);

  Url url_;
  std::vector<text::Template> parts_;  // the head without Content-*, each with its own way to escape
  std::string last_;                   // Host, Authorization
  text::Template type_;                // "Content-Type: ..."
  std::string usual_;                  // up to the length of a body, when all of that has no places; else empty
  bool has_body_ = true;  // GET and DELETE carry none: what they tell is in the URL and the headers
  bool has_host_ = false;
};

}  // namespace vfleet::codec::http
