#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/cli/failure.h"
#include "simulator/core/time.h"

/// Commands described as data: parsing, --help and shell completion come from the same description.
namespace vfleet::cli {

class Session;

enum class Takes : std::uint8_t {
  nothing,  ///< a flag
  text,
  texts,     ///< the same; may be given again
  file,      ///< completed as a file name
  number,    ///< a whole number from `minimum` on
  duration,  ///< "30s", "250ms"
  choice,
};

struct OptionSpec {
  std::string name;  ///< "count": given as --count
  Takes takes = Takes::nothing;
  std::string value;  ///< how --help names what it takes
  std::string help;
  std::vector<std::string> choices;
  std::int64_t minimum = 0;
  std::string formerly = {};  ///< an older name, which works as well and is not shown
};

struct PositionalSpec {
  std::string name;  ///< "SELECTOR"
  std::string help;
  bool required = true;
  bool many = false;  ///< the last one only: takes all that are left
};

struct Example {
  std::string command;
  std::string what;
};

/// The values of one call, checked against the spec: numbers and durations are well formed.
class Invocation {
 public:
  std::string verb;
  std::map<std::string, std::vector<std::string>, std::less<>> values;

  [[nodiscard]] bool has(std::string_view name) const { return values.find(name) != values.end(); }
  [[nodiscard]] std::optional<std::string> text(std::string_view name) const;
  [[nodiscard]] std::string text_or(std::string_view name, std::string fallback) const;
  /// All values of a positional or an option that takes many; empty when none is given.
  [[nodiscard]] std::vector<std::string> texts(std::string_view name) const;
  [[nodiscard]] std::optional<std::int64_t> number(std::string_view name) const;
  [[nodiscard]] std::optional<Duration> duration(std::string_view name) const;
};

struct CommandSpec {
  std::string name;
  std::string group;    ///< heading in `vfleet --help`
  std::string summary;  ///< one line
  std::string details;  ///< more for `vfleet VERB --help`; may be empty
  std::vector<PositionalSpec> positionals;
  std::vector<OptionSpec> options;
  std::vector<Example> examples;
  /// Runs it. The status is what the process ends with.
  Outcome<ExitStatus> (*run)(Session&, const Invocation&) = nullptr;
};

/// The options of every verb: --json, --run-dir, ...
[[nodiscard]] const std::vector<OptionSpec>& global_options();

/// Options that several verbs share, described once.
[[nodiscard]] OptionSpec dry_run_option();
[[nodiscard]] OptionSpec limit_option();
[[nodiscard]] PositionalSpec selector_argument(bool required = true);

}  // namespace vfleet::cli
