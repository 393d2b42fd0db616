#include "control/server/statistics.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "simulator/metrics/histogram.h"
#include "simulator/metrics/histogram_json.h"

namespace vfleet::control::server {

using metrics::Histogram;
using nlohmann::json;

namespace {

constexpr const char* kHistograms[] = {"lateness", "ack_latency"};
/// Figures of the moment: they end with the worker.
constexpr const char* kGauges[] = {"devices",   "online",      "paused",     "in_flight",
                                   "rss_bytes", "utilisation", "model_bytes"};

bool is_histogram(const std::string& name) {
  return std::any_of(std::begin(kHistograms), std::end(kHistograms),
                     [&](const char* each) { return name == each; });
}

/// Only objects of numbers, two levels deep, and histograms: what merge() can add up.
bool well_formed(const json& figures, int depth = 0) {
  if (!figures.is_object()) return false;
  for (const auto& [name, value] : figures.items()) {
    if (depth == 0 && is_histogram(name)) {
      if (!metrics::histogram_from_tree(value)) return false;
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

/// Adds everything but histograms.
void merge(json& sum, const json& figures, int depth = 0) {
  for (const auto& [name, value] : figures.items()) {
    if (depth == 0 && is_histogram(name)) continue;
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
};

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

void Statistics::life_ended(std::uint32_t shard) {
  const auto at = data_->shards.find(shard);
  if (at == data_->shards.end()) return;
  json figures = std::move(at->second);
  data_->shards.erase(at);
  for (const char* name : kHistograms) {
    if (!figures.contains(name)) continue;
    if (auto histogram = metrics::histogram_from_tree(figures[name]))
      data_->past_histograms[name].merge(*histogram);
  }
  const std::uint64_t in_flight = number_of(figures, "in_flight");
  for (const char* name : kGauges) figures.erase(name);
  merge(data_->past, figures);
  if (in_flight > 0) {
    json lost = {{"failed", {{"worker_lost", in_flight}}}};
    merge(data_->past, lost);
  }
}

Statistics::Presence Statistics::presence(std::uint32_t shard) const {
  const auto at = data_->shards.find(shard);
  if (at == data_->shards.end()) return {};
  return {number_of(at->second, "devices"), number_of(at->second, "online")};
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
  const std::uint64_t devices = number_of(sum, "devices");
  sum["memory_per_device_bytes"] = devices == 0 ? 0 : number_of(sum, "rss_bytes") / devices;
  return sum.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace vfleet::control::server
