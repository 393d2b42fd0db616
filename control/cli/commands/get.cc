#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "control/cli/commands/all.h"
#include "control/cli/commands/target.h"
#include "control/cli/parser.h"
#include "control/cli/render/read.h"
#include "control/cli/render/rows.h"
#include "control/cli/session.h"

namespace vfleet::cli {
namespace {

using nlohmann::json;

constexpr std::string_view kState = "state";

bool is_state(std::string_view path) {
  return path == kState || path.starts_with("state.");
}

/// States are numbers with fractions on the way: a count reads better without.
json readable(const json& value) {
  constexpr double kExact = 9'007'199'254'740'992;  // 2^53
  if (!value.is_number_float()) return value;
  const double number = value.get<double>();
  if (std::abs(number) > kExact || number != std::floor(number)) return value;
  return static_cast<std::int64_t>(number);
}

/// Rows of `get`, made of those of `ls`: what `path` names of each device's state. `known`: the names met.
json state_rows(const json& listed, std::string_view path, bool explain, std::set<std::string>& known) {
  const std::string name(path == kState ? std::string_view() : path.substr(kState.size() + 1));
  json rows = json::array();
  for (const json& device : listed) {
    json values = json::object();
    json explained = json::array();
    for (const auto& [key, value] : object_at(device, "state").items()) {
      known.insert(key);
      if (!name.empty() && key != name && !key.starts_with(name + ".")) continue;
      const std::string full = std::string(kState) + "." + key;
      values[full] = readable(value);
      explained.push_back({{"path", full}, {"value", values[full]}, {"source", kState}});
    }
    if (values.empty()) continue;
    json row = {{"id", text_at(device, "id")}};
    row[explain ? "explain" : "values"] = std::move(explain ? explained : values);
    rows.push_back(std::move(row));
  }
  return rows;
}

Outcome<json> ask(Session& session, json args, const std::string& path, bool explain) {
  if (!is_state(path)) {
    args["path"] = path;
    if (explain) args["explain"] = true;
    return session.query("get", args);
  }
  auto result = session.query("ls", args);
  if (!result) return result;
  std::set<std::string> known;
  json rows = state_rows((*result)["rows"], path, explain, known);
  if (rows.empty() && !(*result)["rows"].empty()) {
    const std::string name = path.substr(std::min(path.size(), kState.size() + 1));
    const std::string near = nearest_word({known.begin(), known.end()}, name);
    return wrong_usage(
        fmt::format("no state '{}'{}", name, near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near)),
        "`vfleet get DEVICE state` for all of them");
  }
  (*result)["rows"] = std::move(rows);
  return result;
}

/// Adds what `more` says of the devices to `rows`; devices that are only there come behind.
void merge(json& rows, const json& more) {
  std::map<std::string, std::size_t> at;
  for (std::size_t i = 0; i < rows.size(); ++i) at.emplace(text_at(rows[i], "id"), i);
  for (const json& row : more) {
    const auto known = at.find(text_at(row, "id"));
    if (known == at.end()) {
      rows.push_back(row);
      continue;
    }
    json& whole = rows[known->second];
    for (const auto& [path, value] : object_at(row, "values").items()) whole["values"][path] = value;
    for (const json& each : list_at(row, "explain")) whole["explain"].push_back(each);
  }
}

Outcome<ExitStatus> run(Session& session, const Invocation& invocation) {
  const auto args = query_args(invocation, "");
  if (!args) return tl::unexpected<Failure>(args.error());
  std::vector<std::string> paths = invocation.texts("PATH");
  if (paths.empty()) paths.emplace_back();

  json result;
  for (const std::string& path : paths) {
    auto part = ask(session, *args, path, invocation.has("explain"));
    if (!part) return tl::unexpected<Failure>(part.error());
    if (result.is_null()) {
      result = std::move(*part);
    } else {
      merge(result["rows"], list_at(*part, "rows"));
    }
  }
  return show_query(session, result, render_values(result["rows"], session.out().style()));
}

}  // namespace

CommandSpec get_command() {
  return {
      .name = "get",
      .group = "Look",
      .summary = "Show the effective configuration of devices, and where each value comes from; their state",
      .details =
          "Effective: defaults < profile < fleet file < rules made with `set`, later wins. What a device "
          "does now\nis below `state`; `vfleet describe TYPE` lists both.",
      .positionals = {selector_argument(),
                      {"PATH", "Keys, sections, state, state.NAME (default: the whole configuration)", false,
                       true}},
      .options = {{"explain", Takes::nothing, "", "Say where each value comes from", {}, 0}, limit_option()},
      .examples = {{"vfleet get pile-00042", "every key"},
                   {"vfleet get 'cam-*' reports.heartbeat --limit 3", "a section, of three cameras"},
                   {"vfleet get pile-00042 reports.heartbeat.every --explain", "which rule or file set it"},
                   {"vfleet get pile-00042 state", "what it does now"},
                   {"vfleet get 'pile-*' state.status state.soc", "two states of many"}},
      .run = run};
}

}  // namespace vfleet::cli
