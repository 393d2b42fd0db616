#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/codec/envelope/envelope.h"
#include "simulator/config/schema.h"
#include "simulator/core/result.h"
#include "simulator/core/time.h"

namespace vfleet::pile {

/// How an operator wants the next answers of one kind: with other fields, late, or not given at all.
struct AnswerRule {
  std::string message;  ///< what is answered or the answer itself, as the dialect names it
  bool silent = false;  ///< no answer
  /// What the fields become; a text that is no list of fields (JSON, one word) is one field without a name.
  std::vector<codec::envelope::Override> fields;
  std::uint32_t times = 1;  ///< how often; 0: until it is taken back
  Duration after{0};        ///< how long the answer waits
};

/// The rules of one pile: at most one for each message. Empty, which it nearly always is, it takes a pointer.
class AnswerRules {
 public:
  /// Replaces the rule for that message.
  void set(AnswerRule rule);
  /// Whether there was one.
  bool take_back(std::string_view message);
  void clear() { rules_.clear(); }
  [[nodiscard]] bool empty() const { return rules_.empty(); }
  [[nodiscard]] const std::vector<AnswerRule>& all() const { return rules_; }

  /// The rule for an answer that is given now; it has counted.
  [[nodiscard]] std::optional<AnswerRule> use(std::string_view message);

 private:
  std::vector<AnswerRule> rules_;
};

/// The action `answer` with its arguments message, with, times and after: a rule; nullopt where `with` is
/// "default": the rule for that message is taken back. Errors: invalid_argument.
///
///   with: "none"                          no answer; "nothing" is the same
///   with: "result=failed reason=fault"    fields
///   with: {"status":"Rejected"}           JSON
///   with: "Rejected"                      a word, where the dialect knows which field that is
[[nodiscard]] Result<std::optional<AnswerRule>> read_answer_rule(const config::Values& args);
/// What read_answer_rule() reads, for the type's description.
[[nodiscard]] std::vector<config::Key> answer_rule_args();

}  // namespace vfleet::pile
