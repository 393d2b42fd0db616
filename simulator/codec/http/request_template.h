#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/codec/http/url.h"
#include "simulator/core/result.h"

namespace vfleet::codec::http {

struct RequestOptions {
  std::string method = "POST";
  std::string url;
  std::vector<std::string> headers;  ///< "Name: value"
  std::string token;                 ///< not empty: sent as "Authorization: Bearer TOKEN"
};

/// What {device.id}, {device.type} and {report.type} stand for.
struct RequestNames {
  std::string_view device_id;
  std::string_view device_type;
  std::string_view report_type;
};

/// An HTTP/1.1 request worked out once for all devices: what stays the same is text, and only the names and
/// Content-Length are filled in.
class RequestTemplate {
 public:
  /// Errors: invalid_argument: a bad URL, an unknown template, a header that is not "Name: value" or that is
  /// ours to set (Content-Length, Transfer-Encoding, Connection).
  [[nodiscard]] static Result<RequestTemplate> make(const RequestOptions& options);

  /// Replaces `out` by the whole request. Names are percent-encoded in the URL; in headers control characters
  /// are left out. Allocates only while `out` grows.
  void write(const RequestNames& names, std::string_view body, std::string& out) const;

  [[nodiscard]] const Url& url() const { return url_; }

 private:
  enum class Slot : std::uint8_t { none, device_id, device_type, report_type };
  /// `text`, then the name in `slot`.
  struct Piece {
    std::string text;
    Slot slot = Slot::none;
    bool in_url = false;
  };

  Status append(std::string_view text, bool in_url);
  std::string& tail();  // literal text goes here

  Url url_;
  std::vector<Piece> pieces_;
};

}  // namespace vfleet::codec::http
