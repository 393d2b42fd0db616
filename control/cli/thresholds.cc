#include "control/cli/thresholds.h"

#include <fmt/format.h>

namespace vfleet::cli {

OptionSpec threshold_option() {
  return {
      "threshold", Takes::texts,
      "'TEXT'",    "One more: 'p99(meter.ack) < 300ms', 'loss == 0', 'rate >= 5000/s'; may be given again",
      {},          0};
}

Failure mistake_in(const std::string& option, const std::string& text, const config::TextMistake& mistake) {
  return {ExitStatus::usage, "usage",
          fmt::format("--{}: {}\n  {}\n  {:>{}}", option, mistake.message, text, "^", mistake.column),
          mistake.hint.empty() ? std::string() : fmt::format("did you mean '{}'?", mistake.hint)};
}

Outcome<std::vector<std::string>> checked_thresholds(const Invocation& invocation,
                                                     const config::MeasureNames* names) {
  std::vector<std::string> out;
  for (const std::string& text : invocation.texts("threshold")) {
    const auto threshold = config::parse_threshold(text);
    if (!threshold) return tl::unexpected(mistake_in("threshold", text, threshold.error()));
    if (names != nullptr) {
      if (const auto good = config::check_names(threshold->measure, text, *names); !good)
        return tl::unexpected(mistake_in("threshold", text, good.error()));
    }
    out.push_back(threshold->text);
  }
  return out;
}

}  // namespace vfleet::cli
