#include "simulator/board/figures_json.h"

#include <nlohmann/json.hpp>

#include "simulator/metrics/histogram_json.h"

namespace vfleet::board {

using nlohmann::json;

namespace {

// "failed.refused" becomes {"refused": n} when it is not 0.
json with_prefix(const Snapshot& board, std::string_view prefix) {
  json out = json::object();
  std::uint32_t at = 0;
  for (const Field& field : kShardFields) {
    if (field.name.starts_with(prefix)) {
      if (const std::uint64_t n = board.get(kShard, at); n != 0)
        out[std::string(field.name.substr(prefix.size()))] = n;
    }
    at += field.cells;
  }
  return out;
}

json named_counts(const Snapshot& board, AreaIndex area) {
  json out = json::object();
  for (std::uint32_t row = 0; row < kAreas[area].rows; ++row) {
    if (!board.used(area, row)) continue;
    out[std::string(board.text(area, 0, cell_of(kNamedCountFields, "count"), row))] =
        board.get(area, cell_of(kNamedCountFields, "count"), row);
  }
  return out;
}

// UPLINK/TYPE.REPORT and what became of them.
json reports_by_uplink(const Snapshot& board) {
  json out = json::object();
  for (std::uint32_t row = 0; row < kAreas[kReports].rows; ++row) {
    const std::uint64_t sent = board.get(kReports, cell_of(kReportFields, "sent"), row);
    if (!board.used(kReports, row) || sent == 0) continue;
    out[std::string(board.text(kReports, 0, kReportFields[0].cells, row))] = {
        {"sent", sent},
        {"acked", board.get(kReports, cell_of(kReportFields, "acked"), row)},
        {"failed", board.get(kReports, cell_of(kReportFields, "failed"), row)},
        {"refused", board.get(kReports, cell_of(kReportFields, "refused"), row)},
        {"dropped", board.get(kReports, cell_of(kReportFields, "dropped"), row)}};
  }
  return out;
}

// The same by TYPE.REPORT, of all uplinks.
json reports(const json& by_uplink) {
  json out = json::object();
  for (const auto& [name, row] : by_uplink.items()) {
    json& sum = out.emplace(name.substr(name.find('/') + 1), json::object()).first.value();
    for (const auto& [figure, count] : row.items())
      sum[figure] = sum.value(figure, std::uint64_t{0}) + count.get<std::uint64_t>();
  }
  return out;
}

json latencies(const Snapshot& board) {
  json out = json::array();
  for (const Latency& latency : board.latencies()) {
    json row = metrics::to_tree(latency.times);
    row["name"] = latency.name;
    out.push_back(std::move(row));
  }
  return out;
}

json field_of(const Snapshot& board, AreaIndex area, const Field& field, std::uint32_t at,
              std::uint32_t row) {
  switch (field.kind) {
    case Kind::text:
      return board.text(area, at, field.cells, row);
    case Kind::counter:
    case Kind::gauge:
      return board.get(area, at, row);
    case Kind::buckets: {
      json counted = json::array();
      const auto counts = board.cells(area, at, field.cells, row);
      for (std::size_t i = 0; i < counts.size(); ++i) {
        if (counts[i] != 0) counted.push_back(json::array({i, counts[i]}));
      }
      return counted;
    }
  }
  return nullptr;
}

}  // namespace

json statistics(const Snapshot& board) {
  const auto shard = [&](std::uint32_t at) { return board.get(kShard, at); };
  const auto process = [&](std::uint32_t at) { return board.get(kProcess, at); };
  json by_uplink = reports_by_uplink(board);
  json out = {{"devices", shard(cell_of(kShardFields, "devices"))},
              {"online", shard(cell_of(kShardFields, "online"))},
              {"paused", shard(cell_of(kShardFields, "paused"))},
              {"queued", shard(cell_of(kShardFields, "queued"))},
              {"reports", reports(by_uplink)},
              {"sent", shard(cell_of(kShardFields, "sent"))},
              {"acked", shard(cell_of(kShardFields, "acked"))},
              {"handed_over", shard(cell_of(kShardFields, "handed_over"))},
              {"failed", with_prefix(board, "failed.")},
              {"not_sent", with_prefix(board, "not_sent.")},
              {"in_flight", board.in_flight()},
              {"late", shard(cell_of(kShardFields, "not_sent.late"))},
              {"lateness", metrics::to_tree(board.histogram(kLateness))},
              {"ack_latency", metrics::to_tree(board.histogram(kAckLatency))},
              {"link_downs", named_counts(board, kLinkDowns)},
              {"commands_applied", shard(cell_of(kShardFields, "commands_applied"))},
              {"rss_bytes", process(cell_of(kProcessFields, "rss_bytes"))},
              {"cpu_us", process(cell_of(kProcessFields, "cpu_us"))},
              {"utilisation", static_cast<double>(process(cell_of(kProcessFields, "utilisation"))) / 1e6},
              {"uplinks", named_counts(board, kUplinks)},
              {"configs", process(cell_of(kProcessFields, "configs"))}};
  out["reports_by_uplink"] = std::move(by_uplink);
  if (board.rows(kLatencies) > 0) out["latencies"] = latencies(board);
  return out;
}

json dump(const Snapshot& board) {
  json out = json::object();
  for (std::size_t i = 0; i < kAreas.size(); ++i) {
    const auto area = static_cast<AreaIndex>(i);
    const bool table = kAreas[area].fields.front().kind == Kind::text;
    json rows = json::array();
    for (std::uint32_t row = 0; row < board.rows(area); ++row) {
      if (table && !board.used(area, row)) continue;
      json fields = json::object();
      std::uint32_t at = 0;
      for (const Field& field : kAreas[area].fields) {
        fields[std::string(field.name)] = field_of(board, area, field, at, row);
        at += field.cells;
      }
      rows.push_back(std::move(fields));
    }
    out[std::string(kAreas[area].name)] = table ? std::move(rows) : std::move(rows.front());
  }
  return out;
}

}  // namespace vfleet::board
