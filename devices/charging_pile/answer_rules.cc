#include "devices/charging_pile/answer_rules.h"

#include <algorithm>

namespace vfleet::pile {
namespace {

constexpr std::size_t kRulesMax = 32;

template <class T>
T arg(const config::Values& args, std::string_view name, T otherwise) {
  const auto at = args.find(name);
  if (at == args.end()) return otherwise;
  const T* value = std::get_if<T>(&at->second.data);
  return value != nullptr ? *value : otherwise;
}

// "a=1 b=two words c=3": a field ends where the next name begins.
bool split_fields(std::string_view text, std::vector<codec::envelope::Override>& out) {
  while (!text.empty()) {
    const std::size_t end = text.find(' ');
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (word.empty()) continue;
    const std::size_t equals = word.find('=');
    if (equals != std::string_view::npos && equals != 0) {
      out.emplace_back(word.substr(0, equals), word.substr(equals + 1));
    } else if (!out.empty()) {
      out.back().second.append(" ").append(word);
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace

void AnswerRules::set(AnswerRule rule) {
  take_back(rule.message);
  if (rules_.size() >= kRulesMax) rules_.erase(rules_.begin());
  rules_.push_back(std::move(rule));
}

bool AnswerRules::take_back(std::string_view message) {
  return std::erase_if(rules_, [&](const AnswerRule& each) { return each.message == message; }) != 0;
}

std::optional<AnswerRule> AnswerRules::use(std::string_view message) {
  const auto at = std::find_if(rules_.begin(), rules_.end(),
                               [&](const AnswerRule& each) { return each.message == message; });
  if (at == rules_.end()) return std::nullopt;
  AnswerRule rule = *at;
  if (at->times == 1) {
    rules_.erase(at);
    if (rules_.empty()) rules_.shrink_to_fit();
  } else if (at->times > 1) {
    --at->times;
  }
  return rule;
}

Result<std::optional<AnswerRule>> read_answer_rule(const config::Values& args) {
  AnswerRule rule;
  rule.message = arg<std::string>(args, "message", {});
  rule.times = static_cast<std::uint32_t>(arg<std::int64_t>(args, "times", 1));
  rule.after = arg<Duration>(args, "after", Duration(0));
  const std::string with = arg<std::string>(args, "with", {});
  if (rule.message.empty()) return fail(Errc::invalid_argument, "message: which answer? Give its name");
  if (with == "default") return std::nullopt;
  rule.silent = with == "none" || with == "nothing";
  if (rule.silent) return rule;
  const bool word = !with.empty() && with.find_first_of(" =") == std::string::npos;
  if (word || with.starts_with('{') || with.starts_with('[')) {
    rule.fields.emplace_back("", with);
  } else if (!split_fields(with, rule.fields)) {
    return fail(Errc::invalid_argument,
                "with: '" + with + "' is no list of fields: expected NAME=VALUE ..., JSON, none or default");
  }
  if (rule.fields.empty() && rule.after == Duration(0)) {
    return fail(Errc::invalid_argument, "nothing would be different: give `with` or `after`");
  }
  return rule;
}

std::vector<config::Key> answer_rule_args() {
  std::vector<config::Key> keys(4);
  keys[0].path = "message";
  keys[0].initial = config::Value{std::string()};
  keys[0].doc =
      "Which answer, by its name in the dialect: ykc_remote_start_answer, RemoteStartTransaction; ocpp16: * "
      "for all.";
  keys[1].path = "with";
  keys[1].initial = config::Value{std::string()};
  keys[1].doc =
      "Fields as NAME=VALUE ...; with ocpp16 also JSON, a status (Rejected) or an error code "
      "(InternalError); none: no "
      "answer; default: as ever again.";
  keys[2].path = "times";
  keys[2].kind = config::Kind::integer;
  keys[2].minimum = 0;
  keys[2].maximum = 1e6;
  keys[2].initial = config::Value{std::int64_t{1}};
  keys[2].doc = "How many answers; 0: all, until it is taken back.";
  keys[3].path = "after";
  keys[3].kind = config::Kind::duration;
  keys[3].unit = Unit::duration;
  keys[3].minimum = 0;
  keys[3].maximum = 3600;
  keys[3].initial = config::Value{Duration(0)};
  keys[3].doc = "How long the answer waits.";
  return keys;
}

}  // namespace vfleet::pile
