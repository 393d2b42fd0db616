#include "control/cli/render/changes.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "control/cli/render/counts.h"
#include "control/cli/render/read.h"
#include "control/cli/render/table.h"

namespace vfleet::cli {
namespace {

using nlohmann::json;

constexpr std::size_t kLineShown = 100;

/// "2026-03-01 12:00:01" in UTC, from microseconds since 1970.
std::string time_text(std::uint64_t us) {
  const std::uint64_t seconds = us / 1'000'000;
  const auto days = static_cast<std::int64_t>(seconds / 86'400);
  // Days to a date, by eras of 400 years that begin in March.
  const std::int64_t z = days + 719'468;
  const std::int64_t era = z / 146'097;
  const std::int64_t of_era = z - era * 146'097;
  const std::int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36'524 - of_era / 146'096) / 365;
  const std::int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t shifted = (5 * of_year + 2) / 153;
  const std::int64_t day = of_year - (153 * shifted + 2) / 5 + 1;
  const std::int64_t month = shifted < 10 ? shifted + 3 : shifted - 9;
  const std::int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  const std::uint64_t of_day = seconds % 86'400;
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", year, month, day, of_day / 3600, of_day / 60 % 60,
                     of_day % 60);
}

std::string shortened(const std::string& text) {
  return text.size() <= kLineShown ? text : text.substr(0, kLineShown) + "...";
}

std::string revision_text(std::uint64_t revision) {
  return revision == 0 ? "-" : fmt::to_string(revision);
}

}  // namespace

std::string render_history(const json& rows, const Style& style) {
  if (rows.empty()) return "nothing was commanded yet\n";
  Table table({"REVISION", "TIME (UTC)", "COMMAND", "OUTCOME", "ID"});
  for (const json& row : rows) {
    table.row({revision_text(count_at(row, "revision")), time_text(count_at(row, "issued_us")),
               shortened(text_at(row, "line")), text_at(row, "outcome"), text_at(row, "id")});
  }
  return table.render(style);
}

std::string render_history_entry(const json& row, const Style& style) {
  std::string text;
  const auto line = [&](std::string_view name, const std::string& value) {
    text += fmt::format("{} {}\n", style.faint(fmt::format("{:<9}", name)), printable(value));
  };
  line("command", text_at(row, "line"));
  line("id", text_at(row, "id"));
  line("revision", flag_at(row, "durable") ? revision_text(count_at(row, "revision")) : "none: transient");
  line("time", time_text(count_at(row, "issued_us")) + " UTC");
  line("number", fmt::format("{} of epoch {}", count_at(row, "seq"), count_at(row, "epoch")));
  line("selector", text_at(row, "selector"));
  line("arguments", object_at(row, "args").dump());
  const std::string outcome = text_at(row, "outcome");
  const bool good = row.contains("status") && count_at(row, "status") == 0;
  text += fmt::format("{} {}\n", style.faint("outcome  "), good ? style.good(outcome) : style.warn(outcome));
  const json& reply = object_at(row, "reply");
  if (const std::string message = text_at(reply, "message"); !message.empty()) line("message", message);
  for (const json& reason : list_at(reply, "reasons")) {
    text +=
        fmt::format("  {}: {}\n", printable(text_at(reason, "device")), printable(text_at(reason, "text")));
  }
  return text;
}

std::string render_diff(const json& result, const Style& style) {
  std::string text;
  Table table({"DEVICE", "WHAT", "DESIRED", "REPORTED", "REVISION", "WHY"});
  for (const json& row : list_at(result, "rows")) {
    for (const json& each : list_at(row, "differences")) {
      table.row({text_at(row, "id"), text_at(each, "path"), text_at(each, "desired"),
                 text_at(each, "reported"), revision_text(count_at(each, "revision")),
                 text_at(each, "reason")});
    }
  }
  if (!table.empty()) text += table.render(style);
  for (const json& each : list_at(result, "behind")) {
    text +=
        style.warn(fmt::format("worker {} is {}, {} commands behind: its devices are not compared",
                               count_at(each, "shard"), text_at(each, "state"), count_at(each, "behind"))) +
        "\n";
  }
  const std::uint64_t matched = count_at(result, "matched");
  const std::uint64_t differ = count_at(result, "differ");
  if (matched == 0) return text + style.warn("no device matched") + "\n";
  return text +
         (differ == 0 ? style.good(fmt::format("{} devices are as they should be", matched))
                      : style.warn(fmt::format("{} of {} devices differ", differ, matched))) +
         fmt::format(" (revision {})\n", count_at(result, "revision"));
}

std::string render_changes(const json& result, bool dry_run, const Style& style) {
  std::string text;
  for (const json& change : list_at(result, "changes")) text += "  " + printable(plain(change)) + "\n";
  const std::string verb = text_at(result, "verb");
  if (text.empty()) {
    return fmt::format("{}: nothing to change (revision {})\n", verb, count_at(result, "revision"));
  }
  if (const std::string note = text_at(result, "note"); !note.empty())
    text += style.warn("  " + printable(note)) + "\n";
  if (dry_run) return text + fmt::format("{}: nothing was done\n", verb);
  return text + render_counts(result, style);
}

}  // namespace vfleet::cli
