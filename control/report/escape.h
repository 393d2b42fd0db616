#pragma once

#include <string>
#include <string_view>

namespace vfleet::control::report {

/// Text for elements and attributes of XML and HTML. What XML cannot hold (control bytes, broken UTF-8)
/// becomes U+FFFD.
[[nodiscard]] std::string escaped(std::string_view text);

/// A field of RFC 4180: in quotes when it has to be. What a spreadsheet would take for a formula gets an
/// apostrophe in front.
[[nodiscard]] std::string csv_field(std::string_view text);

}  // namespace vfleet::control::report
