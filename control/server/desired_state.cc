#include "control/server/desired_state.h"

#include <nlohmann/json.hpp>

namespace vfleet::control::server {

using bus::Verb;
using nlohmann::json;

namespace {

constexpr std::string_view kPath = "path ";

std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::map<Rule::Subject, std::string> subjects_of(const bus::Command& command) {
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
      std::map<Rule::Subject, std::string> out;
      const json args = json::parse(command.args, nullptr, false);
      if (args.is_object() && args.contains("patch")) {
        for (const auto& [path, value] : args["patch"].items())
          out.emplace(std::string(kPath) + path, dump(value));
      }
      return out;
    }
    case Verb::unset: {
      std::map<Rule::Subject, std::string> out;
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
      return {};
  }
  return {};
}

/// Whether it only takes back what others did.
bool takes_back(Verb verb) {
  return verb == Verb::unset || verb == Verb::resume || verb == Verb::connect;
}

/// Makes the arguments say what is left.
void rewrite_args(Rule& rule) {
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

std::string owner_key(const Rule::Subject& subject, const std::string& selector) {
  return subject + '\n' + selector;
}

}  // namespace

void DesiredState::release(std::uint64_t revision, const Rule::Subject& subject) {
  const auto at = rules_.find(revision);
  if (at == rules_.end() || at->second.subjects.erase(subject) == 0) return;
  Rule& rule = at->second;
  owner_.erase(owner_key(subject, rule.command.selector));
  const auto touching = touching_.find(subject);
  touching->second.erase(revision);
  if (touching->second.empty()) touching_.erase(touching);
  if (!takes_back(rule.command.verb) && --asserting_[subject] == 0) asserting_.erase(subject);
  if (rule.subjects.empty()) {
    rules_.erase(at);
  } else {
    rewrite_args(rule);
  }
}

void DesiredState::record(bus::Command& command) {
  command.revision = ++revision_;
  Rule rule{command, subjects_of(command)};
  const std::size_t whole = rule.subjects.size();
  for (auto at = rule.subjects.begin(); at != rule.subjects.end();) {
    const Rule::Subject& subject = at->first;
    if (command.selector == "all") {
      if (const auto touching = touching_.find(subject); touching != touching_.end()) {
        const Revisions covered = touching->second;
        for (const std::uint64_t revision : covered) release(revision, subject);
      }
    } else if (const auto owner = owner_.find(owner_key(subject, command.selector)); owner != owner_.end()) {
      release(owner->second, subject);
    }
    const bool needed = !takes_back(command.verb) || asserting_.contains(subject);
    if (!needed) {
      at = rule.subjects.erase(at);
      continue;
    }
    owner_[owner_key(subject, command.selector)] = command.revision;
    touching_[subject].insert(command.revision);
    if (!takes_back(command.verb)) ++asserting_[subject];
    ++at;
  }
  if (rule.subjects.empty()) return;
  if (rule.subjects.size() != whole) rewrite_args(rule);
  rules_.emplace(command.revision, std::move(rule));
}

std::vector<const Rule*> DesiredState::setting(const std::string& path) const {
  std::vector<const Rule*> out;
  const auto touching = touching_.find(std::string(kPath) + path);
  if (touching == touching_.end()) return out;
  for (const std::uint64_t revision : touching->second) {
    const Rule& rule = rules_.at(revision);
    if (rule.command.verb == Verb::set) out.push_back(&rule);
  }
  return out;
}

}  // namespace vfleet::control::server
