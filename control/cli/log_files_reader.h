#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "control/cli/environment.h"
#include "control/cli/failure.h"

namespace vfleet::cli {

/// What `vfleet logs` was asked for.
struct LogRequest {
  std::optional<std::string> selector;
  std::string level = "trace";
  std::string from;
  std::optional<std::int64_t> since_us;
  std::optional<std::int64_t> lines;
};

/// The run directory that --run-dir or VFLEET_RUN_DIR names, whether a fleet runs there or not.
[[nodiscard]] std::optional<std::filesystem::path> given_run_dir(const Environment& env,
                                                                 const std::optional<std::string>& option);

/// Reads RUN_DIR/logs when there is no control, in the order of the files; `show` gets a row as the verb
/// `logs` gives it and may end it with false. Of a device only the id is known: a selector that asks for more
/// fails with usage. Fails with the code no_files when there are none.
[[nodiscard]] Outcome<void> read_log_files(const std::filesystem::path& run_dir, const LogRequest& request,
                                           const std::function<bool(const nlohmann::json&)>& show);

}  // namespace vfleet::cli
