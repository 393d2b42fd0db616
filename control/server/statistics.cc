#include "control/server/statistics.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "control/server/dead_lives.h"
#include "simulator/board/directory.h"
#include "simulator/board/layout.h"
#include "simulator/metrics/histogram.h"
#include "simulator/metrics/histogram_json.h"
#include "simulator/metrics/latency.h"

namespace vfleet::control::server {

using metrics::Histogram;
using nlohmann::json;

namespace {

constexpr const char* kHistograms[] = {"lateness", "ack_latency"};
/// Figures of the moment: they end with the worker.
constexpr const char* kGauges[] = {"devices",   "online",      "paused",      "in_flight",
                                   "rss_bytes", "utilisation", "model_bytes", "queued"};
/// Of latencies: more than a fleet of several types and uplinks has.
constexpr std::size_t kLatenciesMax = 256;

constexpr const char* kLatencies = "latencies";

/// By name; see "Statistics" in docs/control-protocol.md.
using LatencyTable = std::map<std::string, metrics::Latency>;

/// Adds to `table`; false, with nothing added, when it is of another form.
bool add_latencies(const json& rows, LatencyTable& table) {
  if (!rows.is_array() || rows.size() > kLatenciesMax) return false;
  std::vector<std::pair<std::string, metrics::Latency>> read;
  for (const json& row : rows) {
    if (!row.is_object()) return false;
    const auto name = row.find("name");
    if (name == row.end() || !name->is_string()) return false;
    auto latency = metrics::latency_from_tree(row);
    if (!latency) return false;
    read.emplace_back(name->get<std::string>(), std::move(*latency));
  }
  for (auto& [name, latency] : read) {
    // Names beyond what a board holds share one.
    const bool room = table.size() + 1 < kLatenciesMax || table.contains(name);
    table[room ? name : std::string(board::kOther)].merge(latency);
  }
  return true;
}

json to_tree(const LatencyTable& table) {
  json rows = json::array();
  for (const auto& [name, latency] : table) {
    json row = metrics::to_tree(latency);
    row["name"] = name;
    rows.push_back(std::move(row));
  }
  return rows;
}

bool is_histogram(const std::string& name) {
  return std::any_of(std::begin(kHistograms), std::end(kHistograms),
                     [&](const char* each) { return name == each; });
}

/// Only objects of numbers, two levels deep, histograms and latencies: what can be added up.
bool well_formed(const json& figures, int depth = 0) {
  if (!figures.is_object()) return false;
  for (const auto& [name, value] : figures.items()) {
    if (depth == 0 && is_histogram(name)) {
      if (!metrics::histogram_from_tree(value)) return false;
    } else if (depth == 0 && name == kLatencies) {
      LatencyTable ignored;
      if (!add_latencies(value, ignored)) return false;
    } else if (value.is_object()) {
      if (depth >= 2 || !well_formed(value, depth + 1)) return false;
    } else if (!value.is_number() && !value.is_string() && !value.is_boolean()) {
      return false;
    }
  }
  return true;
}

void add_numbers(json& sum, const json& value) {
  const bool whole = value.is_number_unsigned() && (sum.is_null() || sum.is_number_unsigned());
  if (whole) {
    sum = (sum.is_null() ? 0 : sum.get<std::uint64_t>()) + value.get<std::uint64_t>();
  } else {
    sum = (sum.is_number() ? sum.get<double>() : 0.0) + value.get<double>();
  }
}

/// Adds everything but histograms and latencies.
void merge(json& sum, const json& figures, int depth = 0) {
  for (const auto& [name, value] : figures.items()) {
    if (depth == 0 && (is_histogram(name) || name == kLatencies)) continue;
    json& target = sum[name];
    if (value.is_object()) {
      if (!target.is_object()) target = json::object();
      merge(target, value, depth + 1);
    } else if (name == "utilisation" && value.is_number()) {
      target = std::max(target.is_number() ? target.get<double>() : 0.0, value.get<double>());
    } else if (value.is_number() && !target.is_object()) {
      add_numbers(target, value);
    } else if (target.is_null()) {
      target = value;
    }
  }
}

std::uint64_t number_of(const json& object, const char* name) {
  const auto at = object.find(name);
  return at != object.end() && at->is_number_unsigned() ? at->get<std::uint64_t>() : 0;
}

json summary(const Histogram& h) {
  return {{"count", h.count()},
          {"mean", h.mean()},
          {"p50", h.value_at_quantile(0.5)},
          {"p90", h.value_at_quantile(0.9)},
          {"p99", h.value_at_quantile(0.99)},
          {"p999", h.value_at_quantile(0.999)},
          {"max", h.max()}};
}

}  // namespace

struct Statistics::Data {
  std::map<std::uint32_t, json> shards;
  json past = json::object();
  std::map<std::string, Histogram> past_histograms;
  LatencyTable past_latencies;
  std::string run_dir;          // empty: no boards
  std::set<std::string> lives;  // whose boards are in `past`

