#include "control/cli/run_dir_places.h"

#include <fmt/format.h>

namespace vfleet::cli {

std::vector<std::filesystem::path> usual_places(const Environment& env) {
  std::vector<std::filesystem::path> places;
  if (const auto runtime = env.variable("XDG_RUNTIME_DIR"); runtime && !runtime->empty()) {
    places.push_back(std::filesystem::path(*runtime) / "vfleet");
  }
  places.push_back(env.tmp_dir / fmt::format("vfleet-{}", env.uid));
  return places;
}

std::optional<std::string> named_run_dir(const Environment& env, const std::optional<std::string>& option) {
  if (option && !option->empty()) return option;
  if (auto variable = env.variable("VFLEET_RUN_DIR"); variable && !variable->empty()) return variable;
  return std::nullopt;
}

}  // namespace vfleet::cli
