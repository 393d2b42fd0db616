#include "control/cli/app.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>

#include "control/cli/commands/all.h"
#include "control/cli/parser.h"
#include "control/cli/session.h"

namespace vfleet::cli {

namespace {

// The status, unless what the command printed did not get through. A reader that went away (`| head -1`) had
// enough; anything else is a failure that must not pass for success.
int checked(Output& out, int status) {
  if (out.write_error() == 0 || out.write_error() == EPIPE) return status;
  out.failure_note({ExitStatus::failed,
                    "cannot_write",
                    std::string("cannot write the output: ") + std::strerror(out.write_error()),
                    {}});
  return status == 0 ? static_cast<int>(ExitStatus::failed) : status;
}

}  // namespace

int run_cli(const Environment& env, const std::vector<std::string>& words) {
  const auto parsed = parse_command_line(all_commands(), words);
  if (!parsed) {
    // The options could not be read: --json is looked for by hand, so that a program still gets its document.
    const bool json = std::find(words.begin(), words.end(), "--json") != words.end();
    Output out(env, json, ColorMode::automatic);
    return checked(out, out.failure(parsed.error()));
  }
  if (parsed->command == nullptr) {
    Output out(env, false, ColorMode::automatic);
    out.text(parsed->text);
    return checked(out, 0);
  }
  Session session(env, parsed->invocation);
  try {
    const auto status = parsed->command->run(session, parsed->invocation);
    const int number = status ? static_cast<int>(*status) : session.out().failure(status.error());
    return checked(session.out(), number);
  } catch (const std::exception& error) {
    return session.out().failure({ExitStatus::failed, "internal", error.what(), {}});
  }
}

}  // namespace vfleet::cli
