#pragma once

#include <string>
#include <vector>

#include "simulator/config/group_reader.h"
#include "simulator/config/profile_file.h"

namespace vfleet::config {

/// Asks options().check, if there is one, about `groups`, and notes what it finds as mistakes at the places
/// that give the values: in the fleet file, a profile or a devices file. `file`: the fleet file.
void ask_about(const std::vector<const PlacedGroup*>& groups, LoadContext& context, const std::string& file);

/// The same for a profile by itself, read from `file`: what is wrong with keys that it gives. The rest may be
/// given by those who use it.
void ask_about(const Profile& profile, LoadContext& context, const std::string& file);

}  // namespace vfleet::config
