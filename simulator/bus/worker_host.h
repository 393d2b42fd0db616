#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/bus/command.h"

/// What the bus asks of the process that hosts the devices. All calls are on the loop thread.
namespace vfleet::bus {

/// What control gives a worker when it joins.
struct Assignment {
  std::string fleet;  ///< the fleet's name
  std::uint64_t seed = 0;
  double time_scale = 1;
  std::int64_t start_us = 0;  ///< wall clock; the origin of every schedule
  std::uint32_t shard = 0;
  std::uint32_t shards = 1;
  std::uint64_t boot = 0;         ///< number of this worker life
  std::string time_zone = "UTC";  ///< what the clocks of the devices' world show, see core/time_zone.h
};

/// A query's rows, in chunks; `last` ends it. Each row is a JSON object as text.
using QueryReply = std::function<void(std::vector<std::string> rows, bool last)>;
using ResultReply = std::function<void(CommandResult)>;

class WorkerHost {
 public:
  virtual ~WorkerHost() = default;

  /// The snapshot, in parts: begin, groups (JSON texts, see docs/control-protocol.md "group"), rules in
  /// revision order (durable commands; may come in several calls), end. A second snapshot in one life
  /// replaces groups and rules; devices that stay the same do not notice. When the link breaks halfway, begin
  /// comes again without an end before it.
  virtual void snapshot_begin(const Assignment& assignment) = 0;
  virtual void snapshot_groups(const std::vector<std::string>& groups) = 0;
  virtual void snapshot_rules(std::vector<Command> rules) = 0;
  virtual void snapshot_end(std::function<void()> done) = 0;

  /// One published command, in order, each once. `reply` is called once, perhaps much later (wait=acked);
  /// `done` is called when the command's changes are all applied: the next one may come.
  virtual void execute(const Command& command, ResultReply reply, std::function<void()> done) = 0;

  /// A query; see docs/control-protocol.md "Queries". May be answered over several turns; `id` is control's.
  virtual void query(std::uint64_t id, std::string_view name, std::string_view selector,
                     std::string_view args, QueryReply reply) = 0;
  /// Ends a query that streams (watch); its reply is not called any more.
  virtual void cancel_query(std::uint64_t id) = 0;

  /// A JSON object with the worker's figures; see "statistics". Called once a second.
  [[nodiscard]] virtual std::string statistics() = 0;

  /// Stop in order: schedules first, then links drain; `done` within the deadline, then the process ends.
  virtual void stop(std::function<void()> done) = 0;
};

}  // namespace vfleet::bus
