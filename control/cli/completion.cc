#include "control/cli/completion.h"

#include <fmt/format.h>

namespace vfleet::cli {
namespace {

std::string options_of(const std::vector<OptionSpec>& options) {
  std::string out;
  for (const OptionSpec& option : options) out += (out.empty() ? "--" : " --") + option.name;
  return out;
}

// Cases for words that follow an option which takes one.
void add_value_cases(std::string& out, const std::vector<OptionSpec>& options, std::string_view indent) {
  for (const OptionSpec& option : options) {
    if (option.takes == Takes::choice) {
      out += fmt::format("{}--{}) COMPREPLY=($(compgen -W '{}' -- \"$cur\")); return;;\n", indent,
                         option.name, fmt::join(option.choices, " "));
    } else if (option.takes == Takes::file) {
      out += fmt::format("{}--{}) COMPREPLY=($(compgen -f -- \"$cur\")); return;;\n", indent, option.name);
    } else if (option.takes != Takes::nothing) {
      out += fmt::format("{}--{}) return;;\n", indent, option.name);
    }
  }
}

}  // namespace

std::string completion_script(const std::vector<CommandSpec>& commands, std::string_view shell) {
  std::string verbs;
  for (const CommandSpec& command : commands) verbs += (verbs.empty() ? "" : " ") + command.name;

  std::string out;
  if (shell == "zsh") out += "#compdef vfleet\nautoload -U +X bashcompinit && bashcompinit\n";
  out += "_vfleet() {\n";
  out += "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} verb= word\n";
  out += "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n";
  out += fmt::format("    case \" {} \" in *\" $word \"*) verb=$word; break;; esac\n", verbs);
  out += "  done\n";
  out += "  case $prev in\n";
  add_value_cases(out, global_options(), "    ");
  out += "  esac\n";
  out += "  case $verb in\n";
  out += fmt::format("    '') COMPREPLY=($(compgen -W '{} {} --help --version' -- \"$cur\"));;\n", verbs,
                     options_of(global_options()));
  for (const CommandSpec& command : commands) {
    out += fmt::format("    {})\n", command.name);
    std::string values;
    add_value_cases(values, command.options, "        ");
    if (!values.empty()) out += "      case $prev in\n" + values + "      esac\n";
    out += fmt::format(
        "      case $cur in -*) COMPREPLY=($(compgen -W '{} {} --help' -- \"$cur\")); return;; esac\n",
        options_of(command.options), options_of(global_options()));
    const bool takes_file = !command.positionals.empty() && command.positionals.front().name == "FILE";
    if (takes_file) out += "      COMPREPLY=($(compgen -f -- \"$cur\"))\n";
    if (command.name == "completion") out += "      COMPREPLY=($(compgen -W 'bash zsh' -- \"$cur\"))\n";
    if (command.name == "ykc") out += "      COMPREPLY=($(compgen -W 'decode encode frames' -- \"$cur\"))\n";
    out += "      ;;\n";
  }
  out += "  esac\n}\ncomplete -o default -F _vfleet vfleet\n";
  return out;
}

}  // namespace vfleet::cli
