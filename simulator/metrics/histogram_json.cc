#include "simulator/metrics/histogram_json.h"

#include <nlohmann/json.hpp>

namespace vfleet::metrics {

using nlohmann::json;

/// Fills a Histogram from outside: the only one that sets buckets and totals apart from each other.
class HistogramReader {
 public:
  static Result<Histogram> read(const json& tree) {
    if (!tree.is_object()) return fail(Errc::malformed, "histogram: not an object");
    const auto unit = tree.find("unit");
    if (unit == tree.end() || *unit != "us") return fail(Errc::malformed, "histogram: unit is not \"us\"");
    Histogram result;
    if (!number(tree, "count", result.count_) || !number(tree, "sum", result.sum_) ||
        !number(tree, "max", result.max_)) {
      return fail(Errc::malformed, "histogram: count, sum and max must be whole numbers >= 0");
    }
    const auto buckets = tree.find("buckets");
    if (buckets == tree.end() || !buckets->is_array()) return fail(Errc::malformed, "histogram: no buckets");
    std::uint64_t total = 0;
    std::uint64_t next = 0;
    for (const json& bucket : *buckets) {
      if (!bucket.is_array() || bucket.size() != 2 || !bucket[0].is_number_unsigned() ||
          !bucket[1].is_number_unsigned()) {
        return fail(Errc::malformed, "histogram: a bucket is not [index, count]");
      }
      const auto index = bucket[0].get<std::uint64_t>();
      const auto count = bucket[1].get<std::uint64_t>();
      if (index < next || index >= Histogram::kBuckets || count == 0 || count > result.count_ - total) {
        return fail(Errc::malformed, "histogram: bucket " + std::to_string(index) + " does not fit");
      }
      result.counts_[index] = count;
      total += count;
      next = index + 1;
    }
    const bool max_fits =
        total == 0 ? result.max_ == 0 && result.sum_ == 0 : Histogram::index_of(result.max_) == next - 1;
    if (total != result.count_ || !max_fits)
      return fail(Errc::malformed, "histogram: the totals do not hold");
    return result;
  }

 private:
  static bool number(const json& tree, const char* name, std::uint64_t& out) {
    const auto found = tree.find(name);
    if (found == tree.end() || !found->is_number_unsigned()) return false;
    out = found->get<std::uint64_t>();
    return true;
  }
};

std::string encode(const Histogram& histogram) {
  std::string out = R"({"unit":"us","count":)" + std::to_string(histogram.count()) +
                    ",\"sum\":" + std::to_string(histogram.sum()) +
                    ",\"max\":" + std::to_string(histogram.max()) + ",\"buckets\":[";
  bool first = true;
  for (std::size_t i = 0; i < Histogram::kBuckets; ++i) {
    if (histogram.count_at(i) == 0) continue;
    if (!first) out += ',';
    first = false;
    out += '[' + std::to_string(i) + ',' + std::to_string(histogram.count_at(i)) + ']';
  }
  return out += "]}";
}

json to_tree(const Histogram& histogram) {
  json buckets = json::array();
  for (std::size_t i = 0; i < Histogram::kBuckets; ++i) {
    if (histogram.count_at(i) != 0) buckets.push_back(json::array({i, histogram.count_at(i)}));
  }
  return {{"unit", "us"},
          {"count", histogram.count()},
          {"sum", histogram.sum()},
          {"max", histogram.max()},
          {"buckets", std::move(buckets)}};
}

Result<Histogram> decode_histogram(std::string_view text) {
  const json tree = json::parse(text, nullptr, false);
  if (tree.is_discarded()) return fail(Errc::malformed, "histogram: not JSON");
  return HistogramReader::read(tree);
}

Result<Histogram> histogram_from_tree(const json& tree) {
  return HistogramReader::read(tree);
}

}  // namespace vfleet::metrics
