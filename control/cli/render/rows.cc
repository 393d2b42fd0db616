#include "control/cli/render/rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "control/cli/render/read.h"
#include "control/cli/render/table.h"

namespace vfleet::cli {
namespace {

using nlohmann::json;

std::string pairs(const json& object, std::string_view skip = {}) {
  std::string out;
  for (const auto& [name, value] : object.items()) {
    if (name == skip) continue;
    out += (out.empty() ? "" : ",") + name + "=" + plain(value);
  }
  return out.empty() ? "-" : out;
}

std::string time_of_day(std::uint64_t us) {
  const std::uint64_t ms = us / 1000;
  return fmt::format("{:02}:{:02}:{:02}.{:03}", ms / 3'600'000 % 24, ms / 60'000 % 60, ms / 1000 % 60,
                     ms % 1000);
}

std::string link_word(const json& row, const Style&) {
  if (flag_at(row, "paused")) return flag_at(row, "online") ? "paused" : "offline,paused";
  return flag_at(row, "online") ? "online" : "offline";
}

/// The paths of rows of several devices that have the same few; empty: a table has no place for them.
std::vector<std::string> columns_of(const json& rows) {
  constexpr std::size_t kMost = 5;
  std::vector<std::string> paths;
  if (rows.size() < 2) return paths;
  for (const auto& [path, value] : object_at(rows[0], "values").items()) paths.push_back(path);
  const bool same = std::all_of(rows.begin(), rows.end(), [&](const json& row) {
    const json& values = object_at(row, "values");
    return values.size() == paths.size() &&
           std::all_of(paths.begin(), paths.end(), [&](const auto& path) { return values.contains(path); });
  });
  if (!same || paths.size() > kMost) paths.clear();
  return paths;
}

}  // namespace

std::string render_devices(const json& rows, bool verbose, const Style& style) {
  if (rows.empty()) return {};
  std::vector<std::string> head = {"ID", "TYPE", "GROUP", "LABELS", "LINK", "STATUS"};
  if (verbose) head.insert(head.end(), {"BOOT", "SEQ", "STATE"});
  Table table(head);
  for (const json& row : rows) {
    const json& state = object_at(row, "state");
    const std::string status = state.contains("status") ? plain(state["status"]) : "-";
    std::vector<std::string> cells = {text_at(row, "id"),    text_at(row, "type"),
                                      text_at(row, "group"), pairs(object_at(row, "labels")),
                                      link_word(row, style), status};
    if (verbose) {
      cells.insert(cells.end(), {fmt::to_string(count_at(row, "boot")), fmt::to_string(count_at(row, "seq")),
                                 pairs(state, "status")});
    }
    table.row(std::move(cells));
  }
  return table.render(style);
}

std::string render_values(const json& rows, const Style& style) {
  if (rows.empty()) return {};
  if (const std::vector<std::string> paths = columns_of(rows); !paths.empty()) {
    std::vector<std::string> head = {"ID"};
    head.insert(head.end(), paths.begin(), paths.end());
    Table table(head);
    for (const json& row : rows) {
      std::vector<std::string> cells = {text_at(row, "id")};
      for (const auto& [path, value] : object_at(row, "values").items()) cells.push_back(plain(value));
      table.row(std::move(cells));
    }
    return table.render(style);
  }

  std::string out;
  for (const json& row : rows) {
    if (rows.size() > 1)
      out += (out.empty() ? "" : "\n") + style.strong(printable(text_at(row, "id"))) + "\n";
    if (const json& explained = list_at(row, "explain"); !explained.empty()) {
      Table table({"PATH", "VALUE", "FROM"});
      for (const json& each : explained) {
        table.row({text_at(each, "path"), each.contains("value") ? plain(each["value"]) : "-",
                   text_at(each, "source")});
      }
      out += table.render(style);
      continue;
    }
    Table table({"PATH", "VALUE"});
    for (const auto& [path, value] : object_at(row, "values").items()) table.row({path, plain(value)});
    out += table.render(style);
  }
  return out;
}

std::string render_jobs(const json& jobs, const Style& style) {
  if (jobs.empty()) return "no jobs\n";
  Table table({"JOB", "REPORT", "DEVICES", "LEFT", "EVERY"});
  for (const json& job : jobs) {
    table.row({text_at(job, "id"), text_at(job, "report"), text_at(job, "selector"),
               job.contains("remaining") ? plain(job["remaining"]) : "-",
               job.contains("every") ? plain(job["every"]) : "-"});
  }
  return table.render(style);
}

std::string render_watched(const json& row, const Style& style) {
  std::string line = style.faint(time_of_day(count_at(row, "at_us"))) + " " +
                     style.strong(printable(text_at(row, "id"))) + " " + printable(text_at(row, "type"));
  if (const auto channel = count_at(row, "ch")) line += fmt::format(" ch={}", channel);
  line += fmt::format(" seq={}", count_at(row, "seq"));
  if (const std::string state = text_at(row, "state"); !state.empty() && state != "sent") {
    line += " " + (state == "acked" ? style.good(state) : style.warn(printable(state)));
  }
  if (const auto message = row.find("message"); message != row.end())
    line += " " + printable(plain(*message));
  return line;
}

}  // namespace vfleet::cli
