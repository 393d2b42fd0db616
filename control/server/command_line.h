#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "control/metrics/endpoint.h"
#include "control/server/listen.h"
#include "control/server/open_journal.h"
#include "simulator/core/result.h"

namespace vfleet::control::server {

/// What vfleet-control is started with.
struct CommandLine {
  std::string fleet;  ///< an absolute path
  std::string run_dir;
  std::uint32_t workers = 1;
  std::string worker_program;
  bool watch = true;
  bool worker_check = true;
  std::string log_level = "info";
  bool resume = false;
  bool fresh = false;
  std::string journal_sync = "normal";
  std::uint64_t log_size = std::uint64_t{16} << 20U;  ///< bytes
  unsigned log_files = 8;
  std::string listen;
  std::string keys;
  bool insecure = false;
  std::string metrics;
  std::string platform_figures;

  [[nodiscard]] Start start() const { return resume ? Start::resume : fresh ? Start::fresh : Start::ask; }
  /// Where --metrics serves; nullopt without it. Errors: invalid_argument.
  [[nodiscard]] Result<std::optional<metrics::Endpoint>> metrics_endpoint() const;
  /// Where --listen listens; nullopt without it. Errors: as parse_listen(), and invalid_argument when --keys
  /// or --insecure come alone.
  [[nodiscard]] Result<std::optional<Listen>> listen_endpoints() const;
};

/// The words of main(). Nullopt when there is nothing to run: `status` is then what the process ends with,
/// and why, or the help, has been printed.
[[nodiscard]] std::optional<CommandLine> parse_command_line(int argc, char** argv, int& status);

}  // namespace vfleet::control::server
