#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "simulator/config/load_context.h"

namespace vfleet::config {

struct CsvCell {
  std::string text;
  Place place;
};
using CsvRow = std::vector<CsvCell>;

/// Splits text by RFC 4180: commas, rows end in LF or CRLF, "..." may hold both and "" for a quote; a byte
/// order mark is skipped, so are empty rows; blanks around an unquoted cell are not part of it. Broken quotes
/// are noted and end the reading. Columns count bytes.
[[nodiscard]] std::vector<CsvRow> parse_csv(std::string_view text, const std::string& file,
                                            LoadContext& context);

}  // namespace vfleet::config
