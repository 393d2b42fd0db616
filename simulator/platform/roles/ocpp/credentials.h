#pragma once

#include <string_view>

namespace vfleet::platform::ocpp {

/// Whether an Authorization header is HTTP Basic of this charge point with this password: its text, or the
/// bytes that its hexadecimal digits stand for (the standard's way).
[[nodiscard]] bool proves(std::string_view authorization, std::string_view id, std::string_view password);

}  // namespace vfleet::platform::ocpp
