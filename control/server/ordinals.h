#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "control/journal/journal.h"
#include "simulator/config/fleet_spec.h"

namespace vfleet::control::server {

/// Gives each device its ordinal once and for the whole run: a device that leaves and comes back has the
/// same, so it stays with its worker. New devices of a group get a contiguous range.
class Ordinals {
 public:
  /// Gives every device of `group` its ordinal: fills in `group.ordinals`.
  void assign(config::GroupSpec& group);
  /// For devices `first` .. `first` + `count` - 1 of an id pattern.
  [[nodiscard]] std::vector<config::OrdinalRange> for_pattern(const std::string& pattern, std::uint64_t first,
                                                              std::uint64_t count);
  /// For devices that are listed by id.
  [[nodiscard]] std::vector<config::OrdinalRange> for_ids(const std::vector<std::string>& ids);
  /// What an earlier life gave; to be called before anything is given.
  void restore(const std::vector<journal::OrdinalPiece>& pieces);
  /// What was given since the last call of this: it is for the journal to keep.
  [[nodiscard]] std::vector<journal::OrdinalPiece> take_unsaved() { return std::exchange(unsaved_, {}); }
  /// Those of take_unsaved() could not be kept: they come again with the next.
  void give_back(const std::vector<journal::OrdinalPiece>& pieces) {
    unsaved_.insert(unsaved_.end(), pieces.begin(), pieces.end());
  }
  /// How many were ever given.
  [[nodiscard]] std::uint64_t given() const { return next_; }

 private:
  struct Piece {  // numbers [first, first + count) have ordinals from `ordinal`
    std::uint64_t count;
    std::uint64_t ordinal;
  };
  std::map<std::string, std::map<std::uint64_t, Piece>>
      patterns_;  // pattern -> first number -> piece; disjoint
  std::unordered_map<std::string, std::uint64_t> ids_;
  std::uint64_t next_ = 0;
  std::vector<journal::OrdinalPiece> unsaved_;
};

}  // namespace vfleet::control::server