  [[nodiscard]] std::string past_file() const { return run_dir + "/board/past.json"; }
  void load_past();
  /// False when it could not be kept (or there is nowhere to keep it).
  [[nodiscard]] bool save_past() const;
};

void Statistics::Data::load_past() {
  std::ifstream in(past_file());
  json kept = in ? json::parse(in, nullptr, false) : json();
  if (!kept.is_object() || !kept.contains("figures") || !well_formed(kept["figures"])) return;
  past = std::move(kept["figures"]);
  for (const char* name : kHistograms) {
    if (!past.contains(name)) continue;
    if (auto histogram = metrics::histogram_from_tree(past[name]))
      past_histograms[name] = std::move(*histogram);
    past.erase(name);
  }
  if (past.contains(kLatencies)) (void)add_latencies(past[kLatencies], past_latencies);
  past.erase(kLatencies);
  const auto known = kept.find("lives");
  if (known == kept.end() || !known->is_array()) return;
  for (const json& life : *known) {
    if (life.is_string()) lives.insert(life.get<std::string>());
  }
}

// Written aside and renamed: a control that dies here leaves the old account or the new one.
bool Statistics::Data::save_past() const {
  // Without a board (all workers are on other hosts) the directory is not there yet.
  if (run_dir.empty() || !board::make_directory(run_dir)) return false;
  json figures = past;
  for (const auto& [name, histogram] : past_histograms) figures[name] = metrics::to_tree(histogram);
  if (!past_latencies.empty()) figures[kLatencies] = to_tree(past_latencies);
  const std::string aside = past_file() + ".new";
  {
    std::ofstream out(aside, std::ios::trunc);
    out << json{{"figures", std::move(figures)}, {"lives", lives}}.dump(-1, ' ', false,
                                                                        json::error_handler_t::replace);
    if (!out.flush()) return false;
  }
  return std::rename(aside.c_str(), past_file().c_str()) == 0;
}

Statistics::Statistics() : data_(std::make_unique<Data>()) {}
Statistics::~Statistics() = default;
Statistics::Statistics(Statistics&&) noexcept = default;
Statistics& Statistics::operator=(Statistics&&) noexcept = default;

Status Statistics::update(std::uint32_t shard, std::string_view text) {
  json figures = json::parse(text.begin(), text.end(), nullptr, false);
  if (figures.is_discarded() || !well_formed(figures))
    return fail(Errc::malformed, "statistics of another form");
  data_->shards[shard] = std::move(figures);
  return {};
}

void Statistics::keep_in(std::string run_dir, bool resume) {
  data_->run_dir = std::move(run_dir);
  if (resume) {
    data_->load_past();
    fold_boards(std::nullopt);
  } else {
    board::remove_all(data_->run_dir);
    std::remove(data_->past_file().c_str());
  }
}

void Statistics::fold(std::string_view text) {
  json figures = json::parse(text.begin(), text.end(), nullptr, false);
  if (figures.is_discarded() || !well_formed(figures)) return;
  for (const char* name : kHistograms) {
    if (!figures.contains(name)) continue;
    if (auto histogram = metrics::histogram_from_tree(figures[name]))
      data_->past_histograms[name].merge(*histogram);
  }
  if (figures.contains(kLatencies)) (void)add_latencies(figures[kLatencies], data_->past_latencies);
  const std::uint64_t in_flight = number_of(figures, "in_flight");
  for (const char* name : kGauges) figures.erase(name);
  // What was in flight is lost, of each type too.
  for (const char* name : {"reports", "reports_by_uplink"}) {
    const auto reports = figures.find(name);
    if (reports == figures.end() || !reports->is_object()) continue;
    for (json& report : *reports) {
      if (!report.is_object()) continue;
      const std::uint64_t sent = number_of(report, "sent");
      const std::uint64_t acked = number_of(report, "acked");
      if (sent >= acked) report["failed"] = std::max(number_of(report, "failed"), sent - acked);
    }
  }
  merge(data_->past, figures);
  if (in_flight > 0) {
    json lost = {{"failed", {{"worker_lost", in_flight}}}};
    merge(data_->past, lost);
  }
}

bool Statistics::fold_boards(std::optional<std::uint32_t> shard) {
  if (data_->run_dir.empty()) return false;
  std::vector<DeadLife> dead = dead_lives(data_->run_dir);
  std::erase_if(dead, [&](const DeadLife& life) { return shard && life.shard != *shard; });
  bool any = false;
  for (const DeadLife& life : dead) {
    // One that is known was taken in by a control that died before it could remove the board.
    if (!data_->lives.insert(life.key).second) continue;
    any = true;
    fold(life.figures);
  }
  // What could not be kept stays to be read: by this control never again, by the next one once.
  if (any && !data_->save_past()) return true;
  for (const DeadLife& life : dead) {
    remove_board(life);
    data_->lives.erase(life.key);
  }
  return any;
}

void Statistics::life_ended(std::uint32_t shard) {
  const bool told = fold_boards(shard);
  const auto at = data_->shards.find(shard);
  if (at == data_->shards.end()) return;
  const json figures = std::move(at->second);
  data_->shards.erase(at);
  if (told) return;
  fold(figures.dump(-1, ' ', false, json::error_handler_t::replace));
  (void)data_->save_past();  // the board, too, was not to be had
}

void Statistics::take_in_the_dead() {
  if (data_->run_dir.empty()) return;
  for (const DeadLife& life : dead_lives(data_->run_dir)) {
    // One that ended in order has told its last figures, unless there was no control to tell.
    if (!life.in_order || !data_->shards.contains(life.shard)) life_ended(life.shard);
  }
}

Statistics::Presence Statistics::presence(std::uint32_t shard) const {
  const auto at = data_->shards.find(shard);
  if (at == data_->shards.end()) return {};
  return {number_of(at->second, "devices"), number_of(at->second, "online")};
}

Statistics::Usage Statistics::usage(std::uint32_t shard) const {
  const auto at = data_->shards.find(shard);
  if (at == data_->shards.end()) return {};
  const json& figures = at->second;
  const auto utilisation = figures.find("utilisation");
  return {number_of(figures, "devices"), number_of(figures, "online"), number_of(figures, "rss_bytes"),
          number_of(figures, "cpu_us"),
          utilisation != figures.end() && utilisation->is_number() ? utilisation->get<double>() : 0.0};
}

api::JsonText Statistics::merged() const {
  json sum = data_->past;
  std::map<std::string, Histogram> histograms = data_->past_histograms;
  for (const auto& [shard, figures] : data_->shards) {
    merge(sum, figures);
    for (const char* name : kHistograms) {
      if (!figures.contains(name)) continue;
      if (auto histogram = metrics::histogram_from_tree(figures[name])) histograms[name].merge(*histogram);
    }
  }
  for (const char* name : kHistograms) {
    const Histogram& histogram = histograms[name];
    sum[name] = metrics::to_tree(histogram);
    sum[std::string(name) + "_us"] = summary(histogram);
  }
  LatencyTable latencies = data_->past_latencies;
  for (const auto& [shard, figures] : data_->shards) {
    if (figures.contains(kLatencies)) (void)add_latencies(figures[kLatencies], latencies);
  }
  if (!latencies.empty()) sum[kLatencies] = to_tree(latencies);
  const std::uint64_t devices = number_of(sum, "devices");
  sum["memory_per_device_bytes"] = devices == 0 ? 0 : number_of(sum, "rss_bytes") / devices;
  return sum.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace vfleet::control::server
