#pragma once

#include <string>
#include <string_view>

#include "simulator/bus/key_file.h"

namespace vfleet::control::api {

/// Who sends a request. Who reaches the run directory's own socket is its owner, who may do everything.
struct Caller {
  bus::Role role = bus::Role::operator_;
  std::string name;  ///< of the key; empty: over the run directory
};

/// Whether `verb` changes nothing: a viewer may ask for it. Verbs that are not known change something.
[[nodiscard]] bool only_looks(std::string_view verb);

}  // namespace vfleet::control::api
