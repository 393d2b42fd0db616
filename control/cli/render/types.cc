#include "control/cli/render/types.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "control/cli/render/read.h"
#include "control/cli/render/table.h"

namespace vfleet::cli {
namespace {

using nlohmann::json;

std::string joined(const json& list) {
  std::string out;
  for (const json& each : list) out += (out.empty() ? "" : "|") + plain(each);
  return out;
}

// "number power 0..350000", "duration", "ac|dc".
std::string kind_of(const json& key) {
  if (const json& choices = list_at(key, "choices"); !choices.empty()) return joined(choices);
  std::string kind = text_at(key, "kind");
  if (const std::string unit = text_at(key, "unit"); !unit.empty() && unit != kind && unit != "none")
    kind = unit;
  return kind;
}

// Long lists of words are cut unless `verbose`: a row has to fit a screen.
std::string short_kind_of(const json& key, bool verbose) {
  constexpr std::size_t kWords = 8;
  json choices = list_at(key, "choices");
  if (verbose || choices.size() <= kWords) return kind_of(key);
  choices.erase(choices.begin() + kWords, choices.end());
  return joined(choices) + "|...";
}

void add_actions(Table& table, const json& described, bool verbose) {
  for (const json& action : list_at(described, "actions")) {
    std::string args;
    for (const json& arg : list_at(action, "args"))
      args += (args.empty() ? "" : " ") + text_at(arg, "path") + "=" + short_kind_of(arg, verbose);
    table.row({text_at(action, "name"), args.empty() ? "-" : args, text_at(action, "doc")});
  }
}

}  // namespace

std::string render_type_list(const json& types, const Style& style) {
  Table table({"TYPE", "WHAT IT IS"});
  for (const json& type : types) table.row({text_at(type, "name"), text_at(type, "doc")});
  return table.render(style);
}

std::string render_type(const json& type, const json& uplinks, bool verbose, const Style& style) {
  std::string out =
      style.strong(printable(text_at(type, "name"))) + ": " + printable(text_at(type, "doc")) + "\n\n";

  Table reports({"REPORT", "WHEN", "PER", "WHAT IT SAYS"});
  for (const json& report : list_at(type, "reports")) {
    reports.row({text_at(report, "name"), flag_at(report, "scheduled") ? "on schedule" : "on events",
                 flag_at(report, "per_channel") ? "channel" : "device", text_at(report, "doc")});
  }
  out += reports.render(style) + "\n";

  constexpr std::size_t kWidest = 48;
  Table actions({"ACTION", "ARGUMENTS", "WHAT HAPPENS"});
  actions.widest(kWidest);
  add_actions(actions, type, true);
  out += actions.render(style) + "\n";

  const bool any_of_links = std::any_of(
      uplinks.begin(), uplinks.end(), [](const json& uplink) { return !list_at(uplink, "actions").empty(); });
  if (any_of_links) {
    Table of_links({"ACTION ON ITS LINK", "ARGUMENTS", "WHAT HAPPENS"});
    of_links.widest(kWidest);
    for (const json& uplink : uplinks) add_actions(of_links, uplink, verbose);
    out += of_links.render(style) + "\n";
  }

  Table states({"STATE", "VALUES", "WHAT IT SAYS"});
  states.widest(kWidest);
  for (const json& state : list_at(type, "states")) {
    const std::string choices = joined(list_at(state, "choices"));
    states.row({text_at(state, "name"), choices.empty() ? "-" : choices, text_at(state, "doc")});
  }
  out += states.render(style) + "\n";

  std::vector<std::string> head = {"KEY", "TAKES", "DEFAULT", "CHANGED LIVE"};
  if (verbose) head.emplace_back("WHAT IT DOES");
  Table keys(head);
  keys.widest(kWidest);
  for (const json& key : list_at(type, "schema")) {
    keys.row({text_at(key, "path"), kind_of(key), key.contains("default") ? plain(key["default"]) : "-",
              text_at(key, "effect"), text_at(key, "doc")});
  }
  out += keys.render(style);
  if (!verbose) out += style.faint("-v says what each key does") + "\n";
  return out;
}

}  // namespace vfleet::cli
