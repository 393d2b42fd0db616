#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "simulator/core/result.h"

namespace vfleet::config {

/// Device ids, group names: 1 to 64 of a-z A-Z 0-9 - _ .
[[nodiscard]] bool valid_id(std::string_view text);

/// How a group's device ids come from numbers: "pile-{:05}" gives pile-00042, "cam{}" gives cam42.
class IdPattern {
 public:
  /// Errors: invalid_argument, when `text` has not exactly one place for the number or other characters than
  /// ids.
  [[nodiscard]] static Result<IdPattern> parse(std::string_view text);

  [[nodiscard]] std::string format(std::uint64_t number) const;
  /// Appends the id to `out`; allocates only when `out` has to grow.
  void append(std::string& out, std::uint64_t number) const;
  /// Writes the id to `out`, cut off at its end, and returns its length; never allocates.
  [[nodiscard]] std::size_t write(std::uint64_t number, std::span<char> out) const;
  /// The number whose id is `id`; nullopt when there is none.
  [[nodiscard]] std::optional<std::uint64_t> number_of(std::string_view id) const;

 private:
  friend bool may_overlap(const IdPattern& a, const IdPattern& b);
  friend bool same_frame(const IdPattern& a, const IdPattern& b);

  std::string prefix_;
  std::string suffix_;
  std::uint32_t width_ = 0;  // zero padded up to so many digits
};

/// The ids of `count` numbers from `first` on.
struct IdRange {
  const IdPattern& pattern;
  std::uint64_t first = 1;
  std::uint64_t count = 0;
};

/// An id that is in both; nullopt when there is none. Takes at most as long as formatting the smaller range.
[[nodiscard]] std::optional<std::string> shared_id(const IdRange& a, const IdRange& b);

}  // namespace vfleet::config
