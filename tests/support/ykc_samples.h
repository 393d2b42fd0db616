#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "simulator/codec/ykc/body_reader.h"
#include "simulator/codec/ykc/layout.h"
#include "simulator/core/random.h"
#include "simulator/core/result.h"

/// Bodies made from the tables: of every frame there is one more test as soon as it is in a layout.
namespace vfleet::codec::ykc {

/// A body that is strictly right: each field is drawn from what its line allows.
[[nodiscard]] std::string sample_body(const Layout& layout, const FrameLayout& frame, Random& random);

/// Every field that is there, in the form that BodyWriter::set() takes: its value, or its bytes where writing
/// the value would make others (a time with the day of the week).
[[nodiscard]] std::vector<std::pair<std::string, std::string>> values_of(const BodyReader& body);

/// What the values make; the error when one of them is refused.
[[nodiscard]] Result<std::string> body_of(const Layout& layout, const FrameLayout& frame,
                                          const std::vector<std::pair<std::string, std::string>>& values);

[[nodiscard]] std::string from_hex(std::string_view digits);

}  // namespace vfleet::codec::ykc
