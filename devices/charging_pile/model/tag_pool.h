#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "devices/charging_pile/model/session.h"
#include "simulator/core/random.h"
#include "simulator/core/result.h"

namespace vfleet::pile {

enum class TagDistribution : std::uint8_t { uniform, zipf };

/// Cards that drivers hold: single ones and whole ranges, "ANNA" and "TAG{0001..2000}", which is TAG0001 to
/// TAG2000. Takes memory by entry, however many cards a range has.
class TagPool {
 public:
  /// Errors: invalid_argument: a text is empty, longer than a card, or no range.
  [[nodiscard]] static Result<TagPool> parse(const std::vector<std::string>& entries);

  [[nodiscard]] std::uint64_t size() const { return size_; }
  /// The i-th, in the order of the entries.
  [[nodiscard]] CardNumber at(std::uint64_t i) const;
  /// Draws one; the pool is not empty. Zipf: the i-th (from 1) comes in proportion to 1 / i^exponent, so the
  /// first ones again and again.
  [[nodiscard]] CardNumber draw(Random& random, TagDistribution distribution, double exponent) const;

  friend bool operator==(const TagPool&, const TagPool&) = default;

 private:
  struct Entry {
    std::string before;
    std::string after;
    std::uint64_t first = 0;
    std::uint64_t count = 1;
    int width = 0;  // of the number; 0: there is none

    friend bool operator==(const Entry&, const Entry&) = default;
  };
  static Result<Entry> entry(std::string_view text);

  std::vector<Entry> entries_;
  std::uint64_t size_ = 0;
};

/// 0 .. n-1 by Zipf's law, without a table; n >= 1, exponent > 0.
[[nodiscard]] std::uint64_t draw_zipf(Random& random, std::uint64_t n, double exponent);

}  // namespace vfleet::pile
