// What workers say of themselves, a line each: refused, or added up to figures that are JSON, through the end
// of a worker's life too.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

#include "control/server/statistics.h"
#include "simulator/metrics/histogram.h"
#include "simulator/metrics/histogram_json.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vfleet;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto histogram = metrics::decode_histogram(text)) {
    const auto again = metrics::decode_histogram(metrics::encode(*histogram));
    require(again && again->count() == histogram->count() && again->max() == histogram->max());
    for (const double q : {0.0, 0.5, 0.99, 1.0}) require(histogram->value_at_quantile(q) <= histogram->max());
  }
  control::server::Statistics statistics;
  for (std::uint32_t line = 0; !text.empty() && line < 32; ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::uint32_t shard = line % 3;
    if (line % 5 == 4) statistics.life_ended(shard);
    if (!statistics.update(shard, text.substr(0, end))) {
      require(statistics.presence(99).devices == 0);
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  require(nlohmann::json::accept(statistics.merged()));
  for (std::uint32_t shard = 0; shard < 3; ++shard) statistics.life_ended(shard);
  require(nlohmann::json::accept(statistics.merged()));
  return 0;
}
