#pragma once

#include <string>

#include "simulator/config/catalogue.h"

namespace vfleet::config {

/// JSON Schema (draft-07) that editors check fleet files and profiles with: a file with the key `fleet` is
/// taken for a fleet file, any other for a profile. Keys are nested by their dots, units are patterns, docs
/// are descriptions. It is as strict as a schema can be; `vfleet validate` says the rest.
[[nodiscard]] std::string json_schema(const Catalogue& catalogue);

}  // namespace vfleet::config
