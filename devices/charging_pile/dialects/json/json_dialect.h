#pragma once

#include "devices/charging_pile/dialect.h"

namespace vfleet::pile {

/// The product's own JSON: the envelope of codec/envelope with the data members that the type describes.
/// Requests are {"id","type","data":{}}; README.md lists them.
[[nodiscard]] const Dialect& json_dialect();

/// Longer requests are not read.
inline constexpr std::size_t kRequestBytesMax = 64 * 1024;

/// The part of the dialect that reads.
[[nodiscard]] Request read_request(std::string_view message);

}  // namespace vfleet::pile
