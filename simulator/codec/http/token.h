#pragma once

#include <string_view>

namespace vfleet::codec::http {

/// Whether `text` is a token of RFC 9110 (section 5.6.2): a method, the name of a header, of a subprotocol.
[[nodiscard]] bool is_token(std::string_view text);

}  // namespace vfleet::codec::http
