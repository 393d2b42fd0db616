// A line of the log's files, which anybody may have written; text that becomes a line; what --since takes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "control/cli/since.h"
#include "control/logs/record.h"
#include "simulator/log/line.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vfleet;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto record = control::logs::parse_record(text)) {
    const auto again = control::logs::parse_record(to_json(*record));
    if (!again || !(*again == *record)) std::abort();
  }
  const std::string clean = log::clean(text, 64);
  if (clean.size() > 64 || log::clean(clean, 64) != clean) std::abort();
  for (const char c : clean) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) std::abort();
  }
  if (const auto since = cli::parse_since(text, WallTime{}); since && *since < 0) std::abort();
  return 0;
}
