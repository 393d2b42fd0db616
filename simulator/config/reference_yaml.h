#pragma once

#include <string>

#include "simulator/config/catalogue.h"

namespace vfleet::config {

/// configs/reference.yaml: a fleet file that names every key of every type and uplink with its default, and
/// says in comments what it is, its unit, its range and what changing it does. It loads, and sets nothing but
/// defaults.
[[nodiscard]] std::string reference_yaml(const Catalogue& catalogue);

/// `text` as a YAML scalar that this project's reader reads back as it is: plain where possible.
[[nodiscard]] std::string yaml_scalar(const std::string& text);

}  // namespace vfleet::config
