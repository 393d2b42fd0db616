#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vfleet::codec::text {

/// Finds members of a JSON text by their paths in one pass, without a tree and without allocation. Built
/// once, used for any number of texts.
class FieldIndex {
 public:
  /// Wants the member at `path`, dots between levels, elements of arrays by number ("objects.0.score").
  /// Returns its place in find()'s values; the same for the same path.
  std::size_t want(std::string_view path);
  /// How many members are wanted.
  [[nodiscard]] std::size_t size() const { return wanted_; }

  /// `values` are size() many: the JSON text of each member as it stands in `json`, an empty view for those
  /// that are not there; of a member that is there twice, the first. Whatever `json` holds, nothing outside
  /// of it is read; after a place that is no JSON nothing more is found.
  void find(std::string_view json, std::span<std::string_view> values) const;

 private:
  class Walk;
  static constexpr std::uint32_t kNone = UINT32_MAX;
  struct Node {
    std::string name;
    std::uint32_t element = kNone;  // the name as a number
    std::uint32_t slot = kNone;
    std::uint32_t child = kNone;  // the first
    std::uint32_t next = kNone;   // of the same parent
  };
  std::uint32_t child_of(std::uint32_t parent, std::string_view name);

  std::vector<Node> nodes_{Node{}};  // the first is the text as a whole
  std::size_t wanted_ = 0;
};

}  // namespace vfleet::codec::text
