#include "control/cli/render/log_lines.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>
#include <nlohmann/json.hpp>

#include "control/cli/render/read.h"
#include "simulator/log/line.h"

namespace vfleet::cli {
namespace {

std::string time_text(const nlohmann::json& row) {
  const auto at = row.find("at_us");
  const std::int64_t us = at != row.end() && at->is_number_integer() ? at->get<std::int64_t>() : 0;
  constexpr std::int64_t kLatest = std::int64_t{253'402'300'799} * 1'000'000;  // the end of the year 9999
  if (us < 0 || us > kLatest) return fmt::format("{}us", us);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(static_cast<std::time_t>(us / 1'000'000)),
                     us / 1000 % 1000);
}

std::string painted(const std::string& level, const Style& style) {
  const std::string padded = fmt::format("{:<5}", level);
  if (level == "error") return style.bad(padded);
  if (level == "warn") return style.warn(padded);
  return level == "info" ? padded : style.faint(padded);
}

}  // namespace

std::string render_log_line(const nlohmann::json& row, const Style& style) {
  if (row.contains("gap")) {
    const auto& gap = object_at(row, "gap");
    const std::uint64_t from = count_at(gap, "from");
    const std::uint64_t to = count_at(gap, "to");
    const std::uint64_t lines = to >= from ? to - from + 1 : 0;
    return style.warn(fmt::format("… {} line{} of {} {} missing (#{}..#{}) …", lines, lines == 1 ? "" : "s",
                                  log::clean(text_at(gap, "source")), lines == 1 ? "is" : "are", from, to));
  }
  // Cleaned here too: a file may have been written by anybody.
  const std::string device = log::clean(text_at(row, "device"));
  return fmt::format("{} {} {}{}{}: {}", style.faint(time_text(row)), painted(text_at(row, "level"), style),
                     log::clean(text_at(row, "source")), device.empty() ? "" : " ",
                     device.empty() ? "" : style.strong(device), log::clean(text_at(row, "text")));
}

}  // namespace vfleet::cli
