#pragma once

#include <functional>
#include <memory>
#include <string>

#include "control/logs/reader_thread.h"
#include "control/metrics/metrics_server.h"
#include "control/server/controller.h"
#include "simulator/loop/asio_loop.h"

namespace vfleet::control::server {

/// Control's metrics, served over HTTP: figures are gathered on the loop, and drawn on a thread of its own.
class MetricsPage {
 public:
  /// Everything given must outlive this.
  MetricsPage(loop::AsioLoop& loop, const Controller& controller, std::string run_dir);

  /// Errors: unavailable, naming the endpoint.
  [[nodiscard]] Status serve(const metrics::Endpoint& endpoint);
  /// After serve(): with the port that was chosen.
  [[nodiscard]] std::string url() const { return server_->endpoint().url(); }

 private:
  void draw(std::function<void(std::string)> done);

  loop::AsioLoop& loop_;
  const Controller& controller_;
  const std::string run_dir_;
  logs::ReaderThread thread_;
  std::unique_ptr<metrics::MetricsServer> server_;
};

}  // namespace vfleet::control::server
