#include "control/cli/render/top.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "control/cli/render/figures.h"
#include "control/cli/render/read.h"
#include "control/cli/render/table.h"

namespace vfleet::cli {
namespace {

using nlohmann::json;

std::string number(const json& row, const char* name) {
  return fmt::to_string(count_at(row, name));
}
std::string rate(const json& row, const char* name) {
  const double value = number_at(row, name);
  return value > 0 && value < 10 ? fmt::format("{:.1f}", value) : fmt::format("{:.0f}", value);
}
std::string late(const json& row) {
  return latency_text(count_at(row, "lateness_p99_us"));
}
std::string percent(const json& row) {
  return fmt::format("{:.0f}%", number_at(row, "utilisation") * 100);
}

// How many of `wanted` rows fit into `room` lines, one of them left for the note about the rest.
std::size_t fitting(std::size_t wanted, std::size_t room) {
  return wanted <= room ? wanted : room > 0 ? room - 1 : 0;
}

std::string more_line(std::size_t hidden, const char* what) {
  return hidden == 0 ? ""
                     : fmt::format("... {} more {}: a larger terminal or --json shows them\n", hidden, what);
}

// Cuts every line to `columns` characters; escape sequences take no room.
std::string cut_lines(const std::string& text, int columns) {
  if (columns <= 0) return text;
  std::string out;
  int at = 0;
  bool escape = false;
  for (const char c : text) {
    if (c == '\n') at = 0;
    if (c == '\x1b') escape = true;
    const bool begins = (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    if (!escape && c != '\n' && begins) ++at;
    if (escape || c == '\n' || at <= columns) out += c;
    if (escape && c == 'm') escape = false;
  }
  return out;
}

}  // namespace

std::string render_top(const json& document, const Style& style, int columns, int lines) {
  const json& total = object_at(document, "total");
  const json& groups = list_at(document, "groups");
  const json& workers = list_at(document, "workers");
  const std::uint64_t devices = count_at(total, "devices");
  const std::uint64_t online = count_at(total, "online");
  std::string out = fmt::format(
      "fleet {}: {} of {} online, {} paused | {} sent/s, {} acked/s | p99 late {} | {} failed, {} not sent | "
      "{}, "
      "busiest {}\n",
      style.strong(printable(text_at(document, "fleet"))),
      online == devices ? style.good(fmt::to_string(online)) : style.warn(fmt::to_string(online)), devices,
      number(total, "paused"), rate(total, "sent_per_s"), rate(total, "acked_per_s"), late(total),
      number(total, "failed"), number(total, "not_sent"), bytes_text(count_at(total, "rss_bytes")),
      percent(total));
  for (const json& problem : list_at(document, "problems"))
    out += style.bad(printable(plain(problem))) + "\n";

  std::size_t group_rows = groups.size();
  std::size_t worker_rows = workers.size();
  if (lines > 0) {
    // The first line, an empty one, two heads; problems.
    const auto taken = 4 + list_at(document, "problems").size();
    const std::size_t room =
        static_cast<std::size_t>(lines) > taken ? static_cast<std::size_t>(lines) - taken : 0;
    group_rows =
        fitting(groups.size(), std::max(room / 2, room > workers.size() ? room - workers.size() : 0));
    const std::size_t used = group_rows + (group_rows < groups.size() ? 1 : 0);
    worker_rows = fitting(workers.size(), room > used ? room - used : 0);
  }
  Table group_table(
      {"GROUP", "DEVICES", "ONLINE", "SENT/S", "ACKED/S", "P99 LATE", "FAILED", "NOT SENT", "LATE"});
  for (std::size_t i = 0; i < group_rows; ++i) {
    const json& row = groups[i];
    group_table.row({text_at(row, "name"), number(row, "devices"), number(row, "online"),
                     rate(row, "sent_per_s"), rate(row, "acked_per_s"), late(row), number(row, "failed"),
                     number(row, "not_sent"), number(row, "late")});
  }
  if (!group_table.empty()) out += group_table.render(style);
  out += more_line(groups.size() - group_rows, "groups");
  out += "\n";
  Table worker_table({"WORKER", "PID", "BOOT", "STATE", "DEVICES", "ONLINE", "SENT/S", "P99 LATE", "MEMORY",
                      "CPU", "TURN", "FDS"});
  for (std::size_t i = 0; i < worker_rows; ++i) {
    const json& row = workers[i];
    const bool board = flag_at(row, "board");
    const auto known = [board](std::string text) { return board ? std::move(text) : std::string("-"); };
    worker_table.row({text_at(row, "name"), number(row, "pid"), number(row, "boot"), text_at(row, "state"),
                      number(row, "devices"), number(row, "online"), known(rate(row, "sent_per_s")),
                      known(late(row)), known(bytes_text(count_at(row, "rss_bytes"))), known(percent(row)),
                      known(latency_text(count_at(row, "loop_turn_max_us"))),
                      known(number(row, "open_fds"))});
  }
  if (!worker_table.empty()) out += worker_table.render(style);
  out += more_line(workers.size() - worker_rows, "workers");
  return cut_lines(out, columns);
}

}  // namespace vfleet::cli
