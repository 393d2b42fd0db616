#include "control/cli/top/sample.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "control/cli/render/read.h"
#include "simulator/board/directory.h"
#include "simulator/board/snapshot.h"

namespace vfleet::cli {
namespace {

using board::cell_of;
using nlohmann::json;

constexpr const char* kNoBoard = "(no board)";

GroupCounts group_row(const board::Snapshot& seen, std::uint32_t row) {
  const auto get = [&](std::uint32_t offset) { return seen.get(board::kGroups, offset, row); };
  GroupCounts out;
  out.devices = get(cell_of(board::kGroupFields, "devices"));
  out.online = get(cell_of(board::kGroupFields, "online"));
  out.paused = get(cell_of(board::kGroupFields, "paused"));
  out.sent = get(cell_of(board::kGroupFields, "sent"));
  out.acked = get(cell_of(board::kGroupFields, "acked"));
  out.failed = get(cell_of(board::kGroupFields, "failed"));
  out.not_sent = get(cell_of(board::kGroupFields, "not_sent"));
  out.late = get(cell_of(board::kGroupFields, "late"));
  const auto counts =
      seen.cells(board::kGroups, cell_of(board::kGroupFields, "lateness"), board::Coarse::kBuckets, row);
  out.lateness.assign(counts.begin(), counts.end());
  return out;
}

std::string state_of(const board::Snapshot& seen, bool lives, WallTime wall) {
  if (seen.state() == board::State::ended) return "ended";
  if (!lives) return "dead";
  const auto updated =
      static_cast<std::int64_t>(seen.get(board::kProcess, cell_of(board::kProcessFields, "updated_us")));
  if (updated > 0 && to_us(wall) - updated > to_us(kSilentAfter)) return "silent";
  return seen.state() == board::State::starting ? "starting" : "running";
}

WorkerLife life_of(const board::Snapshot& seen, bool lives, WallTime wall) {
  const auto process = [&](std::uint32_t offset) { return seen.get(board::kProcess, offset); };
  WorkerLife life;
  life.name = seen.name();
  life.pid = seen.pid();
  life.boot = seen.boot();
  life.shard = seen.shard();
  life.state = state_of(seen, lives, wall);
  life.rss_bytes = process(cell_of(board::kProcessFields, "rss_bytes"));
  life.utilisation_ppm = process(cell_of(board::kProcessFields, "utilisation"));
  life.open_fds = process(cell_of(board::kProcessFields, "open_fds"));
  life.loop_turn_max_us = process(cell_of(board::kProcessFields, "loop_turn_max_us"));
  for (std::uint32_t row = 0; row <= board::kGroupsMax; ++row) {
    if (!seen.used(board::kGroups, row)) continue;
    GroupCounts counts = group_row(seen, row);
    if (row == 0 && counts.devices == 0 && counts.sent == 0) continue;  // "other", and there are none
    life.total.add(counts);
    life.groups[std::string(seen.text(board::kGroups, 0, board::kGroupFields[0].cells, row))].add(counts);
  }
  if (!life.lives()) {
    // Figures of the moment end with the process.
    for (GroupCounts* counts : {&life.total}) counts->devices = counts->online = counts->paused = 0;
    for (auto& [name, counts] : life.groups) counts.devices = counts.online = counts.paused = 0;
    life.rss_bytes = life.utilisation_ppm = life.open_fds = life.loop_turn_max_us = 0;
  }
  return life;
}

json row_of(const GroupCounts& now, const GroupCounts& lately, double seconds) {
  const auto rate = [seconds](std::uint64_t n) {
    return seconds > 0 ? static_cast<double>(n) / seconds : 0.0;
  };
  return {{"devices", now.devices},
          {"online", now.online},
          {"paused", now.paused},
          {"sent", now.sent},
          {"acked", now.acked},
          {"failed", now.failed},
          {"not_sent", now.not_sent},
          {"late", now.late},
          {"sent_per_s", rate(lately.sent)},
          {"acked_per_s", rate(lately.acked)},
          {"failed_per_s", rate(lately.failed)},
          {"not_sent_per_s", rate(lately.not_sent)},
          {"lateness_p99_us", board::Coarse::value_at_quantile(lately.lateness, 0.99)}};
}

double sort_key(const json& row, TopSort sort) {
  switch (sort) {
    case TopSort::name:
      return 0;
    case TopSort::devices:
      return number_at(row, "devices");
    case TopSort::sent:
      return number_at(row, "sent_per_s");
    case TopSort::late:
      return number_at(row, "lateness_p99_us");
    case TopSort::failed:
      return number_at(row, "failed") + number_at(row, "not_sent");
    case TopSort::memory:
      return number_at(row, "rss_bytes");
    case TopSort::cpu:
      return number_at(row, "utilisation");
  }
  return 0;
}

void sort_rows(json& rows, TopSort sort) {
  std::stable_sort(rows.begin(), rows.end(),
                   [sort](const json& a, const json& b) { return sort_key(a, sort) > sort_key(b, sort); });
}

}  // namespace

void GroupCounts::add(const GroupCounts& other) {
  devices += other.devices;
  online += other.online;
  paused += other.paused;
  sent += other.sent;
  acked += other.acked;
  failed += other.failed;
  not_sent += other.not_sent;
  late += other.late;
  lateness.resize(std::max(lateness.size(), other.lateness.size()));
  for (std::size_t i = 0; i < other.lateness.size(); ++i) lateness[i] += other.lateness[i];
}

GroupCounts GroupCounts::since(const GroupCounts& before) const {
  const auto grown = [](std::uint64_t now, std::uint64_t then) { return now >= then ? now - then : now; };
  GroupCounts out = *this;
  out.sent = grown(sent, before.sent);
  out.acked = grown(acked, before.acked);
  out.failed = grown(failed, before.failed);
  out.not_sent = grown(not_sent, before.not_sent);
  out.late = grown(late, before.late);
  for (std::size_t i = 0; i < std::min(lateness.size(), before.lateness.size()); ++i)
    out.lateness[i] = grown(lateness[i], before.lateness[i]);
  return out;
}

TopSample read_boards(const std::string& run_dir, TimePoint now, WallTime wall) {
  TopSample sample{.at = now, .wall = wall, .fleet = {}, .shards = 0, .workers = {}, .problems = {}};
  for (const board::Entry& entry : board::list(run_dir)) {
    const bool lives = board::writer_lives(entry.path);
    const auto seen = board::read(entry.path);
    if (!seen) {
      // One that is gone by now was taken into the account by control.
      if (seen.error().code != Errc::not_found) sample.problems.push_back(seen.error().detail);
      continue;
    }
    sample.workers.insert_or_assign(entry.path, life_of(*seen, lives, wall));
    const auto fleet = seen->text(board::kHeader, cell_of(board::kHeaderFields, "fleet"), 8);
    if (!fleet.empty()) sample.fleet = fleet;
    sample.shards = std::max(
        sample.shards, static_cast<std::uint32_t>(std::min<std::uint64_t>(
                           seen->get(board::kHeader, cell_of(board::kHeaderFields, "shards")), UINT32_MAX)));
  }
  return sample;
}

void add_other_shards(TopSample& sample, const json& status) {
  if (sample.fleet.empty()) sample.fleet = text_at(status, "fleet");
  for (const json& shard : list_at(status, "shards")) {
    const std::uint64_t number = count_at(shard, "shard");
    const bool known = std::any_of(sample.workers.begin(), sample.workers.end(),
                                   [&](const auto& each) { return each.second.shard == number; });
    if (known) continue;
    WorkerLife life;
    life.name = "worker-" + std::to_string(number);
    life.pid = static_cast<std::int64_t>(count_at(shard, "pid"));
    life.boot = count_at(shard, "boot");
    life.shard = static_cast<std::uint32_t>(number);
    life.state = text_at(shard, "state");
    life.has_board = false;
    life.total.devices = count_at(shard, "devices");
    life.total.online = count_at(shard, "online");
    life.groups[kNoBoard] = life.total;
    sample.workers.insert_or_assign("shard " + life.name, std::move(life));
  }
}

json top_document(const TopSample& before, const TopSample& now, TopSort sort) {
  const double seconds = to_seconds(now.at - before.at);
  GroupCounts total;
  GroupCounts total_lately;
  std::map<std::string, GroupCounts> groups;
  std::map<std::string, GroupCounts> groups_lately;
  std::uint64_t rss = 0;
  double busiest = 0;
  json workers = json::array();
  static const WorkerLife kNone;
  for (const auto& [key, life] : now.workers) {
    const auto then = before.workers.find(key);
    const WorkerLife& old = then == before.workers.end() ? kNone : then->second;
    const GroupCounts lately = life.total.since(old.total);
    total.add(life.total);
    total_lately.add(lately);
    for (const auto& [name, counts] : life.groups) {
      groups[name].add(counts);
      const auto group_then = old.groups.find(name);
      groups_lately[name].add(
          counts.since(group_then == old.groups.end() ? GroupCounts{} : group_then->second));
    }
    const double utilisation = static_cast<double>(life.utilisation_ppm) / 1e6;
    rss += life.rss_bytes;
    busiest = std::max(busiest, utilisation);
    json row = row_of(life.total, lately, seconds);
    row.update({{"name", life.name},
                {"pid", life.pid},
                {"boot", life.boot},
                {"shard", life.shard},
                {"state", life.state},
                {"board", life.has_board},
                {"rss_bytes", life.rss_bytes},
                {"utilisation", utilisation},
                {"cpu_percent", utilisation * 100},
                {"open_fds", life.open_fds},
                {"loop_turn_max_us", life.loop_turn_max_us}});
    workers.push_back(std::move(row));
  }
  json rows = json::array();
  for (const auto& [name, counts] : groups) {
    json row = row_of(counts, groups_lately[name], seconds);
    row["name"] = name;
    rows.push_back(std::move(row));
  }
  // Lives of one shard stand together, the newest last.
  std::stable_sort(workers.begin(), workers.end(), [](const json& a, const json& b) {
    const auto key = [](const json& row) { return std::pair(count_at(row, "shard"), count_at(row, "boot")); };
    return key(a) < key(b);
  });
  sort_rows(rows, sort);
  sort_rows(workers, sort);
  json whole = row_of(total, total_lately, seconds);
  whole.update({{"rss_bytes", rss}, {"utilisation", busiest}});
  return {{"fleet", now.fleet},      {"at_us", to_us(now.wall)},  {"interval_s", seconds},
          {"total", whole},          {"groups", std::move(rows)}, {"workers", std::move(workers)},
          {"problems", now.problems}};
}

}  // namespace vfleet::cli
