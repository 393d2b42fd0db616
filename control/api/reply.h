#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "control/api/request.h"
#include "simulator/bus/command.h"

/// The frames that answer a request. Form: docs/control-protocol.md, "Operator requests".
namespace vfleet::control::api {

/// The exit status that the operator's command ends with.
enum class ExitStatus : std::uint8_t {
  done = 0,
  failed = 1,
  usage = 2,
  nothing = 3,
  some = 4,
  no_control = 5
};

/// What became of a command, over all shards that answered.
struct Counts {
  std::uint64_t matched = 0;
  std::uint64_t applied = 0;
  std::uint64_t rejected = 0;
  std::uint64_t failed = 0;
  std::vector<bus::Reason> reasons;   ///< the first ones
  std::vector<std::uint32_t> silent;  ///< shards without an answer
  std::uint32_t shards = 0;
  std::uint32_t answered = 0;

  /// Adds one worker's answer; reasons beyond CommandResult::kReasonsMax are dropped.
  void add(const bus::CommandResult& result);
  /// 3 nothing matched, 0 done on every match, 4 on some or with shards silent, 1 on none.
  [[nodiscard]] ExitStatus status() const;
};

/// A failure as an operator reads it. `code` is a snake_case word for programs.
struct Failure {
  ExitStatus status = ExitStatus::failed;
  std::string code;
  std::string message;
  std::string hint;
};

[[nodiscard]] Failure usage_failure(const Error& error, std::string hint = {});

/// The members of a `result` or `error`, built one by one; values are JSON texts.
class ReplyMembers {
 public:
  ReplyMembers& add(std::string_view name, const JsonText& value);
  ReplyMembers& text(std::string_view name, std::string_view value);
  ReplyMembers& number(std::string_view name, std::uint64_t value);
  ReplyMembers& texts(std::string_view name, const std::vector<std::string>& values);
  /// JSON texts as an array.
  ReplyMembers& array(std::string_view name, const std::vector<JsonText>& values);
  ReplyMembers& counts(const Counts& counts);
  [[nodiscard]] const std::string& json() const { return json_; }

 private:
  void key(std::string_view name);
  std::string json_;  // ,"name":value ...
};

[[nodiscard]] std::string accepted(std::string_view id, std::uint64_t seq, std::uint64_t revision);
[[nodiscard]] std::string progress(std::string_view id, const Counts& counts);
[[nodiscard]] std::string rows(std::string_view id, const std::vector<JsonText>& rows,
                               std::uint64_t dropped = 0);
[[nodiscard]] std::string result(std::string_view id, ExitStatus status, const ReplyMembers& members = {});
[[nodiscard]] std::string error(std::string_view id, const Failure& failure,
                                const ReplyMembers& members = {});

}  // namespace vfleet::control::api
