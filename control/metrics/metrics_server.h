#pragma once

#include <functional>
#include <memory>
#include <string>

#include "control/metrics/endpoint.h"
#include "simulator/core/result.h"
#include "simulator/loop/asio_loop.h"

namespace vfleet::control::metrics {

/// Serves GET /metrics on the loop. Scrapes that come close together share one text; who reads slowly, says
/// nothing or sends nonsense has a connection for kTimeout at most. There are kConnectionsMax: for a new one
/// the oldest that never asked for anything goes, then the one that has been at its request the longest.
class MetricsServer {
 public:
  static constexpr std::size_t kConnectionsMax = 64;
  static constexpr Duration kTimeout = std::chrono::seconds(10);
  /// Workers tell their figures once a second: a text is good for so long.
  static constexpr Duration kFresh = std::chrono::milliseconds(900);

  /// Makes the text of a scrape, elsewhere, and calls `done` on the loop, once, later; never twice at a time.
  using Collect = std::function<void(std::function<void(std::string text)> done)>;

  /// Everything given must outlive this. Errors: unavailable, naming the endpoint; what to do.
  [[nodiscard]] static Result<std::unique_ptr<MetricsServer>> open(loop::AsioLoop& loop,
                                                                   const Endpoint& endpoint, Collect collect);
  ~MetricsServer();

  /// With the port that was chosen.
  [[nodiscard]] const Endpoint& endpoint() const;

 private:
  class Impl;
  explicit MetricsServer(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;  // its connections hold it weakly
};

}  // namespace vfleet::control::metrics
