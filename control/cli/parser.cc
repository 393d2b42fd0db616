#include "control/cli/parser.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <numeric>

#include "control/cli/version.h"
#include "simulator/core/units.h"

namespace vfleet::cli {
namespace {

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t above = row[j + 1];
      row[j + 1] = std::min({above + 1, row[j] + 1, diagonal + (a[i] == b[j] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row.back();
}

// An empty text when `text` is what `option` takes, else what is wrong.
std::string check_value(const OptionSpec& option, const std::string& text) {
  switch (option.takes) {
    case Takes::nothing:
    case Takes::text:
    case Takes::texts:
    case Takes::file:
      return {};
    case Takes::number: {
      std::int64_t value = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      if (error != std::errc() || end != text.data() + text.size()) {
        return fmt::format("--{} takes a whole number, not '{}'", option.name, text);
      }
      if (value < option.minimum)
        return fmt::format("--{} must be at least {}, not {}", option.name, option.minimum, text);
      return {};
    }
    case Takes::duration: {
      const auto value = parse_duration(text);
      if (!value)
        return fmt::format("--{} takes a duration such as 30s or 250ms, not '{}'", option.name, text);
      if (*value < Duration::zero()) return fmt::format("--{} cannot be negative", option.name);
      return {};
    }
    case Takes::choice:
      if (std::find(option.choices.begin(), option.choices.end(), text) == option.choices.end()) {
        return fmt::format("--{} takes one of {}, not '{}'", option.name, fmt::join(option.choices, ", "),
                           text);
      }
      return {};
  }
  return {};
}

// The options of one CLI11 app, bound to where their values land.
struct Bound {
  const OptionSpec* spec;
  std::vector<std::string> values;
  bool flag = false;
};

void bind_options(CLI::App& app, const std::vector<OptionSpec>& specs,
                  std::vector<std::unique_ptr<Bound>>& bound) {
  for (const OptionSpec& spec : specs) {
    auto& slot = *bound.emplace_back(std::make_unique<Bound>(Bound{&spec, {}, false}));
    const std::string names = (spec.name == "verbose"  ? "-v,--"
                               : spec.name == "follow" ? "-f,--"
                                                       : "--") +
                              spec.name;
    if (spec.takes == Takes::nothing) {
      app.add_flag(names, slot.flag, spec.help);
    } else {
      std::string shown = spec.value;
      if (!spec.choices.empty()) shown = fmt::format("{}", fmt::join(spec.choices, "|"));
      app.add_option(names, slot.values, spec.help)
          ->type_name(shown)
          ->expected(1)
          ->allow_extra_args(false)
          ->multi_option_policy(spec.takes == Takes::texts ? CLI::MultiOptionPolicy::TakeAll
                                                           : CLI::MultiOptionPolicy::TakeLast);
      if (spec.formerly.empty()) continue;
      app.add_option("--" + spec.formerly, slot.values)
          ->expected(1)
          ->allow_extra_args(false)
          ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
          ->group("");  // not shown
    }
  }
}

std::string footer(const CommandSpec& command) {
  std::string text = "--json, --run-dir, --timeout and other options of every verb: vfleet --help\n";
  if (!command.details.empty()) text += "\n" + command.details + "\n";
  if (command.examples.empty()) return text;
  text += "\nExamples:\n";
  for (const Example& example : command.examples)
    text += fmt::format("  {}\n      {}\n", example.command, example.what);
  text.pop_back();
  return text;
}

// The first word that is neither an option nor an option's value: the verb, if there is one.
const std::string* first_word(const std::vector<std::string>& words) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i].empty() || words[i].front() != '-') return &words[i];
    const auto& globals = global_options();
    const auto spec = std::find_if(globals.begin(), globals.end(),
                                   [&](const OptionSpec& each) { return words[i] == "--" + each.name; });
    if (spec != globals.end() && spec->takes != Takes::nothing) ++i;
  }
  return nullptr;
}

std::string usage_hint(const CommandSpec* command) {
  return command == nullptr ? "vfleet --help" : fmt::format("vfleet {} --help", command->name);
}

// A verb of the command line, and where what is said of it lands.
struct Verb {
  const CommandSpec* spec;
  CLI::App* app;
  std::vector<std::unique_ptr<Bound>> options;
  std::vector<std::pair<const PositionalSpec*, std::unique_ptr<std::vector<std::string>>>> positionals;
};

Verb add_verb(CLI::App& app, const CommandSpec& command) {
  Verb verb;
  verb.spec = &command;
  verb.app = app.add_subcommand(command.name, command.summary)->group(command.group);
  verb.app->fallthrough();
  verb.app->footer(footer(command));
  bind_options(*verb.app, command.options, verb.options);
  for (const PositionalSpec& positional : command.positionals) {
    auto& slot =
        *verb.positionals.emplace_back(&positional, std::make_unique<std::vector<std::string>>()).second;
    auto* option = verb.app->add_option(positional.name, slot, positional.help)->type_name("");
    option->expected(1, positional.many ? CLI::detail::expected_max_vector_size : 1);
    option->allow_extra_args(positional.many);
    if (positional.required) option->required();
  }
  return verb;
}

