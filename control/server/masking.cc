#include "control/server/masking.h"

#include <nlohmann/json.hpp>

#include "simulator/config/masked.h"

namespace vfleet::control::server {

using nlohmann::json;

namespace {

constexpr std::size_t kSelectorShown = 120;

std::string text_of(const json& object, const char* name) {
  const auto at = object.find(name);
  return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

/// The member `name` when it is there and an object or array.
json* nested(json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto at = object.find(name);
  return at != object.end() && at->is_structured() ? &*at : nullptr;
}

std::string plain(const json& value) {
  return value.is_string() ? value.get<std::string>()
                           : value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string pairs(const json& members) {
  std::string out;
  for (const auto& [name, value] : members.items()) out += " " + name + "=" + plain(value);
  return out;
}

}  // namespace

Masking::Masking(const TypeCatalogue& catalogue) {
  for (const TypeInfo& type : catalogue.types()) {
    for (const config::Key& key : type.schema.keys()) {
      if (key.secret) paths_.insert(key.path);
      for (const config::Key& item : key.items) {
        if (item.secret) in_records_.emplace(key.path, item.path);
      }
    }
    for (const ActionInfo& action : type.actions) {
      for (const config::Key& key : action.args.keys()) {
        if (key.secret) in_actions_.emplace(action.name, key.path);
      }
    }
  }
}

void Masking::mask_values(json& values) const {
  if (!values.is_object()) return;
  for (auto& [path, value] : values.items()) {
    if (paths_.contains(path)) value = config::kMasked;
    if (!value.is_array()) continue;
    for (json& record : value) {
      if (!record.is_object()) continue;
      for (auto& [name, field] : record.items()) {
        if (in_records_.contains({path, name})) field = config::kMasked;
      }
    }
  }
}

void Masking::mask_group(json& group) const {
  for (const char* layer : {"profile_values", "values"}) {
    if (json* values = nested(group, layer)) mask_values(*values);
  }
  json* rows = nested(group, "rows");
  if (rows == nullptr) return;
  for (json& row : *rows) {
    if (json* values = nested(row, "values")) mask_values(*values);
  }
}

void Masking::mask_args(std::string_view verb, json& args) const {
  if (!args.is_object()) return;
  if (json* patch = nested(args, "patch")) mask_values(*patch);
  if (json* groups = nested(args, "groups")) {
    for (json& group : *groups) mask_group(group);
  }
  if (json* rules = nested(args, "rules")) {
    for (json& rule : *rules) {
      if (json* inner = nested(rule, "args")) mask_args(text_of(rule, "verb"), *inner);
    }
  }
  if (verb != bus::to_string(bus::Verb::action)) return;
  json* of_action = nested(args, "args");
  if (of_action == nullptr || !of_action->is_object()) return;
  const std::string action = text_of(args, "action");
  for (auto& [name, value] : of_action->items()) {
    if (in_actions_.contains({action, name})) value = config::kMasked;
  }
}

json Masking::args(const bus::Command& command) const {
  json args = json::parse(command.args, nullptr, false);
  if (args.is_discarded()) return json::object();
  mask_args(bus::to_string(command.verb), args);
  return args;
}

namespace {

/// What changes groups as a whole is not about a selector.
std::string groups_line(const bus::Command& command, const json& args) {
  std::string out(bus::to_string(command.verb));
  if (command.verb == bus::Verb::rollback) {
    const auto to = args.find("to");
    return out + (to != args.end() ? " " + to->dump() : "");
  }
  if (const auto groups = args.find("groups"); groups != args.end() && groups->is_array()) {
    for (const json& group : *groups) {
      out += " " + text_of(group, "name");
      if (command.verb != bus::Verb::scale) continue;
      out += "=" + (group.contains("file_count") ? group.value("count", json()).dump() : "file");
    }
  }
  if (const auto removed = args.find("removed"); removed != args.end() && removed->is_array()) {
    for (const json& name : *removed) out += " -" + plain(name);
  }
  return out;
}

}  // namespace

std::string Masking::line(const bus::Command& command) const {
  const json shown = args(command);
  if (command.verb == bus::Verb::reload || command.verb == bus::Verb::scale ||
      command.verb == bus::Verb::rollback) {
    return shown.is_object() ? groups_line(command, shown) : std::string(bus::to_string(command.verb));
  }
  if (command.verb == bus::Verb::cancel) return "cancel " + text_of(shown, "job");
  std::string selector = command.selector;
  if (selector.size() > kSelectorShown) selector = selector.substr(0, kSelectorShown) + "...";
  const bool is_action = command.verb == bus::Verb::action;
  std::string out = std::string(is_action ? "do" : bus::to_string(command.verb)) + " " + selector;
  if (is_action) out += " " + text_of(shown, "action");
  if (command.verb == bus::Verb::trigger) out += " " + text_of(shown, "report");
  for (const char* name : {"patch", "args", "fields"}) {
    if (const auto at = shown.find(name); at != shown.end() && at->is_object()) out += pairs(*at);
  }
  if (const auto paths = shown.find("paths"); paths != shown.end() && paths->is_array()) {
    for (const json& path : *paths) out += " " + plain(path);
  }
  if (shown.contains("payload")) out += " --payload ...";
  if (const auto count = shown.find("count");
      count != shown.end() && count->is_number_integer() && *count > 1)
    out += " --count " + count->dump();
  return out;
}

}  // namespace vfleet::control::server
