#include "simulator/bus/rule_set.h"

#include <nlohmann/json.hpp>

namespace vfleet::bus {

using nlohmann::json;

namespace {

constexpr std::string_view kPath = "path ";

std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::map<RuleSet::Rule::Subject, std::string> subjects_of(const Command& command) {
  switch (command.verb) {
    case Verb::pause:
    case Verb::resume:
      return {{"schedule", ""}};
    case Verb::connect:
    case Verb::disconnect:
      return {{"link", ""}};
    case Verb::action:
      return {{"action " + command.args, ""}};
    case Verb::set: {
      std::map<RuleSet::Rule::Subject, std::string> out;
      const json args = json::parse(command.args, nullptr, false);
      if (args.is_object() && args.contains("patch")) {
        if (!args["patch"].is_object()) return {};
        for (const auto& [path, value] : args["patch"].items())
          out.emplace(std::string(kPath) + path, dump(value));
      }
      return out;
    }
    case Verb::unset: {
      std::map<RuleSet::Rule::Subject, std::string> out;
      const json args = json::parse(command.args, nullptr, false);
      if (args.is_object() && args.contains("paths")) {
        for (const json& path : args["paths"]) {
          if (path.is_string()) out.emplace(std::string(kPath) + path.get<std::string>(), "");
        }
      }
      return out;
    }
    case Verb::trigger:
    case Verb::reboot:
    case Verb::cancel:
    case Verb::reload:
    case Verb::scale:
    case Verb::rollback:
      return {};
  }
  return {};
}

/// Whether it only takes back what others did.
bool takes_back(Verb verb) {
  return verb == Verb::unset || verb == Verb::resume || verb == Verb::connect;
}

/// Makes the arguments say what is left.
void rewrite_args(RuleSet::Rule& rule) {
  if (rule.command.verb == Verb::set) {
    json patch = json::object();
    for (const auto& [subject, value] : rule.subjects) {
      patch[subject.substr(kPath.size())] = json::parse(value, nullptr, false);
    }
    rule.command.args = dump({{"patch", std::move(patch)}});
  } else if (rule.command.verb == Verb::unset) {
    json paths = json::array();
    for (const auto& [subject, value] : rule.subjects) paths.push_back(subject.substr(kPath.size()));
    rule.command.args = dump({{"paths", std::move(paths)}});
  }
}

/// JSON texts as an array.
std::string list(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) out += (out.size() > 1 ? "," : "") + text;
  return out + "]";
}

std::string owner_key(const RuleSet::Rule::Subject& subject, const std::string& selector) {
  return subject + '\n' + selector;
}

}  // namespace

bool is_rule(Verb verb) {
  switch (verb) {
    case Verb::set:
    case Verb::unset:
    case Verb::pause:
    case Verb::resume:
    case Verb::connect:
    case Verb::disconnect:
    case Verb::action:
      return true;
    case Verb::trigger:
    case Verb::reboot:
    case Verb::cancel:
    case Verb::reload:
    case Verb::scale:
    case Verb::rollback:
      return false;
  }
  return false;
}

void RuleSet::own(const Rule& rule, const Rule::Subject& subject) {
  owner_[owner_key(subject, rule.command.selector)] = rule.command.revision;
  touching_[subject].insert(rule.command.revision);
  if (!takes_back(rule.command.verb)) ++asserting_[subject];
}

void RuleSet::disown(const Rule& rule, const Rule::Subject& subject) {
  const auto owner = owner_.find(owner_key(subject, rule.command.selector));
  if (owner != owner_.end() && owner->second == rule.command.revision) owner_.erase(owner);
  const auto touching = touching_.find(subject);
  touching->second.erase(rule.command.revision);
  if (touching->second.empty()) touching_.erase(touching);
  if (takes_back(rule.command.verb)) return;
  const auto asserting = asserting_.find(subject);
  if (--asserting->second == 0) asserting_.erase(asserting);
}

void RuleSet::release(std::uint64_t revision, const Rule::Subject& subject, Changes& changes) {
  const auto at = rules_.find(revision);
  if (at == rules_.end() || at->second.subjects.erase(subject) == 0) return;
  disown(at->second, subject);
  if (at->second.subjects.empty()) {
    rules_.erase(at);
    changes.dropped.push_back(revision);
  } else {
    rewrite_args(at->second);
    changes.rewritten.push_back(revision);
  }
}

