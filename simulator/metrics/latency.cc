#include "simulator/metrics/latency.h"

#include <nlohmann/json.hpp>
#include <string>

#include "simulator/metrics/histogram_json.h"

namespace vfleet::metrics {

using nlohmann::json;

void Latency::merge(const Latency& other) {
  for (const LatencyWay& way : kLatencyWays) {
    if ((other.*way.histogram).count() > 0) (this->*way.histogram).merge(other.*way.histogram);
  }
}

json to_tree(const Latency& latency) {
  json out = json::object();
  for (const LatencyWay& way : kLatencyWays) {
    const Histogram& histogram = latency.*way.histogram;
    const bool always = way.histogram == &Latency::send || way.histogram == &Latency::ack;
    if (always || histogram.count() > 0) out[std::string(way.name)] = to_tree(histogram);
  }
  return out;
}

Result<Latency> latency_from_tree(const json& tree) {
  if (!tree.is_object()) return fail(Errc::malformed, "latency: not an object");
  Latency out;
  for (const LatencyWay& way : kLatencyWays) {
    const auto found = tree.find(std::string(way.name));
    const bool always = way.histogram == &Latency::send || way.histogram == &Latency::ack;
    if (found == tree.end()) {
      if (always) return fail(Errc::malformed, "latency: no " + std::string(way.name));
      continue;
    }
    auto histogram = histogram_from_tree(*found);
    if (!histogram) return tl::unexpected<Error>(std::move(histogram.error()));
    out.*way.histogram = std::move(*histogram);
  }
  return out;
}

}  // namespace vfleet::metrics
