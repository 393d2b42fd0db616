#pragma once

#include <string>

#include "devices/charging_pile/dialects/ykc/ykc_config.h"

namespace vfleet::pile::ykc {

/// What the key ykc.layout means.
struct LayoutChoice {
  std::string text;     ///< the name of a layout that is built in, or one as text (codec/ykc/layout_text.h)
  std::string mistake;  ///< what is wrong with the file; then `text` is the version's own
};

/// `layout`: empty, a name, or a file in `folder`.
[[nodiscard]] LayoutChoice choose_layout(const std::string& layout, const std::string& folder,
                                         Version version);

}  // namespace vfleet::pile::ykc