RuleSet::Changes RuleSet::record(const Command& command) {
  if (command.verb == Verb::rollback) return roll_back(command);
  Changes changes;
  Rule rule{command, subjects_of(command)};
  const std::size_t whole = rule.subjects.size();
  for (auto at = rule.subjects.begin(); at != rule.subjects.end();) {
    const Rule::Subject& subject = at->first;
    if (command.selector == "all") {
      if (const auto touching = touching_.find(subject); touching != touching_.end()) {
        const Revisions covered = touching->second;
        for (const std::uint64_t revision : covered) release(revision, subject, changes);
      }
    } else if (const auto owner = owner_.find(owner_key(subject, command.selector)); owner != owner_.end()) {
      release(owner->second, subject, changes);
    }
    const bool needed = !takes_back(command.verb) || asserting_.contains(subject);
    if (!needed) {
      at = rule.subjects.erase(at);
      continue;
    }
    own(rule, subject);
    ++at;
  }
  std::erase_if(changes.rewritten, [&](std::uint64_t revision) { return !rules_.contains(revision); });
  if (rule.subjects.empty()) return changes;
  if (rule.subjects.size() != whole) rewrite_args(rule);
  rules_.emplace(command.revision, std::move(rule));
  changes.kept = true;
  return changes;
}

RuleSet::Changes RuleSet::roll_back(const Command& command) {
  Changes changes;
  auto rollback = decode_rollback(command.args);
  if (!rollback) return changes;
  for (const std::uint64_t revision : rollback->delta.dropped) {
    if (drop(revision)) changes.dropped.push_back(revision);
  }
  for (const Command& rule : rollback->delta.added) {
    restore(rule);
    if (rules_.contains(rule.revision)) changes.rewritten.push_back(rule.revision);
  }
  return changes;
}

void RuleSet::restore(const Command& command) {
  drop(command.revision);
  Rule rule{command, subjects_of(command)};
  if (rule.subjects.empty()) return;
  for (const auto& [subject, value] : rule.subjects) own(rule, subject);
  rules_.emplace(command.revision, std::move(rule));
}

bool RuleSet::drop(std::uint64_t revision) {
  const auto at = rules_.find(revision);
  if (at == rules_.end()) return false;
  for (const auto& [subject, value] : at->second.subjects) disown(at->second, subject);
  rules_.erase(at);
  return true;
}

void RuleSet::clear() {
  rules_.clear();
  owner_.clear();
  touching_.clear();
  asserting_.clear();
}

std::vector<const RuleSet::Rule*> RuleSet::setting(const std::string& path) const {
  std::vector<const Rule*> out;
  const auto touching = touching_.find(std::string(kPath) + path);
  if (touching == touching_.end()) return out;
  for (const std::uint64_t revision : touching->second) {
    const Rule& rule = rules_.at(revision);
    if (rule.command.verb == Verb::set) out.push_back(&rule);
  }
  return out;
}

RuleDelta delta(const std::map<std::uint64_t, RuleSet::Rule>& from,
                const std::map<std::uint64_t, RuleSet::Rule>& to) {
  RuleDelta out;
  const auto same = [](const Command& a, const Command& b) {
    return a.verb == b.verb && a.selector == b.selector && a.args == b.args;
  };
  for (const auto& [revision, rule] : from) {
    const auto at = to.find(revision);
    if (at == to.end() || !same(at->second.command, rule.command)) out.dropped.push_back(revision);
  }
  for (const auto& [revision, rule] : to) {
    const auto at = from.find(revision);
    if (at == from.end() || !same(at->second.command, rule.command)) out.added.push_back(rule.command);
  }
  return out;
}

std::string encode(const Rollback& rollback) {
  std::vector<std::string> rules;
  for (const Command& rule : rollback.delta.added) rules.push_back(encode(rule));
  std::vector<std::string> dropped;
  for (const std::uint64_t revision : rollback.delta.dropped) dropped.push_back(std::to_string(revision));
  json removed = rollback.removed;
  return "{\"to\":" + std::to_string(rollback.to) + ",\"dropped\":" + list(dropped) +
         ",\"rules\":" + list(rules) + ",\"groups\":" + list(rollback.groups) +
         ",\"removed\":" + dump(removed) + "}";
}

Result<Rollback> decode_rollback(std::string_view args) {
  const json tree = json::parse(args, nullptr, false);
  if (!tree.is_object()) return fail(Errc::malformed, "the arguments are no JSON object");
  static const json kNone = json::array();
  const auto list_of = [&](const char* name) -> const json& {
    const auto at = tree.find(name);
    return at != tree.end() && at->is_array() ? *at : kNone;
  };
  Rollback out;
  if (const auto to = tree.find("to"); to != tree.end() && to->is_number_unsigned()) {
    out.to = to->get<std::uint64_t>();
  }
  for (const json& revision : list_of("dropped")) {
    if (!revision.is_number_unsigned()) return fail(Errc::malformed, "'dropped' holds revisions");
    out.delta.dropped.push_back(revision.get<std::uint64_t>());
  }
  for (const json& rule : list_of("rules")) {
    auto command = decode_command(dump(rule));
    if (!command) return tl::unexpected(command.error());
    out.delta.added.push_back(std::move(*command));
  }
  for (const json& group : list_of("groups")) out.groups.push_back(dump(group));
  for (const json& name : list_of("removed")) {
    if (!name.is_string()) return fail(Errc::malformed, "'removed' holds names");
    out.removed.push_back(name.get<std::string>());
  }
  return out;
}

}  // namespace vfleet::bus
