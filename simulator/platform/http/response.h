#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace vfleet::platform::http {

/// "Not Found" and the like; "Status" for numbers without a name here.
[[nodiscard]] std::string_view reason_of(std::uint32_t status);

/// Appends a whole response with a JSON body.
void write_json(std::string& out, std::uint32_t status, std::string_view body, bool keep_alive);

/// Appends {"code":STATUS,"message":TEXT}.
void write_error(std::string& out, std::uint32_t status, std::string_view message, bool keep_alive);

}  // namespace vfleet::platform::http
