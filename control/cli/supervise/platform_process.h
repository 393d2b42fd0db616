#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "control/cli/supervise/process_keeper.h"

namespace vfleet::cli {

/// How the stand-in for the platform is started.
struct PlatformPlan {
  std::vector<std::string> args;
  std::string host = "127.0.0.1";  ///< where it will listen; looked at to know that it is ready
  std::uint16_t port = 0;
  std::string http_host = "127.0.0.1";  ///< where it can be asked for its figures
  std::string port_file;                ///< where it writes its HTTP port; empty: RUN_DIR/platform.port
  bool tls = false;  ///< it needs a certificate, which workers trust: RUN_DIR/platform-cert.pem
};

/// The process of the stand-in; what has the same place after it died: its ports, its certificate.
class PlatformProcess {
 public:
  /// `keeper` outlives this.
  PlatformProcess(const ProcessKeeper& keeper, PlatformPlan plan);

  /// Starts it and waits until it listens. Fails as ProcessKeeper::wait_until_ready().
  [[nodiscard]] Outcome<void> start();
  /// Where it serves its figures; empty before start().
  [[nodiscard]] const std::string& figures() const { return figures_; }
  /// Starts it again when it has died and its time has come. Fails when it died too often.
  [[nodiscard]] Outcome<void> keep(TimePoint now);
  /// Ends it; returns whether it had to be killed. See ProcessKeeper::end().
  bool end(bool at_once);

  /// Null before start() and after end().
  [[nodiscard]] KeptProcess* process() const { return process_.get(); }
  [[nodiscard]] std::size_t restarts() const { return restarts_; }

 private:
  [[nodiscard]] Outcome<void> spawn();
  [[nodiscard]] bool is_ready();
  void trust() const;

  const ProcessKeeper& keeper_;
  PlatformPlan plan_;
  std::unique_ptr<KeptProcess> process_;
  std::string figures_;
  std::size_t restarts_ = 0;
};

}  // namespace vfleet::cli
