#include "simulator/board/layout.h"

#include <string>

#include "simulator/core/hash.h"

namespace vfleet::board {

std::uint64_t layout_hash(std::span<const Area> areas) {
  std::string text;
  const auto add = [&text](std::string_view word) {
    text += word;
    text += '\n';
  };
  for (const Area& area : areas) {
    add(area.name);
    for (const std::uint32_t number : {area.rows, area.row_cells, area.first}) add(std::to_string(number));
    for (const Field& field : area.fields) {
      add(field.name);
      add(field.unit);
      add(std::to_string(static_cast<unsigned>(field.kind)));
      add(std::to_string(field.cells));
    }
  }
  return hash(text);
}

}  // namespace vfleet::board
