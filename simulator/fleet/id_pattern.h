#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "simulator/core/result.h"

namespace vfleet::fleet {

/// How a group names its devices: "pile-{:05}" is pile-00001, pile-00002, ... Ids are formatted from a number
/// and read back to it, so no device stores its id.
class IdPattern {
 public:
  /// One "{}", "{:05}" or "{:5}" (zero-padded too) and text around it. Errors: invalid_argument.
  [[nodiscard]] static Result<IdPattern> parse(std::string_view text) {
    const std::size_t open = text.find('{');
    const std::size_t close = text.find('}');
    const auto wrong = [&] {
      return fail(Errc::invalid_argument,
                  "id pattern '" + std::string(text) + "': expected one {} or {:05} in it");
    };
    if (open == std::string_view::npos || close == std::string_view::npos || close < open) return wrong();
    std::string_view width = text.substr(open + 1, close - open - 1);
    IdPattern pattern;
    if (!width.empty()) {
      if (width.front() != ':') return wrong();
      width.remove_prefix(1);
      const auto [end, error] = std::from_chars(width.data(), width.data() + width.size(), pattern.width_);
      if (error != std::errc() || end != width.data() + width.size() || pattern.width_ > 18) return wrong();
    }
    pattern.prefix_ = text.substr(0, open);
    pattern.suffix_ = text.substr(close + 1);
    if (pattern.suffix_.find_first_of("{}") != std::string::npos) return wrong();
    return pattern;
  }

  /// Writes the id of `number` to `out`, cut off at its end, and returns its length.
  [[nodiscard]] std::size_t write(std::uint64_t number, std::span<char> out) const {
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
    if (length < width_) put(std::string_view("000000000000000000").substr(0, width_ - length));
    put({digits.data(), length});
    put(suffix_);
    return at;
  }

  /// The number whose id is exactly `id`.
  [[nodiscard]] std::optional<std::uint64_t> number_of(std::string_view id) const {
    if (id.size() < prefix_.size() + suffix_.size() || !id.starts_with(prefix_) || !id.ends_with(suffix_))
      return {};
    const std::string_view digits = id.substr(prefix_.size(), id.size() - prefix_.size() - suffix_.size());
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc() || end != digits.data() + digits.size()) return {};
    // "007" is not "7" unless the width says so.
    const std::size_t shortest = digits.size() > width_ ? 1 : width_;
    if (digits.size() > shortest && digits.front() == '0') return {};
    if (digits.size() < width_) return {};
    return number;
  }

 private:
  std::string prefix_;
  std::string suffix_;
  std::size_t width_ = 0;
};

}  // namespace vfleet::fleet