tl::unexpected<Failure> no_such_verb(const std::vector<CommandSpec>& commands, const std::string& word) {
  std::vector<std::string> names;
  for (const CommandSpec& command : commands) names.push_back(command.name);
  const std::string near = nearest_word(names, word);
  return wrong_usage(fmt::format("there is no verb '{}'{}", word,
                                 near.empty() ? "" : fmt::format("; did you mean '{}'?", near)),
                     near.empty() ? "vfleet --help" : fmt::format("vfleet {} --help", near));
}

// `extras`: words that nobody takes. `meant` may be null.
tl::unexpected<Failure> not_understood(const std::vector<std::string>& extras, const CommandSpec* meant) {
  std::string message = fmt::format("not understood: {}", fmt::join(extras, " "));
  if (meant != nullptr && !extras.empty() && extras.front().starts_with("--")) {
    std::vector<std::string> names;
    for (const OptionSpec& option : meant->options) names.push_back("--" + option.name);
    for (const OptionSpec& option : global_options()) names.push_back("--" + option.name);
    if (const std::string near = nearest_word(names, extras.front()); !near.empty()) {
      message += fmt::format("; did you mean {}?", near);
    }
  }
  return wrong_usage(std::move(message), usage_hint(meant));
}

// What was given of these options, into `invocation`.
Outcome<void> take_values(const std::vector<std::unique_ptr<Bound>>& options, const CommandSpec* meant,
                          Invocation& invocation) {
  for (const auto& each : options) {
    if (each->flag) invocation.values[each->spec->name] = {};
    if (each->values.empty()) continue;
    if (std::string wrong = check_value(*each->spec, each->values.back()); !wrong.empty()) {
      return wrong_usage(std::move(wrong), usage_hint(meant));
    }
    if (each->spec->takes == Takes::texts) {
      invocation.values[each->spec->name] = each->values;
    } else {
      invocation.values[each->spec->name] = {each->values.back()};
    }
  }
  return {};
}

}  // namespace

std::string nearest_word(const std::vector<std::string>& known, const std::string& word) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(word.size() / 3, 1) + 1;
  for (const std::string& each : known) {
    const std::size_t d = distance(word, each);
    if (d < best_distance) {
      best = each;
      best_distance = d;
    } else if (best.empty() && word.size() >= 2 && each.starts_with(word)) {
      best = each;
    }
  }
  return best;
}

Outcome<Parsed> parse_command_line(const std::vector<CommandSpec>& commands,
                                   const std::vector<std::string>& words) {
  CLI::App app("vfleet: a fleet of virtual devices that can be steered while it runs", "vfleet");
  app.set_version_flag("--version", version_text());
  app.require_subcommand(1);
  app.footer(
      "\nSelectors: pile-00042 | pile-* | pile-00010..00019 | type=charging_pile,site in (a,b),!vip |\n"
      "           state.status=charging | sample(5%) | limit(100) | all\n"
      "Exit status: 0 done, 1 failed, 2 wrong usage, 3 nothing matched, 4 done on some, 5 no control "
      "answers,\n"
      "             6 thresholds failed, 7 results invalid, 130 interrupted\n"
      "`vfleet VERB --help` has examples of every verb.");

  std::vector<std::unique_ptr<Bound>> global_bound;
  bind_options(app, global_options(), global_bound);

  std::vector<Verb> verbs;
  for (const CommandSpec& command : commands) verbs.push_back(add_verb(app, command));

  const std::string* word = first_word(words);
  const CommandSpec* meant = nullptr;
  if (word != nullptr) {
    const auto at =
        std::find_if(commands.begin(), commands.end(), [&](const CommandSpec& c) { return c.name == *word; });
    if (at == commands.end()) return no_such_verb(commands, *word);
    meant = &*at;
  }

  try {
    std::vector<std::string> reversed(words.rbegin(), words.rend());
    app.parse(std::move(reversed));
  } catch (const CLI::CallForHelp&) {
    return Parsed{nullptr, {}, app.help()};
  } catch (const CLI::CallForAllHelp&) {
    return Parsed{nullptr, {}, app.help("", CLI::AppFormatMode::All)};
  } catch (const CLI::CallForVersion&) {
    const bool json = std::find(words.begin(), words.end(), "--json") != words.end();
    return Parsed{nullptr, {}, json ? version_json() : version_text() + "\n"};
  } catch (const CLI::ExtrasError&) {
    return not_understood(app.remaining(true), meant);
  } catch (const CLI::ParseError& error) {
    std::string message = error.what();
    if (word == nullptr) message = "a verb is needed";
    return wrong_usage(std::move(message), usage_hint(meant));
  }

  const auto verb =
      std::find_if(verbs.begin(), verbs.end(), [](const Verb& each) { return each.app->parsed(); });
  Parsed parsed;
  parsed.command = verb->spec;
  parsed.invocation.verb = verb->spec->name;
  for (const auto* options : {&global_bound, &verb->options}) {
    if (auto good = take_values(*options, meant, parsed.invocation); !good) {
      return tl::unexpected<Failure>(good.error());
    }
  }
  for (const auto& [spec, values] : verb->positionals) {
    if (!values->empty()) parsed.invocation.values[spec->name] = *values;
  }
  return parsed;
}

}  // namespace vfleet::cli
