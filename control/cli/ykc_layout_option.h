#pragma once

#include <optional>
#include <string>

#include "control/cli/session.h"
#include "control/cli/spec.h"
#include "simulator/codec/ykc/layout.h"

namespace vfleet::cli {

/// --layout NAME|FILE; `otherwise` says which one it is without the option.
[[nodiscard]] OptionSpec ykc_layout_option(const std::string& otherwise = "ykc");

/// The layout that it means. Mistakes in its file are already printed when there is none.
struct WantedLayout {
  std::optional<codec::ykc::Layout> layout;
  ExitStatus status = ExitStatus::done;
};
[[nodiscard]] WantedLayout wanted_layout(Session& session, const Invocation& invocation);

}  // namespace vfleet::cli
