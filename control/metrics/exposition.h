#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "simulator/metrics/histogram.h"

namespace vfleet::control::metrics {

using Labels = std::vector<std::pair<std::string_view, std::string>>;

/// Writes Prometheus' text exposition format, version 0.0.4: a family (its help and type), then its samples,
/// then the next family.
class Exposition {
 public:
  static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

  void counter(std::string_view name, std::string_view help) { family(name, help, "counter"); }
  void gauge(std::string_view name, std::string_view help) { family(name, help, "gauge"); }
  void histogram(std::string_view name, std::string_view help) { family(name, help, "histogram"); }

  /// Of the last family. Label values may be any text.
  void sample(const Labels& labels, std::uint64_t value);
  void sample(const Labels& labels, double value);
  /// The last family is a histogram: in seconds, with the buckets of bounds_us(). A value is counted below a
  /// bound when all of its fine bucket is, so a bound is sharp to 0.1 %.
  void sample(const Labels& labels, const vfleet::metrics::Histogram& latencies);

  /// Upper bounds of the buckets: 0.5 ms to 60 s.
  [[nodiscard]] static std::initializer_list<std::uint64_t> bounds_us();

  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  void family(std::string_view name, std::string_view help, std::string_view type);
  void line(std::string_view suffix, const Labels& labels, std::string_view le, std::string_view value);

  std::string text_;
  std::string name_;
};

}  // namespace vfleet::control::metrics
