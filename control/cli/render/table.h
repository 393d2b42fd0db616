#pragma once

#include <string>
#include <vector>

#include "control/cli/output.h"

namespace vfleet::cli {

/// Columns for people: as wide as their widest cell, two spaces between, no trailing spaces. Widths count
/// UTF-8 characters. Control characters in cells are shown as '?', so that what a device says cannot steer
/// the terminal.
class Table {
 public:
  explicit Table(std::vector<std::string> head) : head_(std::move(head)) {}

  /// No column but the last is made wider than this by a cell: what follows such a cell stands on a line of
  /// its own, in its column.
  void widest(std::size_t characters) { widest_ = characters; }
  /// Missing cells are empty, cells beyond the head are dropped.
  void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  [[nodiscard]] std::string render(const Style& style) const;

 private:
  std::vector<std::string> head_;
  std::vector<std::vector<std::string>> rows_;
  std::size_t widest_ = std::string::npos;
};

/// `text` with control characters as '?'.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace vfleet::cli
