#include "control/api/caller.h"

#include <algorithm>
#include <array>

namespace vfleet::control::api {

bool only_looks(std::string_view verb) {
  static constexpr std::array<std::string_view, 11> kLooks = {
      "ls", "get", "watch", "renew", "describe", "status", "results", "logs", "history", "diff", "jobs"};
  return std::find(kLooks.begin(), kLooks.end(), verb) != kLooks.end();
}

}  // namespace vfleet::control::api
