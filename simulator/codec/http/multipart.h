#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "simulator/codec/text/template.h"
#include "simulator/core/result.h"

namespace vfleet::codec::http {

/// A body of multipart/form-data (RFC 7578) made of a report: how cameras upload pictures. Worked out once
/// for all devices. Written as a line for each part:
///
///   NAME = TEMPLATE                                a text
///   NAME(type=TYPE) = TEMPLATE                     of that Content-Type; values are JSON where TYPE is
///   NAME(filename=TEMPLATE, type=TYPE) @ TEMPLATE  a file: TEMPLATE gives its bytes in base64
class Multipart {
 public:
  static constexpr std::string_view kContentType = "multipart/form-data; boundary=vfleet-7d1f0c5b9e3a4826";

  /// Errors: invalid_argument, with the line and what is wrong with it.
  [[nodiscard]] static Result<Multipart> parse(std::string_view text);

  /// Appends the body. Errors: malformed: what should be a file is not base64; `out` is then of no use.
  [[nodiscard]] Status write(const text::Names& names, const text::ReportText& report, Buffer& out) const;

 private:
  struct Part {
    text::Template head;  // to the empty line
    text::Template content;
    bool base64 = false;
  };
  [[nodiscard]] static Result<Part> parse_part(std::string_view line);

  std::vector<Part> parts_;
};

}  // namespace vfleet::codec::http
