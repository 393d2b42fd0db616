#pragma once

#include <string>

#include "simulator/config/load_context.h"

namespace vfleet::config {

enum class FileKind { fleet, profile };

/// What the file means to be: a profile when it names a `type` and neither `fleet` nor `groups`; else a fleet
/// file, so that what is wrong with it is said in terms of fleets. Notes no mistakes.
[[nodiscard]] FileKind file_kind(const std::string& path, const LoadOptions& options = {});

}  // namespace vfleet::config
