// Any text as a threshold or a change: read, or a mistake with a column; what is shown reads as the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "simulator/config/measure_names.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace config = vfleet::config;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto threshold = config::parse_threshold(text)) {
    require(config::parse_threshold(threshold->text) == threshold);
    require(threshold->value >= 0);
    const config::MeasureNames names{{"http"}, {"pile.meter"}, false};
    if (const auto good = config::check_names(threshold->measure, text, names); !good)
      require(good.error().column >= 1 && good.error().column <= size);
  } else {
    require(threshold.error().column >= 1 && threshold.error().column <= size + 1);
    require(!threshold.error().message.empty());
  }
  if (const auto change = config::parse_change(text)) {
    require(config::parse_change(change->text) == change);
  } else {
    require(change.error().column >= 1 && change.error().column <= size + 1);
  }
  return 0;
}
