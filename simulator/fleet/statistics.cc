#include "simulator/fleet/statistics.h"

#include <nlohmann/json.hpp>

#include "simulator/metrics/histogram_json.h"
#include "simulator/metrics/process.h"

namespace vfleet::fleet {

using nlohmann::json;

std::string statistics(const Shard& shard, StatisticsState& previous) {
  const Figures& figures = shard.figures();
  json reports = json::object();
  for (const auto& [type_name, counts] : figures.reports) {
    const device::DeviceType* type = shard.types().find(type_name);
    for (std::size_t i = 0; i < counts.size(); ++i) {
      if (counts[i].sent == 0) continue;
      const auto& described = type->description().reports;
      const std::string& name =
          i < described.size() ? described[i].name : figures.open_names.at(type_name)[i - described.size()];
      reports[type_name + "." + name] = {{"sent", counts[i].sent}, {"acked", counts[i].acked}};
    }
  }
  json failed = json::object();
  for (std::size_t fate = 1; fate < figures.settled.size(); ++fate) {
    if (figures.settled[fate] != 0)
      failed[uplink::to_string(static_cast<uplink::Fate>(fate))] = figures.settled[fate];
  }
  json not_sent = json::object();
  for (std::size_t reason = 0; reason < kNotSentReasons; ++reason) {
    if (figures.not_sent[reason] != 0)
      not_sent[to_string(static_cast<NotSent>(reason))] = figures.not_sent[reason];
  }
  json uplinks = json::object();
  shard.configs().visit_uplinks([&](const std::string&, const uplink::Uplink& uplink) {
    for (const uplink::Counter& counter : uplink.counters()) {
      auto& total = uplinks[counter.name];
      total = (total.is_number() ? total.get<std::uint64_t>() : 0) + counter.value;
    }
  });
  const TimePoint now = shard.loop().now();
  const std::uint64_t cpu_us = metrics::own_cpu_us();
  double utilisation = 0;
  if (previous.cpu_us != 0 && now > previous.at) {
    utilisation =
        static_cast<double>(cpu_us - previous.cpu_us) / static_cast<double>(to_us(now - previous.at));
  }
  previous = {now, cpu_us};
  const json out = {{"devices", shard.size()},
                    {"online", figures.online},
                    {"paused", figures.paused},
                    {"reports", std::move(reports)},
                    {"sent", figures.sent},
                    {"acked", figures.acked()},
                    {"failed", std::move(failed)},
                    {"not_sent", std::move(not_sent)},
                    {"in_flight", figures.in_flight()},
                    {"late", figures.not_sent[static_cast<std::size_t>(NotSent::late)]},
                    {"lateness", metrics::to_tree(figures.lateness)},
                    {"ack_latency", metrics::to_tree(figures.ack_latency)},
                    {"link_downs", figures.link_downs},
                    {"commands_applied", figures.commands_applied},
                    {"rss_bytes", metrics::own_rss_bytes()},
                    {"cpu_us", cpu_us},
                    {"utilisation", utilisation},
                    {"uplinks", std::move(uplinks)},
                    {"configs", shard.configs().size()}};
  return out.dump();
}

}  // namespace vfleet::fleet
