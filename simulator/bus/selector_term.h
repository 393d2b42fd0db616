#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "simulator/bus/selector.h"

/// What a selector comes to once it is read: terms, each of which holds of a device or does not. For
/// selector*.cc alone.
namespace vfleet::bus {

/// The number of a state's text or of a selector's value.
[[nodiscard]] std::optional<double> number_in(std::string_view text);
/// The number that a text of digits alone writes.
[[nodiscard]] std::optional<std::uint64_t> digits_in(std::string_view text);

/// A set of texts that a comparison is made with, in the order they were written.
class SelectorValues {
 public:
  /// Keeps the first of equal texts.
  void add(std::string text) {
    if (known_.insert(text).second) texts_.push_back(std::move(text));
  }
  [[nodiscard]] bool has(std::string_view text) const;
  [[nodiscard]] const std::vector<std::string>& texts() const { return texts_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  std::vector<std::string> texts_;
  std::unordered_set<std::string, Hash, std::equal_to<>> known_;
};

enum class SelectorField : std::uint8_t {
  all,
  id,
  id_glob,
  id_range,
  type,
  group,
  label,
  label_there,
  state,
  state_there,
  sample,
};

enum class SelectorCompare : std::uint8_t { one_of, less, less_equal, greater, greater_equal };

struct SelectorTerm {
  SelectorField field = SelectorField::all;
  bool negated = false;
  SelectorCompare compare = SelectorCompare::one_of;
  /// Of a label or a state; the pattern of a glob; the prefix of a range; the salt of a sample.
  std::string name;
  std::string shown;  ///< a range as it was written
  SelectorValues values;
  std::uint64_t low = 0;   ///< of a range
  std::uint64_t high = 0;  ///< of a range
  double number = 0;       ///< what an order compares with; the ratio of a sample

  [[nodiscard]] bool holds(const IdentityView& device) const;

 private:
  [[nodiscard]] bool in_range(std::string_view id) const;
  [[nodiscard]] bool in_sample(std::string_view id) const;
  [[nodiscard]] bool state_holds(const std::optional<std::string>& value) const;
};

}  // namespace vfleet::bus
