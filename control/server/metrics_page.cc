#include "control/server/metrics_page.h"

#include "control/server/gather_metrics.h"

namespace vfleet::control::server {

MetricsPage::MetricsPage(loop::AsioLoop& loop, const Controller& controller, std::string run_dir)
    : loop_(loop),
      controller_(controller),
      run_dir_(std::move(run_dir)),
      thread_([&loop](std::function<void()> task) { loop.post(std::move(task)); }) {}

Status MetricsPage::serve(const metrics::Endpoint& endpoint) {
  auto opened = metrics::MetricsServer::open(
      loop_, endpoint, [this](std::function<void(std::string)> done) { draw(std::move(done)); });
  if (!opened) return tl::unexpected(opened.error());
  server_ = std::move(*opened);
  return {};
}

void MetricsPage::draw(std::function<void(std::string)> done) {
  const auto text = std::make_shared<std::string>();
  const auto fleet =
      std::make_shared<const metrics::FleetMetrics>(gather_metrics(controller_.core(), run_dir_));
  thread_.run([text, fleet] { *text = metrics::render(*fleet); },
              [text, done = std::move(done)] { done(std::move(*text)); });
}

}  // namespace vfleet::control::server
