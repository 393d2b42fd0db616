#include "simulator/config/id_pattern.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "simulator/core/ascii.h"

namespace vfleet::config {
namespace {

constexpr std::size_t kIdMax = 64;
constexpr std::uint32_t kWidthMax = 19;

bool id_char(char c) {
  return is_letter_or_digit(c) || c == '-' || c == '_' || c == '.';
}

bool id_chars(std::string_view text) {
  for (char c : text) {
    if (!id_char(c)) return false;
  }
  return true;
}

}  // namespace

bool valid_id(std::string_view text) {
  return !text.empty() && text.size() <= kIdMax && id_chars(text);
}

Result<IdPattern> IdPattern::parse(std::string_view text) {
  const auto wrong = [&](const char* what) {
    return fail(Errc::invalid_argument, "'" + std::string(text) + "': " + what);
  };
  const auto open = text.find('{');
  const auto close = text.find('}', open == std::string_view::npos ? 0 : open);
  if (open == std::string_view::npos || close == std::string_view::npos) {
    return wrong("expected one place for the number, as in pile-{:05}");
  }
  IdPattern pattern;
  pattern.prefix_ = text.substr(0, open);
  pattern.suffix_ = text.substr(close + 1);
  std::string_view inside = text.substr(open + 1, close - open - 1);
  if (!inside.empty()) {
    const bool colon = inside.front() == ':';
    inside.remove_prefix(1);
    const auto [rest, error] = std::from_chars(inside.data(), inside.data() + inside.size(), pattern.width_);
    if (!colon || inside.size() < 2 || inside.front() != '0' || error != std::errc() ||
        rest != inside.data() + inside.size() || pattern.width_ == 0 || pattern.width_ > kWidthMax) {
      return wrong("the number is written {} or {:05}");
    }
  }
  if (!id_chars(pattern.prefix_) || !id_chars(pattern.suffix_)) {
    return wrong("ids consist of a-z A-Z 0-9 - _ . and one number");
  }
  if (pattern.prefix_.size() + pattern.suffix_.size() + kWidthMax + 1 > kIdMax)
    return wrong("the id is too long");
  return pattern;
}

void IdPattern::append(std::string& out, std::uint64_t number) const {
  std::array<char, 20> digits;
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  const auto length = static_cast<std::size_t>(end - digits.data());
  out += prefix_;
  if (length < width_) out.append(width_ - length, '0');
  out.append(digits.data(), length);
  out += suffix_;
}

std::string IdPattern::format(std::uint64_t number) const {
  std::string id;
  append(id, number);
  return id;
}

std::size_t IdPattern::write(std::uint64_t number, std::span<char> out) const {
  std::array<char, 20> digits;
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  const auto length = static_cast<std::size_t>(end - digits.data());
  std::size_t at = 0;
  const auto put = [&](std::string_view text) {
    const std::size_t n = std::min(text.size(), out.size() - at);
    std::memcpy(out.data() + at, text.data(), n);
    at += n;
  };
  put(prefix_);
  for (std::size_t i = length; i < width_; ++i) put("0");
  put({digits.data(), length});
  put(suffix_);
  return at;
}

std::optional<std::uint64_t> IdPattern::number_of(std::string_view id) const {
  if (id.size() <= prefix_.size() + suffix_.size() || !id.starts_with(prefix_) || !id.ends_with(suffix_)) {
    return std::nullopt;
  }
  id = id.substr(prefix_.size(), id.size() - prefix_.size() - suffix_.size());
  std::uint64_t number = 0;
  const auto [rest, error] = std::from_chars(id.data(), id.data() + id.size(), number);
  if (error != std::errc() || rest != id.data() + id.size()) return std::nullopt;
  // The same number with more or fewer zeros is another id.
  const bool padded = id.size() > 1 && id.front() == '0';
  if (id.size() < width_ || (padded && id.size() != width_)) return std::nullopt;
  return number;
}

/// Whether an id could follow both.
bool may_overlap(const IdPattern& a, const IdPattern& b) {
  const bool a_first = a.prefix_.size() < b.prefix_.size();
  const bool a_last = a.suffix_.size() < b.suffix_.size();
  return (a_first ? b : a).prefix_.starts_with((a_first ? a : b).prefix_) &&
         (a_last ? b : a).suffix_.ends_with((a_last ? a : b).suffix_);
}

/// Whether they differ in the number's width at most.
bool same_frame(const IdPattern& a, const IdPattern& b) {
  return a.prefix_ == b.prefix_ && a.suffix_ == b.suffix_;
}

std::optional<std::string> shared_id(const IdRange& a, const IdRange& b) {
  if (a.count == 0 || b.count == 0 || !may_overlap(a.pattern, b.pattern)) return std::nullopt;
  if (same_frame(a.pattern, b.pattern)) {
    // Equal ids have equal numbers, and of those the largest is the first to look alike at different widths.
    const std::uint64_t last = std::min(a.first + a.count - 1, b.first + b.count - 1);
    if (last < std::max(a.first, b.first)) return std::nullopt;
    const std::string id = a.pattern.format(last);
    return id == b.pattern.format(last) ? std::optional(id) : std::nullopt;
  }
  const IdRange& small = a.count <= b.count ? a : b;
  const IdRange& large = a.count <= b.count ? b : a;
  std::string id;
  for (std::uint64_t i = 0; i < small.count; ++i) {
    id.clear();
    small.pattern.append(id, small.first + i);
    const auto number = large.pattern.number_of(id);
    if (number && *number >= large.first && *number - large.first < large.count) return id;
  }
  return std::nullopt;
}

}  // namespace vfleet::config
