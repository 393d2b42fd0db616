#include "simulator/platform/snapshot.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "simulator/core/nesting.h"
#include "simulator/metrics/histogram_json.h"
#include "simulator/metrics/process.h"

namespace vfleet::platform {
namespace {

using metrics::Histogram;
using nlohmann::json;

constexpr const char* kLatencies[] = {"sent", "due"};
constexpr std::string_view kComplaints = "complaints.";

json latency_tree(const Histogram& histogram) {
  return {{"count", histogram.count()},
          {"mean_us", static_cast<std::uint64_t>(histogram.mean())},
          {"p50_us", histogram.value_at_quantile(0.5)},
          {"p90_us", histogram.value_at_quantile(0.9)},
          {"p99_us", histogram.value_at_quantile(0.99)},
          {"p999_us", histogram.value_at_quantile(0.999)},
          {"max_us", histogram.max()}};
}

json rate_tree(const RateMeter& meter, TimePoint now) {
  return {{"1s", meter.rate(1, now)}, {"5s", meter.rate(5, now)}, {"10s", meter.rate(10, now)}};
}

// --- As processes tell it each other
// -------------------------------------------------------------------------

json wire_of(const RateMeter& meter) {
  json out = json::array();
  for (const RateMeter::Slot& slot : meter.slots()) {
    if (slot.second >= 0) out.push_back({slot.second, slot.count});
  }
  return out;
}

json wire_of(const Histogram& histogram) {
  json buckets = json::array();
  for (std::size_t i = 0; i < Histogram::kBuckets; ++i) {
    if (histogram.count_at(i) != 0) buckets.push_back({i, histogram.count_at(i)});
  }
  return {{"sum", histogram.sum()}, {"max", histogram.max()}, {"buckets", std::move(buckets)}};
}

bool is_pair(const json& tree) {
  return tree.is_array() && tree.size() == 2 && tree[0].is_number_unsigned() && tree[1].is_number_unsigned();
}

bool read(const json& tree, std::uint64_t& out) {
  if (!tree.is_number_unsigned()) return false;
  out = tree.get<std::uint64_t>();
  return true;
}

bool read(const json& tree, RateMeter& out) {
  if (!tree.is_array()) return false;
  return std::all_of(tree.begin(), tree.end(), [&out](const json& slot) {
    if (!is_pair(slot) || slot[0].get<std::uint64_t>() > std::uint64_t{1} << 62U) return false;
    out.add({slot[0].get<std::int64_t>(), slot[1].get<std::uint64_t>()});
    return true;
  });
}

bool read(const json& tree, Histogram& out) {
  if (!tree.is_object() || !tree.contains("sum") || !tree.contains("max") || !tree.contains("buckets"))
    return false;
  std::uint64_t sum = 0;
  std::uint64_t max = 0;
  const json& buckets = tree["buckets"];
  if (!read(tree["sum"], sum) || !read(tree["max"], max) || !buckets.is_array()) return false;
  std::vector<std::uint64_t> counts(Histogram::kBuckets);
  for (const json& bucket : buckets) {
    if (!is_pair(bucket) || bucket[0].get<std::uint64_t>() >= counts.size()) return false;
    counts[bucket[0].get<std::size_t>()] = bucket[1].get<std::uint64_t>();
  }
  out = Histogram::of(counts, sum, max);
  return true;
}

json tree_of(const Complaint& complaint) {
  return {{"kind", complaint.kind}, {"device", complaint.device}, {"about", complaint.about},
          {"what", complaint.what}, {"count", complaint.count},   {"last_us", complaint.last_us}};
}

bool read(const json& tree, Complaint& out) {
  if (!tree.is_object() || !read(tree.value("count", json()), out.count)) return false;
  const std::pair<const char*, std::string*> texts[] = {
      {"kind", &out.kind}, {"device", &out.device}, {"about", &out.about}, {"what", &out.what}};
  for (const auto& [name, text] : texts) {
    const json value = tree.value(name, json());
    if (!value.is_string()) return false;
    *text = value.get<std::string>();
  }
  const json last = tree.value("last_us", json());
  if (!last.is_number_integer()) return false;
  out.last_us = last.get<std::int64_t>();
  return true;
}

// Puts `value` where a dotted name says.
void put(json& tree, std::string_view name, std::uint64_t value) {
  json* node = &tree;
  for (std::size_t dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.')) {
    node = &(*node)[std::string(name.substr(0, dot))];
    name.remove_prefix(dot + 1);
  }
  (*node)[std::string(name)] = value;
}

}  // namespace

Snapshot Snapshot::of(const Platform& platform, Counters transport) {
  const Figures& f = platform.figures();
  const CommandCounts& commands = platform.commands().counts();
  const MischiefCounts& mischief = platform.misbehaviour().counts();
  Snapshot out;
  out.counters_ = std::move(transport);
  const std::pair<const char*, std::uint64_t> own[] = {
      {"received", f.received},
      {"unchecked", f.unchecked},
      {"devices_not_tracked_reports", f.not_tracked},
      {"gaps", f.sequence.gaps},
      {"missing", f.sequence.missing},
      {"duplicates", f.sequence.duplicates},
      {"reordered", f.sequence.reordered},
      {"stale", f.sequence.stale},
      {"regressions", f.regressions},
      {"malformed", f.malformed},
      {"refused", f.refused},
      {"commands.queued", commands.queued},
      {"commands.delivered", commands.delivered},
      {"commands.answered", commands.answered},
      {"commands.dropped", commands.dropped},
      {"misbehaviour.delayed", mischief.delayed},
      {"misbehaviour.refused", mischief.refused},
      {"misbehaviour.cut", mischief.cut},
      {"misbehaviour.garbage", mischief.garbage},
      {"misbehaviour.refused_connects", mischief.refused_connects},
      {"misbehaviour.cut_inputs", mischief.cut_inputs},
      {"process.rss_bytes", static_cast<std::uint64_t>(metrics::own_rss_bytes())},
      {"process.cpu_us", static_cast<std::uint64_t>(metrics::own_cpu_us())},
      {"process.processes", 1},
  };
  for (const auto& [name, value] : own) out.counters_.emplace(name, value);
  for (const Complaint* each : platform.complaints().find({}, {}, kWorst)) out.worst_.push_back(*each);
  for (const auto& [kind, count] : platform.complaints().by_kind())
    out.counters_.emplace("complaints." + kind, count);
  for (std::size_t i = 0; i < kWays.size(); ++i) {
    out.counters_.emplace("by_way." + std::string(kWays[i]), f.by_way[i]);
  }
  for (std::size_t i = 0; i < f.by_type.size(); ++i) {
    if (f.by_type[i].received == 0) continue;
    out.by_type_[platform.types().name(static_cast<std::uint16_t>(i))] = {f.by_type[i].received,
                                                                          f.by_type[i].rate};
  }
  for (const Arrivals::Row& row : f.arrivals.rows()) {
    out.arrivals_[{std::string(kWays[index_of(row.way)]), platform.stems().name(row.stem),
                   platform.types().name(row.type)}] = row.due;
  }
  out.rate_ = f.rate;
  out.sent_to_arrival_ = f.sent_to_arrival;
  out.due_to_arrival_ = f.due_to_arrival;
  return out;
}

std::string Snapshot::to_wire() const {
  json types = json::object();
  for (const auto& [name, type] : by_type_) {
    types[name] = {{"received", type.received}, {"rate", wire_of(type.rate)}};
  }
  json arrivals = json::array();
  for (const auto& [origin, due] : arrivals_) arrivals.push_back({origin, wire_of(due)});
  json worst = json::array();
  for (const Complaint& each : worst_) worst.push_back(tree_of(each));
  const json tree = {{"worst", std::move(worst)},       {"counters", counters_},
                     {"arrivals", std::move(arrivals)}, {"types", std::move(types)},
                     {"rate", wire_of(rate_)},          {"sent", wire_of(sent_to_arrival_)},
                     {"due", wire_of(due_to_arrival_)}};
  return tree.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<Snapshot> Snapshot::from_wire(std::string_view text) {
  const auto wrong = [] { return fail(Errc::malformed, "these are no figures of a process"); };
  if (!nests_at_most(text)) return wrong();
  const json tree = json::parse(text, nullptr, false);
  if (!tree.is_object()) return wrong();
  const auto member = [&tree](const char* name) { return tree.value(name, json()); };
  Snapshot out;
  const json counters = member("counters");
  const json types = member("types");
  if (!counters.is_object() || !types.is_object()) return wrong();
  for (const auto& [name, value] : counters.items()) {
    if (!read(value, out.counters_[name])) return wrong();
  }
  for (const auto& [name, value] : types.items()) {
    OfType& type = out.by_type_[name];
    if (!value.is_object() || !read(value.value("received", json()), type.received) ||
        !read(value.value("rate", json()), type.rate)) {
      return wrong();
    }
  }
  Histogram* const histograms[] = {&out.sent_to_arrival_, &out.due_to_arrival_};
  for (std::size_t i = 0; i < 2; ++i) {
    if (!read(member(kLatencies[i]), *histograms[i])) return wrong();
  }
  if (!read(member("rate"), out.rate_)) return wrong();
  for (const json& row : member("worst")) {
    Complaint each;
    if (!read(row, each)) return wrong();
    out.worst_.push_back(std::move(each));
  }
  for (const json& row : member("arrivals")) {
    if (!row.is_array() || row.size() != 2 || !row[0].is_array() || row[0].size() != 3) return wrong();
    Origin origin;
    for (std::size_t i = 0; i < origin.size(); ++i) {
      if (!row[0][i].is_string()) return wrong();
      origin[i] = row[0][i].get<std::string>();
    }
    if (!read(row[1], out.arrivals_[origin])) return wrong();
  }
  return out;
}

void Snapshot::merge(const Snapshot& other) {
  // A gap that one process saw may be filled at another, which then counts below zero: the sum is right.
  for (const auto& [name, value] : other.counters_) counters_[name] += value;
  for (const auto& [name, type] : other.by_type_) {
    by_type_[name].received += type.received;
    by_type_[name].rate.merge(type.rate);
  }
  for (const auto& [origin, due] : other.arrivals_) arrivals_[origin].merge(due);
  worst_.insert(worst_.end(), other.worst_.begin(), other.worst_.end());
  std::stable_sort(worst_.begin(), worst_.end(),
                   [](const Complaint& a, const Complaint& b) { return a.count > b.count; });
  if (worst_.size() > kWorst) worst_.resize(kWorst);
  rate_.merge(other.rate_);
  sent_to_arrival_.merge(other.sent_to_arrival_);
  due_to_arrival_.merge(other.due_to_arrival_);
}

std::uint64_t Snapshot::count(std::string_view name) const {
  const auto found = counters_.find(name);
  if (found == counters_.end()) return 0;
  // Counts of processes are not taken at one moment: what is below zero for it is zero.
  return static_cast<std::int64_t>(found->second) < 0 ? 0 : found->second;
}

std::string Snapshot::to_json(const Platform& platform) const {
  const TimePoint now = platform.clock().now();
  json by_type = json::object();
  json rates = json::object();
  for (const auto& [name, type] : by_type_) {
    by_type[name] = type.received;
    rates[name] = rate_tree(type.rate, now);
  }
  json arrivals = json::array();
  for (const auto& [origin, due] : arrivals_) {
    arrivals.push_back(
        {{"way", origin[0]}, {"ids", origin[1]}, {"report", origin[2]}, {"due", metrics::to_tree(due)}});
  }
  const auto faults = by_type_.find("fault");
  json tree = {
      {"started_us", to_us(platform.started())},
      {"seconds", to_seconds(now - platform.since())},
      {"by_type", std::move(by_type)},
      {"devices", platform.device_count()},
      {"faults", faults == by_type_.end() ? 0 : faults->second.received},
      {"latency", {{"sent", latency_tree(sent_to_arrival_)}, {"due", latency_tree(due_to_arrival_)}}},
      {"arrivals", std::move(arrivals)},
      {"rate", rate_tree(rate_, now)},
      {"rates", std::move(rates)},
      {"misbehaviour", {{"active", platform.misbehaviour().active()}}}};
  for (const auto& [name, value] : counters_) put(tree, name, count(name));
  for (const Complaint& each : worst_) tree["worst_complaints"].push_back(tree_of(each));
  return tree.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string Snapshot::complaints_text() const {
  std::string out;
  std::uint64_t sum = 0;
  for (auto at = counters_.lower_bound(kComplaints);
       at != counters_.end() && at->first.starts_with(kComplaints); ++at) {
    sum += at->second;
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", at->first.substr(kComplaints.size()), at->second);
  }
  if (sum == 0) return {};
  out = fmt::format("; {} complaints ({})", sum, out);
  if (!worst_.empty()) {
    const Complaint& first = worst_.front();
    out += fmt::format(", first of all {} of {}: {}", first.kind, first.device, first.what);
  }
  return out;
}

std::string Snapshot::to_line(const Platform& platform) const {
  return fmt::format(
      "received {} reports of {} devices; missing {}, duplicates {}, reordered {}, malformed {}, refused {}, "
      "regressions {}; "
      "sent to arrival p50 {} us, p99 {} us, max {} us{}",
      count("received"), platform.device_count(), count("missing"), count("duplicates"), count("reordered"),
      count("malformed"), count("refused"), count("regressions"), sent_to_arrival_.value_at_quantile(0.5),
      sent_to_arrival_.value_at_quantile(0.99), sent_to_arrival_.max(), complaints_text());
}

}  // namespace vfleet::platform
