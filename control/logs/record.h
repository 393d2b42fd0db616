#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "simulator/log/line.h"

namespace vfleet::control::logs {

/// What the fleet's log holds: a line of a source, or the knowledge that lines of it are missing.
struct Record {
  std::string source;      ///< "worker-0", "control", "up", "up/NAME"
  std::uint64_t boot = 0;  ///< the life of the source: seq begins at 1 in each
  log::Line line;          ///< of a gap: only at_us counts, when it was noticed
  std::uint64_t gap_from = 0;
  std::uint64_t gap_to = 0;  ///< above 0: a gap of lines gap_from..gap_to

  [[nodiscard]] bool is_gap() const { return gap_to > 0; }
  friend bool operator==(const Record&, const Record&) = default;
};

inline constexpr std::size_t kSourceBytesMax = 64;

/// One line of the file, without its end:
///   {"at_us":5,"source":"worker-0","boot":3,"seq":17,"level":"info","device":"pile-1","text":"..."}
///   {"at_us":5,"gap":{"source":"worker-0","boot":3,"from":18,"to":20}}
[[nodiscard]] std::string to_json(const Record& record);
/// Nullopt for anything else, torn lines and heads of files included. Never throws.
[[nodiscard]] std::optional<Record> parse_record(std::string_view line);

/// Whether `name` is `wanted` or one of its parts: "up" also means "up/worker-0".
[[nodiscard]] bool is_of_source(std::string_view name, std::string_view wanted);

}  // namespace vfleet::control::logs
