#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "control/cli/client.h"
#include "control/cli/environment.h"
#include "control/cli/failure.h"
#include "control/cli/output.h"
#include "control/cli/run_dir.h"
#include "control/cli/spec.h"

namespace vfleet::cli {

/// One call of the program: where it prints, which fleet it talks to, what the global options say.
class Session {
 public:
  /// `env` outlives the session.
  Session(const Environment& env, const Invocation& invocation);

  [[nodiscard]] const Environment& env() const { return env_; }
  [[nodiscard]] Output& out() { return out_; }
  [[nodiscard]] const std::optional<std::string>& run_dir_option() const { return run_dir_option_; }
  /// --timeout, else `fallback`.
  [[nodiscard]] Duration timeout(Duration fallback = std::chrono::seconds(30)) const;
  [[nodiscard]] bool verbose() const { return verbose_; }

  /// The fleet that --control, --run-dir and the environment mean.
  [[nodiscard]] Outcome<RunDir> run_dir() const;

  /// Asks control and waits for the result, with a progress line on a terminal. Rows that come before the
  /// result are given to `on_rows`, or, when that is empty, gathered into the result's "rows".
  using OnRows = std::function<void(const nlohmann::json& rows)>;
  [[nodiscard]] Outcome<nlohmann::json> query(std::string_view verb, const nlohmann::json& args,
                                              const OnRows& on_rows = {});
  /// The same for a verb that changes something. The result holds "verb".
  [[nodiscard]] Outcome<nlohmann::json> change(std::string_view verb, const nlohmann::json& args);
  /// change(), then prints the counts and returns the status.
  [[nodiscard]] Outcome<ExitStatus> command(std::string_view verb, const nlohmann::json& args);

 private:
  [[nodiscard]] Outcome<nlohmann::json> ask(std::string_view verb, const nlohmann::json& args, bool changes,
                                            const OnRows& on_rows);

  const Environment& env_;
  Output out_;
  std::optional<std::string> run_dir_option_;
  std::optional<std::string> control_option_;
  std::optional<std::string> keys_option_;
  bool insecure_;
  std::optional<Duration> timeout_;
  std::string command_id_;
  bool verbose_;
};

/// The status in a result frame.
[[nodiscard]] ExitStatus result_status(const nlohmann::json& result);

/// The status of a query with `rows`: an empty answer of everybody means that nothing matched; one that lacks
/// workers says nothing of the kind.
[[nodiscard]] ExitStatus query_status(const nlohmann::json& result);

/// {"status","rows"}, and "silent" when workers did not answer.
[[nodiscard]] nlohmann::json query_document(const nlohmann::json& result);

/// What people read below the rows: that no device matched, which workers did not answer.
[[nodiscard]] std::string query_note(const nlohmann::json& result);

/// Checks a selector before control is asked. The failure shows the text with a caret below the column.
[[nodiscard]] Outcome<std::string> checked_selector(const std::string& text);

/// "KEY=VALUE" cut at the first '='. Fails (usage) when there is none or the key is empty.
struct Assignment {
  std::string key;
  std::string value;
};
[[nodiscard]] Outcome<std::vector<Assignment>> assignments(const std::vector<std::string>& words,
                                                           std::string_view example);

}  // namespace vfleet::cli
