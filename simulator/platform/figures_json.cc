#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "simulator/metrics/process.h"
#include "simulator/platform/api.h"

namespace vfleet::platform {
namespace {

using nlohmann::json;

json latency_tree(const metrics::Histogram& histogram) {
  return {{"count", histogram.count()},
          {"mean_us", static_cast<std::uint64_t>(histogram.mean())},
          {"p50_us", histogram.value_at_quantile(0.5)},
          {"p90_us", histogram.value_at_quantile(0.9)},
          {"p99_us", histogram.value_at_quantile(0.99)},
          {"max_us", histogram.max()}};
}

json rate_tree(const RateMeter& meter, TimePoint now) {
  return {{"1s", meter.rate(1, now)}, {"5s", meter.rate(5, now)}, {"10s", meter.rate(10, now)}};
}

std::uint64_t received_of(const Platform& platform, std::string_view type) {
  const auto& by_type = platform.figures().by_type;
  for (std::size_t i = 0; i < by_type.size(); ++i) {
    if (platform.types().name(static_cast<std::uint16_t>(i)) == type) return by_type[i].received;
  }
  return 0;
}

}  // namespace

std::string figures_json(const Platform& platform, const TransportCounts& transport) {
  const Figures& f = platform.figures();
  const TimePoint now = platform.clock().now();
  json by_type = json::object();
  json rates = json::object();
  for (std::size_t i = 0; i < f.by_type.size(); ++i) {
    if (f.by_type[i].received == 0) continue;
    const std::string& name = platform.types().name(static_cast<std::uint16_t>(i));
    by_type[name] = f.by_type[i].received;
    rates[name] = rate_tree(f.by_type[i].rate, now);
  }
  const CommandCounts& commands = platform.commands().counts();
  const MischiefCounts& mischief = platform.misbehaviour().counts();
  const http::ServerCounts& http = transport.http;
  const json tree = {
      {"started_us", to_us(platform.started())},
      {"seconds", to_seconds(now - platform.since())},
      {"received", f.received},
      {"by_type", std::move(by_type)},
      {"devices", platform.devices().size()},
      {"devices_not_tracked_reports", f.not_tracked},
      {"gaps", f.sequence.gaps},
      {"missing", f.sequence.missing},
      {"duplicates", f.sequence.duplicates},
      {"reordered", f.sequence.reordered},
      {"stale", f.sequence.stale},
      {"regressions", f.regressions},
      {"malformed", f.malformed},
      {"refused", f.refused},
      {"faults", received_of(platform, "fault")},
      {"latency", {{"sent", latency_tree(f.sent_to_arrival)}, {"due", latency_tree(f.due_to_arrival)}}},
      {"rate", rate_tree(f.rate, now)},
      {"rates", std::move(rates)},
      {"commands",
       {{"queued", commands.queued},
        {"delivered", commands.delivered},
        {"answered", commands.answered},
        {"dropped", commands.dropped}}},
      {"misbehaviour",
       {{"active", platform.misbehaviour().active()},
        {"delayed", mischief.delayed},
        {"refused", mischief.refused},
        {"cut", mischief.cut},
        {"garbage", mischief.garbage}}},
      {"http",
       {{"open", http.open},
        {"accepted", http.accepted},
        {"refused", http.refused},
        {"requests", http.requests},
        {"bad_requests", http.bad_requests},
        {"timed_out", http.timed_out}}},
      {"zmq", {{"messages", transport.zmq_messages}}},
      {"process", {{"rss_bytes", metrics::own_rss_bytes()}, {"cpu_us", metrics::own_cpu_us()}}}};
  return tree.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string figures_line(const Platform& platform) {
  const Figures& f = platform.figures();
  return fmt::format(
      "received {} reports of {} devices; missing {}, duplicates {}, reordered {}, malformed {}, refused {}, "
      "regressions {}; "
      "sent to arrival p50 {} us, p99 {} us, max {} us",
      f.received, platform.devices().size(), f.sequence.missing, f.sequence.duplicates, f.sequence.reordered,
      f.malformed, f.refused, f.regressions, f.sent_to_arrival.value_at_quantile(0.5),
      f.sent_to_arrival.value_at_quantile(0.99), f.sent_to_arrival.max());
}

}  // namespace vfleet::platform
