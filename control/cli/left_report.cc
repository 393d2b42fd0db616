#include "control/cli/left_report.h"

#include <vector>

#include "control/cli/run_dir_places.h"
#include "control/cli/supervise/results_files.h"

namespace vfleet::cli {

namespace fs = std::filesystem;

std::optional<fs::path> left_file(const Environment& env, const std::optional<std::string>& option,
                                  const fs::path& name) {
  std::error_code error;
  std::vector<fs::path> run_dirs;
  if (const auto named = named_run_dir(env, option)) {
    run_dirs.emplace_back(*named);
  } else {
    for (const fs::path& place : usual_places(env)) {
      for (const auto& entry : fs::directory_iterator(place, error)) run_dirs.push_back(entry.path());
    }
  }
  std::optional<fs::path> newest;
  fs::file_time_type when = fs::file_time_type::min();
  for (const fs::path& each : run_dirs) {
    const fs::path file = each / name;
    const fs::file_time_type written = fs::last_write_time(file, error);
    if (error || written <= when) continue;
    when = written;
    newest = file;
  }
  return newest;
}

std::optional<fs::path> left_report(const Environment& env, const std::optional<std::string>& option) {
  return left_file(env, option, fs::path(kResultsDir) / "report.html");
}

}  // namespace vfleet::cli
