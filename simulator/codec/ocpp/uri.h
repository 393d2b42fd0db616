#pragma once

#include <string_view>

namespace vfleet::codec::ocpp {

/// Whether `text` has the form of an absolute URI (RFC 3986): a scheme, a colon, and then only characters
/// that may stand in one. What the scheme asks beyond that is not looked at.
[[nodiscard]] bool is_uri(std::string_view text);

}  // namespace vfleet::codec::ocpp
