#include "devices/charging_pile/model/tag_pool.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace vfleet::pile {
namespace {

constexpr std::uint64_t kRangeMax = 1'000'000'000;

bool read_number(std::string_view text, std::uint64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

}  // namespace

Result<TagPool::Entry> TagPool::entry(std::string_view text) {
  const auto wrong = [&](std::string_view why) {
    return fail(Errc::invalid_argument, fmt::format("'{}' {}", text, why));
  };
  Entry out;
  const std::size_t open = text.find('{');
  if (open == std::string_view::npos) {
    if (text.empty() || text.size() > CardNumber::kMax) return wrong("must have 1 to 20 characters");
    out.before = text;
    return out;
  }
  const std::size_t close = text.find('}', open);
  const std::size_t dots = text.find("..", open);
  std::uint64_t last = 0;
  if (close == std::string_view::npos || dots == std::string_view::npos || dots > close ||
      !read_number(text.substr(open + 1, dots - open - 1), out.first) ||
      !read_number(text.substr(dots + 2, close - dots - 2), last) || last < out.first ||
      last - out.first >= kRangeMax) {
    return wrong("is no range such as TAG{0001..2000}");
  }
  out.before = text.substr(0, open);
  out.after = text.substr(close + 1);
  out.count = last - out.first + 1;
  out.width = static_cast<int>(dots - open - 1);
  const std::size_t digits = std::max(dots - open - 1, fmt::formatted_size("{}", last));
  if (out.before.size() + digits + out.after.size() > CardNumber::kMax)
    return wrong("makes cards of more than 20 characters");
  return out;
}

Result<TagPool> TagPool::parse(const std::vector<std::string>& entries) {
  TagPool pool;
  for (const std::string& text : entries) {
    auto entry = TagPool::entry(text);
    if (!entry) return tl::unexpected(std::move(entry.error()));
    pool.size_ += entry->count;
    pool.entries_.push_back(std::move(*entry));
  }
  return pool;
}

CardNumber TagPool::at(std::uint64_t i) const {
  for (const Entry& each : entries_) {
    if (i >= each.count) {
      i -= each.count;
      continue;
    }
    if (each.width == 0) return CardNumber(each.before);
    std::array<char, CardNumber::kMax> text;
    const auto end = fmt::format_to_n(text.data(), text.size(), "{}{:0{}}{}", each.before, each.first + i,
                                      each.width, each.after);
    return CardNumber({text.data(), std::min(end.size, text.size())});
  }
  return {};
}

CardNumber TagPool::draw(Random& random, TagDistribution distribution, double exponent) const {
  return at(distribution == TagDistribution::zipf ? draw_zipf(random, size_, exponent) : random.below(size_));
}

// Rejection-inversion (Hoermann and Derflinger, 1996): a few draws whatever n is.
std::uint64_t draw_zipf(Random& random, std::uint64_t n, double exponent) {
  const double power = 1 - exponent;
  const bool logarithm = std::abs(power) < 1e-9;
  const auto density = [&](double x) { return std::pow(x, -exponent); };
  const auto integral = [&](double x) { return logarithm ? std::log(x) : (std::pow(x, power) - 1) / power; };
  const auto inverse = [&](double y) {
    return logarithm ? std::exp(y) : std::pow(std::max(0.0, 1 + y * power), 1 / power);
  };
  const double low = integral(1.5) - 1;
  const double high = integral(static_cast<double>(n) + 0.5);
  const double squeeze = 2 - inverse(integral(2.5) - density(2));
  for (;;) {
    const double u = high + random.uniform() * (low - high);
    const double x = inverse(u);
    const double k = std::clamp(std::round(x), 1.0, static_cast<double>(n));
    if (k - x <= squeeze || u >= integral(k + 0.5) - density(k)) return static_cast<std::uint64_t>(k) - 1;
  }
}

}  // namespace vfleet::pile
