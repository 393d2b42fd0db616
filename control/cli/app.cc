#include "control/cli/app.h"

#include <algorithm>
#include <exception>
#include <ostream>

#include "control/cli/commands/all.h"
#include "control/cli/parser.h"
#include "control/cli/session.h"

namespace vfleet::cli {

int run_cli(const Environment& env, const std::vector<std::string>& words) {
  const auto parsed = parse_command_line(all_commands(), words);
  if (!parsed) {
    // The options could not be read: --json is looked for by hand, so that a program still gets its document.
    const bool json = std::find(words.begin(), words.end(), "--json") != words.end();
    return Output(env, json, ColorMode::automatic).failure(parsed.error());
  }
  if (parsed->command == nullptr) {
    env.out << parsed->text;
    env.out.flush();
    return 0;
  }
  Session session(env, parsed->invocation);
  try {
    const auto status = parsed->command->run(session, parsed->invocation);
    return status ? static_cast<int>(*status) : session.out().failure(status.error());
  } catch (const std::exception& error) {
    return session.out().failure({ExitStatus::failed, "internal", error.what(), {}});
  }
}

}  // namespace vfleet::cli
