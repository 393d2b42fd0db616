#pragma once

#include <string>
#include <vector>

#include "control/cli/failure.h"
#include "control/cli/spec.h"
#include "simulator/config/measure_names.h"

namespace vfleet::cli {

/// --threshold, which may be given again.
[[nodiscard]] OptionSpec threshold_option();

/// The thresholds of the command line, as they are shown. Fails (usage) with a caret below the mistake;
/// `names`: also when one is of something that the fleet has not.
[[nodiscard]] Outcome<std::vector<std::string>> checked_thresholds(
    const Invocation& invocation, const config::MeasureNames* names = nullptr);

/// "TEXT\n    ^\nmessage", as usage failures show a mistake in a text.
[[nodiscard]] Failure mistake_in(const std::string& option, const std::string& text,
                                 const config::TextMistake& mistake);

}  // namespace vfleet::cli
