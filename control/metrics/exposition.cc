#include "control/metrics/exposition.h"

#include <fmt/format.h>

#include "simulator/core/utf8.h"

namespace vfleet::control::metrics {
namespace {

constexpr std::initializer_list<std::uint64_t> kBounds = {
    500,     1'000,   2'500,     5'000,     10'000,    25'000,     50'000,     100'000,
    250'000, 500'000, 1'000'000, 2'500'000, 5'000'000, 10'000'000, 30'000'000, 60'000'000};

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

void escape_characters(std::string& out, std::string_view text, bool quotes) {
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && quotes) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
}

// One value that is not UTF-8 would cost the whole scrape: each byte that is none is replaced.
void escape(std::string& out, std::string_view text, bool quotes) {
  while (const auto wrong = invalid_utf8(text)) {
    escape_characters(out, text.substr(0, *wrong), quotes);
    out += kReplacement;
    text.remove_prefix(*wrong + 1);
  }
  escape_characters(out, text, quotes);
}

std::string seconds(std::uint64_t us) {
  return fmt::format("{}", static_cast<double>(us) / 1e6);
}

}  // namespace

std::initializer_list<std::uint64_t> Exposition::bounds_us() {
  return kBounds;
}

void Exposition::family(std::string_view name, std::string_view help, std::string_view type) {
  name_ = name;
  text_ += fmt::format("# HELP {} ", name);
  escape(text_, help, false);
  text_ += fmt::format("\n# TYPE {} {}\n", name, type);
}

void Exposition::line(std::string_view suffix, const Labels& labels, std::string_view le,
                      std::string_view value) {
  text_ += name_;
  text_ += suffix;
  char before = '{';
  const auto label = [&](std::string_view name, std::string_view text) {
    text_ += std::exchange(before, ',');
    text_ += name;
    text_ += "=\"";
    escape(text_, text, true);
    text_ += '"';
  };
  for (const auto& [name, text] : labels) label(name, text);
  if (!le.empty()) label("le", le);
  if (before == ',') text_ += '}';
  text_ += ' ';
  text_ += value;
  text_ += '\n';
}

void Exposition::sample(const Labels& labels, std::uint64_t value) {
  line("", labels, "", fmt::format("{}", value));
}

void Exposition::sample(const Labels& labels, double value) {
  line("", labels, "", fmt::format("{}", value));
}

void Exposition::sample(const Labels& labels, const vfleet::metrics::Histogram& latencies) {
  using vfleet::metrics::Histogram;
  std::uint64_t below = 0;
  std::size_t bucket = 0;
  for (const std::uint64_t bound : kBounds) {
    for (; bucket < Histogram::kBuckets && Histogram::highest_of(bucket) <= bound; ++bucket)
      below += latencies.count_at(bucket);
    line("_bucket", labels, seconds(bound), fmt::format("{}", below));
  }
  line("_bucket", labels, "+Inf", fmt::format("{}", latencies.count()));
  line("_sum", labels, "", seconds(latencies.sum()));
  line("_count", labels, "", fmt::format("{}", latencies.count()));
}

}  // namespace vfleet::control::metrics
