#include "control/server/ordinals.h"

#include <algorithm>

namespace vfleet::control::server {

using config::OrdinalRange;

namespace {

/// Appends, joining with the last range when both run on.
void append(std::vector<OrdinalRange>& out, OrdinalRange range) {
  if (!out.empty()) {
    OrdinalRange& last = out.back();
    if (last.index + last.count == range.index && last.ordinal + last.count == range.ordinal) {
      last.count += range.count;
      return;
    }
  }
  out.push_back(range);
}

}  // namespace

void Ordinals::assign(config::GroupSpec& group) {
  if (group.rows.empty()) {
    group.ordinals = for_pattern(group.id, group.first, group.count);
    return;
  }
  std::vector<std::string> ids;
  ids.reserve(group.rows.size());
  for (const config::DeviceRow& row : group.rows) ids.push_back(row.id);
  group.ordinals = for_ids(ids);
}

std::vector<OrdinalRange> Ordinals::for_pattern(const std::string& pattern, std::uint64_t first,
                                                std::uint64_t count) {
  auto& pieces = patterns_[pattern];
  std::vector<OrdinalRange> out;
  std::uint64_t number = first;
  const std::uint64_t end = first + count;
  while (number < end) {
    auto after = pieces.upper_bound(number);
    if (after != pieces.begin()) {
      const auto& [start, piece] = *std::prev(after);
      if (number < start + piece.count) {
        const std::uint64_t part = std::min(end, start + piece.count) - number;
        append(out, {number - first, part, piece.ordinal + (number - start)});
        number += part;
        continue;
      }
    }
    const std::uint64_t part = (after == pieces.end() ? end : std::min(end, after->first)) - number;
    pieces.emplace(number, Piece{part, next_});
    unsaved_.push_back({pattern, number, part, next_, false});
    append(out, {number - first, part, next_});
    next_ += part;
    number += part;
  }
  return out;
}

void Ordinals::restore(const std::vector<journal::OrdinalPiece>& pieces) {
  for (const journal::OrdinalPiece& piece : pieces) {
    if (piece.listed) {
      ids_.emplace(piece.pattern, piece.ordinal);
    } else {
      patterns_[piece.pattern].emplace(piece.first, Piece{piece.count, piece.ordinal});
    }
    next_ = std::max(next_, piece.ordinal + piece.count);
  }
}

std::vector<OrdinalRange> Ordinals::for_ids(const std::vector<std::string>& ids) {
  std::vector<OrdinalRange> out;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto [at, fresh] = ids_.try_emplace(ids[i], next_);
    if (fresh) unsaved_.push_back({ids[i], 0, 1, next_++, true});
    append(out, {i, 1, at->second});
  }
  return out;
}

}  // namespace vfleet::control::server
