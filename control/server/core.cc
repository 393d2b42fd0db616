#include "control/server/core.h"

#include <nlohmann/json.hpp>

namespace vfleet::control::server {

namespace {

constexpr std::size_t kGroupBytesMax = bus::kFrameBytesMax - bus::kPartBytes;

}  // namespace

Core::Core(ControllerOptions given, const Clock& time, Ports& world, const TypeCatalogue& types,
           const config::Catalogue& all_keys)
    : options(std::move(given)),
      clock(time),
      ports(world),
      catalogue(types),
      keys(all_keys),
      start_us(to_us(time.wall_now())),
      flow(options.window, [this](const std::string& text) { ports.publish(bus::kTopicCommand, text); }),
      registry(options.shards),
      pending([this](const std::string& to, const std::string& frame) { ports.to_operator(to, frame); }),
      fan_out([this](std::uint32_t shard, const bus::ToWorker& message) { ports.to_worker(shard, message); }),
      feed([this](std::uint32_t shard, const bus::ToWorker& message) { ports.to_worker(shard, message); }) {}

Status Core::take_fleet(config::FleetSpec next) {
  std::vector<std::string> groups;
  for (config::GroupSpec& group : next.groups) {
    ordinals.assign(group);
    auto schema = keys.schema(group.type, group.uplink);
    if (!schema) return tl::unexpected(schema.error());
    groups.push_back(
        config::to_json(group, *schema).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    if (groups.back().size() > kGroupBytesMax) {
      return fail(Errc::too_large, "group " + group.name + " lists too many devices for one message (" +
                                       std::to_string(groups.back().size() >> 10U) + " of " +
                                       std::to_string(kGroupBytesMax >> 10U) +
                                       " KiB): split it into several groups");
    }
  }
  view.reset();
  fleet = std::move(next);
  view.emplace(fleet, catalogue);
  desired.set_groups(std::move(groups));
  return {};
}

bus::Command Core::submit(bus::Command command, bool durable) {
  command.epoch = options.epoch;
  command.seq = seq() + 1;
  command.issued_us = to_us(clock.wall_now());
  if (durable) desired.record(command);
  log.add(command);
  flow.submit(command.seq, bus::encode(command));
  return command;
}

}  // namespace vfleet::control::server
