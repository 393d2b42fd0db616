#pragma once

#include <string>
#include <string_view>

#include "simulator/codec/ykc/layout.h"
#include "simulator/core/result.h"

namespace vfleet::codec::ykc {

/// A whole layout as lines, for who has no YAML:
///
///   layout ykc-1.6 # what it is
///   setting crc_order high
///   frame 0x13 realtime # what it says
///     order bcd16
///     voltage u16 x0.1 V
///   frame 0xA4 paired_remote_start like 0x34 # that and more
///     pair bcd6
///
/// Fields as in field_spec.h. Errors begin with the number of the line.
[[nodiscard]] Result<Layout> parse_layout(std::string_view text);

/// What parse_layout() reads back as the same layout.
[[nodiscard]] std::string to_text(const Layout& layout);

}  // namespace vfleet::codec::ykc
