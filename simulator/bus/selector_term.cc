#include "simulator/bus/selector_term.h"

#include <algorithm>
#include <charconv>
#include <system_error>

#include "simulator/core/hash.h"

namespace vfleet::bus {
namespace {

constexpr std::size_t kSmallSet = 8;  // from here on a hash set beats a scan

/// '*' stands for any text, '?' for one byte. Only the last star is ever retried: at most |text| * |pattern|
/// steps.
bool glob_matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace

std::optional<double> number_in(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value != value) return std::nullopt;
  return value;
}

std::optional<std::uint64_t> digits_in(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool SelectorValues::has(std::string_view text) const {
  if (texts_.size() > kSmallSet) return known_.find(text) != known_.end();
  return std::find(texts_.begin(), texts_.end(), text) != texts_.end();
}

bool SelectorTerm::in_range(std::string_view id) const {
  if (!id.starts_with(name)) return false;
  const auto value = digits_in(id.substr(name.size()));
  return value && *value >= low && *value <= high;
}

bool SelectorTerm::in_sample(std::string_view id) const {
  if (number >= 1) return true;
  return static_cast<double>(mix(hash(id), hash(name)) >> 11U) * 0x1.0p-53 < number;
}

bool SelectorTerm::state_holds(const std::optional<std::string>& value) const {
  if (!value) return false;
  const auto now = number_in(*value);
  if (compare == SelectorCompare::one_of) {
    if (values.has(*value)) return true;
    if (!now) return false;
    return std::any_of(values.texts().begin(), values.texts().end(),
                       [&](const std::string& each) { return number_in(each) == now; });
  }
  if (!now) return false;
  switch (compare) {
    case SelectorCompare::one_of:
      break;
    case SelectorCompare::less:
      return *now < number;
    case SelectorCompare::less_equal:
      return *now <= number;
    case SelectorCompare::greater:
      return *now > number;
    case SelectorCompare::greater_equal:
      return *now >= number;
  }
  return false;
}

bool SelectorTerm::holds(const IdentityView& device) const {
  const auto plain = [&] {
    switch (field) {
      case SelectorField::all:
        return true;
      case SelectorField::id:
        return values.has(device.id());
      case SelectorField::id_glob:
        return glob_matches(name, device.id());
      case SelectorField::id_range:
        return in_range(device.id());
      case SelectorField::type:
        return values.has(device.type());
      case SelectorField::group:
        return values.has(device.group());
      case SelectorField::label: {
        const auto value = device.label(name);
        return value && values.has(*value);
      }
      case SelectorField::label_there:
        return device.label(name).has_value();
      case SelectorField::state:
        return state_holds(device.state(name));
      case SelectorField::state_there:
        return device.state(name).has_value();
      case SelectorField::sample:
        return in_sample(device.id());
    }
    return false;
  };
  return plain() != negated;
}

}  // namespace vfleet::bus
