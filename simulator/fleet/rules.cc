#include "simulator/fleet/rules.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "simulator/uplink/all_uplinks.h"

namespace vfleet::fleet {

using nlohmann::json;

struct Rule::Tree {
  json args;
};

namespace {

Result<config::Values> parse_patch(const json& patch, const Group& group) {
  config::Values values;
  for (const auto& [path, value] : patch.items()) {
    const config::Key* key = group.schema().find(path);
    if (key == nullptr) {
      const std::string nearest = group.schema().nearest(path);
      return fail(Errc::invalid_argument, group.type_name() + " has no key '" + path + "'" +
                                              (nearest.empty() ? "" : " (did you mean '" + nearest + "'?)"));
    }
    if (key->effect == config::Effect::fleet) {
      return fail(Errc::invalid_argument, "'" + path + "' cannot change while the fleet runs");
    }
    auto parsed = config::value_from_json(*key, value);
    if (!parsed) return tl::unexpected<Error>(std::move(parsed.error()));
    values.emplace(path, std::move(*parsed));
  }
  return values;
}

Result<config::Values> parse_args(const std::string& action, const std::vector<config::Key>& described,
                                  const json& args) {
  config::Values values;
  for (const config::Key& key : described) values.emplace(key.path, key.initial);
  if (!args.is_object()) return values;
  for (const auto& [name, value] : args.items()) {
    const auto key = std::find_if(described.begin(), described.end(),
                                  [&id = name](const auto& k) { return k.path == id; });
    if (key == described.end()) {
      return fail(Errc::invalid_argument, "action '" + action + "' has no argument '" + name + "'");
    }
    auto parsed = config::value_from_json(*key, value);
    if (!parsed) return tl::unexpected<Error>(std::move(parsed.error()));
    values.insert_or_assign(name, std::move(*parsed));
  }
  return values;
}

/// The kind of uplink whose links know `action`; empty: none.
std::string uplink_of_action(std::string_view action) {
  for (const uplink::UplinkKind& kind : uplink::all_uplinks()) {
    if (kind.action(action) != nullptr) return kind.name;
  }
  return {};
}

Result<config::Values> parse_action(const std::string& action, const json& args, const Group& group) {
  const device::TypeDescription& type = group.type().description();
  const device::ActionDescription* described = type.action(action);
  if (described == nullptr) {
    if (const uplink::LinkAction* of_link = group.uplink().action(action)) {
      return parse_args(action, of_link->args, args);
    }
    if (const std::string kind = uplink_of_action(action); !kind.empty()) {
      return fail(Errc::invalid_argument, "is on " + group.uplink().name + ", not on " + kind);
    }
  }
  if (described == nullptr && type.open) {
    // The device decides. A text stays a text, anything else is its JSON.
    config::Values values;
    if (!args.is_object()) return values;
    for (const auto& [name, value] : args.items()) {
      values.insert_or_assign(
          name,
          config::Value{value.is_string() ? value.get<std::string>()
                                          : value.dump(-1, ' ', false, json::error_handler_t::replace)});
    }
    return values;
  }
  if (described == nullptr) {
    return fail(Errc::invalid_argument, type.name + " has no action '" + action + "'");
  }
  return parse_args(action, described->args, args);
}

}  // namespace

Rule::Rule(bus::Command command, bus::Selector selector, std::unique_ptr<Tree> tree)
    : command_(std::move(command)), selector_(std::move(selector)), tree_(std::move(tree)) {}
Rule::~Rule() = default;

Result<std::unique_ptr<Rule>> Rule::make(bus::Command command) {
  auto selector = bus::Selector::parse(command.selector);
  if (!selector) return tl::unexpected<Error>(std::move(selector.error()));
  auto tree = std::make_unique<Tree>();
  tree->args = command.args.empty() ? json::object() : json::parse(command.args, nullptr, false);
  if (!tree->args.is_object()) return fail(Errc::malformed, "the arguments are no JSON object");
  auto rule = std::unique_ptr<Rule>(new Rule(std::move(command), std::move(*selector), std::move(tree)));
  const json& args = rule->tree_->args;
  switch (rule->command_.verb) {
    case bus::Verb::set:
      if (!args.contains("patch") || !args["patch"].is_object() || args["patch"].empty()) {
        return fail(Errc::malformed, "set needs a patch");
      }
      break;
    case bus::Verb::unset:
      if (args.contains("paths") && args["paths"].is_array()) {
        for (const json& path : args["paths"]) {
          if (path.is_string()) rule->paths_.push_back(path.get<std::string>());
        }
      }
      if (rule->paths_.empty()) return fail(Errc::malformed, "unset needs paths");
      break;
    case bus::Verb::action:
      if (!args.contains("action") || !args["action"].is_string())
        return fail(Errc::malformed, "an action needs a name");
      rule->action_ = args["action"].get<std::string>();
      break;
    default:
      break;
  }
  return rule;
}

const Result<config::Values>& Rule::patch(const Group& group) const {
  const std::string key = group.type_name() + ' ' + group.uplink().name;
  const auto at = parsed_.find(key);
  if (at != parsed_.end()) return at->second;
  return parsed_.emplace(key, parse_patch(tree_->args["patch"], group)).first->second;
}

const Result<config::Values>& Rule::action_args(const Group& group) const {
  const std::string whose = group.type_name() + ' ' + group.uplink().name;
  const auto at = parsed_.find(whose);
  if (at != parsed_.end()) return at->second;
  const json& args = tree_->args;
  return parsed_
      .emplace(whose, parse_action(action_, args.contains("args") ? args["args"] : json::object(), group))
      .first->second;
}

void RuleBook::record(const bus::Command& command) {
  const bus::RuleSet::Changes changes = set_.record(command);
  for (const std::uint64_t revision : changes.dropped) unindex(revision);
  const auto index_again = [&](std::uint64_t revision) {
    unindex(revision);
    // One that does not parse matches nothing; it was said when it was executed.
    if (auto rule = Rule::make(set_.rules().at(revision).command)) index(std::move(*rule));
  };
  for (const std::uint64_t revision : changes.rewritten) index_again(revision);
  if (changes.kept) index_again(command.revision);
}

Status RuleBook::restore(const bus::Command& command) {
  set_.restore(command);
  unindex(command.revision);
  auto rule = Rule::make(command);
  if (!rule) return tl::unexpected<Error>(std::move(rule.error()));
  index(std::move(*rule));
  return {};
}

void RuleBook::share(const SharedRule& rule) {
  index(rule);
}

void RuleBook::index(SharedRule rule) {
  const std::uint64_t revision = rule->command().revision;
  if (const auto* ids = rule->selector().exact_ids(); ids != nullptr) {
    for (const std::string& id : *ids) {
      auto& rules = by_id_[id];
      const auto place = std::upper_bound(
          rules.begin(), rules.end(), revision,
          [](std::uint64_t number, const Rule* each) { return number < each->command().revision; });
      rules.insert(place, rule.get());
    }
  } else {
    general_.insert_or_assign(revision, rule.get());
  }
  rules_.insert_or_assign(revision, std::move(rule));
}

void RuleBook::unindex(std::uint64_t revision) {
  const auto at = rules_.find(revision);
  if (at == rules_.end()) return;
  if (const auto* ids = at->second->selector().exact_ids(); ids != nullptr) {
    for (const std::string& id : *ids) {
      const auto rules = by_id_.find(id);
      if (rules == by_id_.end()) continue;
      std::erase(rules->second, at->second.get());
      if (rules->second.empty()) by_id_.erase(rules);
    }
  } else {
    general_.erase(revision);
  }
  rules_.erase(at);
}

void RuleBook::clear() {
  set_.clear();
  rules_.clear();
  general_.clear();
  by_id_.clear();
}

RuleBook::SharedRule RuleBook::find(std::uint64_t revision) const {
  const auto at = rules_.find(revision);
  return at == rules_.end() ? nullptr : at->second;
}

template <class Visit>
void RuleBook::visit_matching(const bus::IdentityView& device, Visit&& visit) const {
  static const std::vector<const Rule*> kNone;
  const auto found = by_id_.empty() ? by_id_.end() : by_id_.find(std::string(device.id()));
  const std::vector<const Rule*>& exact = found == by_id_.end() ? kNone : found->second;
  // Both are in revision order: merge them.
  auto e = exact.begin();
  for (auto g = general_.begin(); g != general_.end() || e != exact.end();) {
    if (e == exact.end() || (g != general_.end() && g->first < (*e)->command().revision)) {
      const Rule& rule = *(g++)->second;
      if (rule.selector().matches(device)) visit(rule);
    } else {
      visit(**e++);
    }
  }
}

bool RuleBook::matches(const bus::IdentityView& device) const {
  bool any = false;
  visit_matching(device, [&](const Rule&) { any = true; });
  return any;
}

void RuleBook::visit(const bus::IdentityView& device,
                     const std::function<void(const Rule& rule)>& visit) const {
  visit_matching(device, [&](const Rule& rule) { visit(rule); });
}

Status lay_over(const Rule& rule, const Group& group, config::Values& overlay) {
  if (rule.command().verb == bus::Verb::unset) {
    for (const std::string& path : rule.paths()) overlay.erase(path);
    return {};
  }
  const auto& patch = rule.patch(group);
  if (!patch) return tl::unexpected<Error>(patch.error());
  for (const auto& [path, value] : *patch) overlay.insert_or_assign(path, value);
  return {};
}

Desired RuleBook::desired(const Group& group, const bus::IdentityView& device) const {
  Desired out;
  visit_matching(device, [&](const Rule& rule) {
    switch (rule.command().verb) {
      case bus::Verb::set:
      case bus::Verb::unset:
        (void)lay_over(rule, group, out.overlay);  // what the type does not know it does not have
        break;
      case bus::Verb::pause:
        out.paused = true;
        break;
      case bus::Verb::resume:
        out.paused = false;
        break;
      case bus::Verb::connect:
        out.disconnected = false;
        break;
      case bus::Verb::disconnect:
        out.disconnected = true;
        break;
      case bus::Verb::action:
        out.actions.push_back(&rule);
        break;
      case bus::Verb::trigger:
      case bus::Verb::reboot:
      case bus::Verb::cancel:
      case bus::Verb::reload:
      case bus::Verb::scale:
      case bus::Verb::rollback:
        break;
    }
  });
  return out;
}

std::uint64_t RuleBook::source_of(std::string_view path, const Group& group,
                                  const bus::IdentityView& device) const {
  std::uint64_t revision = 0;
  visit_matching(device, [&](const Rule& rule) {
    if (rule.command().verb == bus::Verb::set) {
      if (const auto& patch = rule.patch(group); patch && patch->contains(path))
        revision = rule.command().revision;
    } else if (rule.command().verb == bus::Verb::unset) {
      if (std::find(rule.paths().begin(), rule.paths().end(), path) != rule.paths().end()) revision = 0;
    }
  });
  return revision;
}

std::uint64_t RuleBook::source_of(bus::Verb one, bus::Verb other, const bus::IdentityView& device) const {
  std::uint64_t revision = 0;
  visit_matching(device, [&](const Rule& rule) {
    if (rule.command().verb == one || rule.command().verb == other) revision = rule.command().revision;
  });
  return revision;
}

RuleChange RuleChange::between(const RuleBook& before, const RuleBook& after) {
  const bus::RuleDelta delta = bus::delta(before.set().rules(), after.set().rules());
  RuleChange out;
  for (const std::uint64_t revision : delta.dropped) {
    if (const auto rule = before.find(revision)) out.dropped.share(rule);
  }
  for (const bus::Command& command : delta.added) {
    if (const auto rule = after.find(command.revision)) out.added.share(rule);
  }
  return out;
}

}  // namespace vfleet::fleet
