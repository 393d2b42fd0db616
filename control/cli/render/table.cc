#include "control/cli/render/table.h"

#include <algorithm>

namespace vfleet::cli {
namespace {

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return out;
}

std::string Table::render(const Style& style) const {
  std::vector<std::size_t> widths;
  for (const std::string& cell : head_) widths.push_back(width_of(cell));
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < std::min(row.size(), widths.size()); ++i) {
      const std::size_t width = width_of(printable(row[i]));
      if (width <= widest_) widths[i] = std::max(widths[i], width);
    }
  }
  const auto line = [&](const std::vector<std::string>& cells, bool is_head) {
    std::string text;
    std::size_t column = 0;  // where the next cell begins
    for (std::size_t i = 0; i < widths.size(); ++i) {
      const std::string cell = i < cells.size() ? printable(cells[i]) : std::string();
      text += is_head ? style.strong(cell) : cell;
      column += widths[i] + 2;
      if (width_of(cell) <= widths[i]) {
        text.append(widths[i] - width_of(cell) + 2, ' ');
      } else if (i + 1 < cells.size()) {
        text.append(1, '\n').append(column, ' ');
      }
    }
    text.erase(text.find_last_not_of(" \n") + 1);
    return text + "\n";
  };
  std::string out = line(head_, true);
  for (const auto& row : rows_) out += line(row, false);
  return out;
}

}  // namespace vfleet::cli
