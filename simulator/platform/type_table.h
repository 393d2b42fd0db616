#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace vfleet::platform {

/// Hash that lets a map of strings be asked with a view.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

/// Numbers for the names of report types, in the order they first came. Names come from peers, so there are
/// at most kTypesMax; all later ones share kOther.
class TypeTable {
 public:
  static constexpr std::size_t kTypesMax = 256;
  static constexpr std::size_t kNameMax = 64;  ///< longer names are kOther too
  static constexpr std::uint16_t kOther = 0;

  TypeTable() : names_{"(other)"} {}

  std::uint16_t intern(std::string_view name) {
    if (const auto found = numbers_.find(name); found != numbers_.end()) return found->second;
    if (names_.size() >= kTypesMax || name.size() > kNameMax) return kOther;
    const auto number = static_cast<std::uint16_t>(names_.size());
    names_.emplace_back(name);
    numbers_.emplace(std::string(name), number);
    return number;
  }
  [[nodiscard]] const std::string& name(std::uint16_t number) const { return names_[number]; }
  [[nodiscard]] std::size_t size() const { return names_.size(); }

 private:
  std::vector<std::string> names_;
  std::unordered_map<std::string, std::uint16_t, TextHash, std::equal_to<>> numbers_;
};

}  // namespace vfleet::platform
