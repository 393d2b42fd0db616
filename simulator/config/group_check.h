#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "simulator/core/result.h"

namespace vfleet::config {

struct GroupSpec;

/// What somebody who knows the rules of types and uplinks finds wrong in a group: see `vfleet-worker
/// --check`.
struct Objection {
  std::size_t group = 0;           ///< which of those asked about
  std::optional<std::size_t> row;  ///< the first of its rows that it was found with
  std::string path;                ///< key, as in KeyMistake
  std::string message;
};

/// Judges groups that have every key right for itself. Errors: there is no answer, with why.
using GroupCheck = std::function<Result<std::vector<Objection>>(const std::vector<const GroupSpec*>& groups)>;

}  // namespace vfleet::config
