#include "control/server/checks.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "simulator/config/suggest.h"

namespace vfleet::control::server {

using nlohmann::json;

namespace {

std::string in_quotes(std::string_view text) {
  return "'" + std::string(text) + "'";
}

std::string names_of(const Types& types) {
  std::string out;
  for (const TypeInfo* type : types) out += (out.empty() ? "" : ", ") + type->name;
  return out.empty() ? "the fleet" : out;
}

/// What was meant, else where to look.
std::string suggestion(const std::string& near, const Types& types) {
  if (!near.empty()) return config::did_you_mean(near);
  return " (see `vfleet describe " + (types.size() == 1 ? types.front()->name : "TYPE") + "`)";
}

/// What was meant, else what there is.
std::string suggestion(const std::string& near, std::vector<std::string> known) {
  constexpr std::size_t kShownMax = 12;
  if (!near.empty()) return config::did_you_mean(near);
  if (known.empty()) return " (it has none)";
  std::sort(known.begin(), known.end());  // several types may know the same
  known.erase(std::unique(known.begin(), known.end()), known.end());
  std::string out;
  for (std::size_t i = 0; i < std::min(known.size(), kShownMax); ++i)
    out += (i == 0 ? " (it has " : ", ") + known[i];
  return out + (known.size() > kShownMax ? ", ...)" : ")");
}

tl::unexpected<Error> unknown_path(const Types& types, std::string_view path) {
  std::string near;
  for (const TypeInfo* type : types) {
    if (near.empty()) near = type->schema.nearest(path);
  }
  return fail(Errc::invalid_argument,
              "no key " + in_quotes(path) + " in " + names_of(types) + suggestion(near, types));
}

/// One value for one key; good when any of the types that know it takes it.
Status check_value(const Types& types, const std::string& path, const api::JsonText& text) {
  const json value = json::parse(text, nullptr, false);
  Status last = unknown_path(types, path);
  for (const TypeInfo* type : types) {
    const config::Key* key = type->schema.find(path);
    if (key == nullptr) continue;
    if (key->effect == config::Effect::fleet) {
      return fail(Errc::invalid_argument,
                  in_quotes(path) + " holds from the start of the fleet on: stop, edit, start");
    }
    auto read = config::value_from_json(*key, value);
    if (read) return {};
    last = tl::unexpected(read.error());
  }
  return last;
}

const ReportInfo* report_of(const TypeInfo& type, std::string_view name) {
  const auto at =
      std::find_if(type.reports.begin(), type.reports.end(), [&](const auto& r) { return r.name == name; });
  return at == type.reports.end() ? nullptr : &*at;
}

const ActionInfo* action_of(const TypeInfo& type, std::string_view name) {
  const auto at =
      std::find_if(type.actions.begin(), type.actions.end(), [&](const auto& a) { return a.name == name; });
  return at == type.actions.end() ? nullptr : &*at;
}

bool any_open(const Types& types) {
  return std::any_of(types.begin(), types.end(), [](const TypeInfo* type) { return type->open; });
}

Status check_args(const ActionInfo& action, const std::map<std::string, api::JsonText>& args) {
  for (const auto& [name, text] : args) {
    const config::Key* key = action.args.find(name);
    if (key == nullptr) {
      std::vector<std::string> known;
      for (const config::Key& each : action.args.keys()) known.push_back(each.path);
      return fail(Errc::invalid_argument, "action " + in_quotes(action.name) + " has no argument " +
                                              in_quotes(name) + suggestion(action.args.nearest(name), known));
    }
    if (auto value = config::value_from_json(*key, json::parse(text, nullptr, false)); !value) {
      return tl::unexpected(value.error());
    }
  }
  for (const config::Key& key : action.args.keys()) {
    if (key.required && !args.contains(key.path)) {
      return fail(Errc::invalid_argument,
                  "action " + in_quotes(action.name) + " needs the argument " + in_quotes(key.path));
    }
  }
  return {};
}

}  // namespace

Status check_patch(const Types& types, const std::map<std::string, api::JsonText>& patch) {
  for (const auto& [path, value] : patch) {
    if (auto good = check_value(types, path, value); !good) return good;
  }
  return {};
}

Status check_paths(const Types& types, const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    const bool known = std::any_of(types.begin(), types.end(),
                                   [&](const TypeInfo* type) { return type->schema.find(path) != nullptr; });
    if (!known) return unknown_path(types, path);
  }
  return {};
}

Status check_shown_path(const Types& types, std::string_view path) {
  if (path.empty()) return {};
  const bool known = std::any_of(types.begin(), types.end(), [&](const TypeInfo* type) {
    return type->schema.find(path) != nullptr || type->schema.has_section(path);
  });
  if (!known) return unknown_path(types, path);
  return {};
}

Status check_report(const Types& types, std::string_view report) {
  if (any_open(types)) return {};
  std::vector<std::string> known;
  for (const TypeInfo* type : types) {
    if (report_of(*type, report) != nullptr) return {};
    for (const ReportInfo& each : type->reports) known.push_back(each.name);
  }
  return fail(Errc::invalid_argument, names_of(types) + " has no report " + in_quotes(report) +
                                          suggestion(config::nearest_word(report, known), types));
}

Status check_fields(const Types& types, std::string_view report,
                    const std::map<std::string, api::JsonText>& fields) {
  if (any_open(types)) return {};
  for (const auto& [path, value] : fields) {
    const std::string first = path.substr(0, path.find_first_of(".["));
    if (first == "$") continue;
    std::vector<std::string> known;
    for (const TypeInfo* type : types) {
      const ReportInfo* described = report_of(*type, report);
      if (described == nullptr) continue;
      known.insert(known.end(), described->fields.begin(), described->fields.end());
    }
    if (std::find(known.begin(), known.end(), first) == known.end()) {
      return fail(Errc::invalid_argument, "report " + in_quotes(report) + " has no field " +
                                              in_quotes(first) +
                                              suggestion(config::nearest_word(first, known), known));
    }
  }
  return {};
}

Result<bool> check_action(const Types& types, std::string_view action,
                          const std::map<std::string, api::JsonText>& args) {
  std::vector<std::string> known;
  Status last;
  bool found = false;
  for (const TypeInfo* type : types) {
    for (const ActionInfo& each : type->actions) known.push_back(each.name);
    const ActionInfo* described = action_of(*type, action);
    if (described == nullptr) continue;
    found = true;
    last = check_args(*described, args);
    if (last) return described->durable;
  }
  if (found) return tl::unexpected(last.error());
  if (any_open(types)) return false;
  return fail(Errc::invalid_argument, names_of(types) + " has no action " + in_quotes(action) +
                                          suggestion(config::nearest_word(action, known), types));
}

}  // namespace vfleet::control::server
