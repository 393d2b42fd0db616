#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "simulator/bus/worker_host.h"
#include "simulator/fleet/report_watches.h"
#include "simulator/fleet/rules.h"
#include "simulator/fleet/shard.h"
#include "simulator/fleet/tracer.h"
#include "simulator/fleet/triggers.h"

namespace vfleet::fleet {

/// Answers what operators ask (docs/control-protocol.md, "Queries"), in slices and chunks; changes nothing.
class Queries {
 public:
  static constexpr std::size_t kRowsPerChunk = 200;

  /// `revision`: of the last durable command that was executed here, or 0. All must outlive this.
  Queries(Shard& shard, const RuleBook& rules, const Triggers& triggers, const std::uint64_t& revision);

  /// An unknown name or a wrong selector is answered with one row {"error": TEXT}.
  void query(std::uint64_t id, std::string_view name, std::string_view selector, std::string_view args,
             bus::QueryReply reply);
  /// Of a watch or a trace: there is no further row.
  void cancel(std::uint64_t id);

 private:
  using Row = std::function<std::string(Member&)>;  // empty: no row
  void jobs(const bus::QueryReply& reply) const;
  /// Which devices match, and whether `rule` (null: none) would change them.
  void match(bus::Selector selector, std::shared_ptr<Rule> rule, const bus::QueryReply& reply);
  void over_devices(bus::Selector selector, std::uint64_t limit, Row row, const bus::QueryReply& reply);
  [[nodiscard]] std::string get_row(Member& member, const std::string& path, bool explain) const;
  void open_rows(const Member& member, const config::Key& key, const std::string& path, bool explain,
                 nlohmann::json& values, nlohmann::json& explained) const;
  [[nodiscard]] std::string ls_row(Member& member) const;
  /// Empty: nothing differs, or it was not asked for.
  [[nodiscard]] std::string diff_row(Group& group, std::uint32_t index, const bus::Selector& selector,
                                     std::uint64_t& matched) const;
  void diff(bus::Selector selector, std::uint64_t limit, bus::QueryReply reply);

  Shard& shard_;
  const RuleBook& rules_;
  const Triggers& triggers_;
  const std::uint64_t& revision_;
  ReportWatches watches_;
  Tracer tracer_;
};

}  // namespace vfleet::fleet
