#include "control/cli/completion.h"

#include <nlohmann/json.hpp>

#include "control/cli/commands/all.h"
#include "control/cli/session.h"

namespace vfleet::cli {
namespace {

Outcome<ExitStatus> run(Session& session, const Invocation& invocation) {
  const std::string shell = invocation.text_or("SHELL", "");
  if (shell != "bash" && shell != "zsh") {
    return wrong_usage("completion is there for bash and zsh, not for '" + shell + "'",
                       "vfleet completion bash");
  }
  const std::string script = completion_script(all_commands(), shell);
  session.out().document({{"status", 0}, {"shell", shell}, {"script", script}});
  session.out().text(script);
  return ExitStatus::done;
}

}  // namespace

CommandSpec completion_command() {
  return {.name = "completion",
          .group = "Other",
          .summary = "Print a completion script for bash or zsh",
          .details = "",
          .positionals = {{"SHELL", "bash or zsh", true, false}},
          .options = {},
          .examples = {{"source <(vfleet completion bash)", "in ~/.bashrc"},
                       {"vfleet completion zsh > ~/.zfunc/_vfleet", "with fpath+=~/.zfunc in ~/.zshrc"}},
          .run = run};
}

}  // namespace vfleet::cli
