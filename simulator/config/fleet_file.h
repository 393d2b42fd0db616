#pragma once

#include <string>
#include <tl/expected.hpp>

#include "simulator/config/fleet_spec.h"
#include "simulator/config/load_context.h"
#include "simulator/config/profile_file.h"

/// Fleet files and profiles, read from YAML. Nothing here throws.
namespace vfleet::config {

/// The fleet that `path` describes, with its profiles and devices files (named relative to the file that
/// names them), or every mistake in any of them.
[[nodiscard]] tl::expected<FleetSpec, Mistakes> load_fleet(const std::string& path,
                                                           const Catalogue& catalogue,
                                                           const LoadOptions& options = {});

/// A profile by itself, with those that it extends.
[[nodiscard]] tl::expected<Profile, Mistakes> load_profile(const std::string& path,
                                                           const Catalogue& catalogue,
                                                           const LoadOptions& options = {});

}  // namespace vfleet::config
