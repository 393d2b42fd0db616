#pragma once

#include <string>
#include <vector>

#include "control/cli/failure.h"
#include "control/cli/spec.h"

namespace vfleet::cli {

/// What a command line asks for: a verb to run, or a text to print (--help, --version).
struct Parsed {
  const CommandSpec* command = nullptr;  ///< null: print `text` and be done
  Invocation invocation;
  std::string text;
};

/// Reads the words after the program's name. Fails with usage: the message names what is wrong, the hint what
/// was probably meant. `commands` outlives the result.
[[nodiscard]] Outcome<Parsed> parse_command_line(const std::vector<CommandSpec>& commands,
                                                 const std::vector<std::string>& words);

/// The entry of `known` nearest to `word`; empty when none is near enough to be meant.
[[nodiscard]] std::string nearest_word(const std::vector<std::string>& known, const std::string& word);

}  // namespace vfleet::cli
