#include "simulator/board/layout.h"

#include <gtest/gtest.h>

#include <vector>

namespace vfleet::board {
namespace {

std::vector<Area> areas() {
  return {kAreas.begin(), kAreas.end()};
}

TEST(BoardLayout, AreasFollowEachOtherWithoutOverlap) {
  std::uint32_t end = 0;
  for (const Area& area : kAreas) {
    EXPECT_GE(area.first, end) << area.name;
    EXPECT_GE(area.row_cells, cells_in(area.fields)) << area.name;
    end = area.first + area.rows * area.row_cells;
  }
  EXPECT_LE(end, kBoardCells);
}

TEST(BoardLayout, TheHashChangesWithEveryNameUnitKindSizeAndPlace) {
  const std::uint64_t now = layout_hash();
  EXPECT_EQ(layout_hash(areas()), now);
  for (std::size_t a = 0; a < kAreas.size(); ++a) {
    const auto with = [&](auto change) {
      std::vector<Area> other = areas();
      std::vector<Field> fields(other[a].fields.begin(), other[a].fields.end());
      change(other[a], fields);
      other[a].fields = fields;
      return layout_hash(other);
    };
    EXPECT_NE(with([](Area& area, auto&) { ++area.rows; }), now);
    EXPECT_NE(with([](Area& area, auto&) { ++area.first; }), now);
    EXPECT_NE(with([](Area& area, auto&) { area.name = "other"; }), now);
    for (std::size_t f = 0; f < kAreas[a].fields.size(); ++f) {
      EXPECT_NE(with([f](Area&, auto& fields) { fields[f].name = "renamed"; }), now);
      EXPECT_NE(with([f](Area&, auto& fields) { fields[f].unit = "parsecs"; }), now);
      EXPECT_NE(with([f](Area&, auto& fields) { ++fields[f].cells; }), now);
      EXPECT_NE(with([f](Area&, auto& fields) {
                  fields[f].kind = fields[f].kind == Kind::counter ? Kind::gauge : Kind::counter;
                }),
                now);
    }
  }
}

}  // namespace
}  // namespace vfleet::board
