#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "control/cli/commands/all.h"
#include "control/cli/parser.h"
#include "control/cli/render/read.h"
#include "control/cli/render/types.h"
#include "control/cli/session.h"
#include "control/cli/worker_types.h"
#include "simulator/config/json_schema.h"
#include "simulator/config/reference_yaml.h"

namespace vfleet::cli {
namespace {

struct Known {
  nlohmann::json types;
  nlohmann::json uplinks;
};

// From the fleet that runs, else from the worker program.
Outcome<Known> known_types(Session& session) {
  if (session.run_dir()) {
    const auto result = session.query("describe", nlohmann::json::object());
    if (!result) return tl::unexpected<Failure>(result.error());
    return Known{list_at(*result, "types"), list_at(*result, "uplinks")};
  }
  if (session.run_dir_option()) return tl::unexpected<Failure>(session.run_dir().error());
  auto described = describe_worker(session.env());
  if (!described) return tl::unexpected<Failure>(described.error());
  if (described->is_array()) return Known{*described, nlohmann::json::array()};
  return Known{list_at(*described, "types"), list_at(*described, "uplinks")};
}

// Both are of the worker program, whatever fleet runs: they are for writing the next file.
Outcome<ExitStatus> print_schema(Session& session) {
  const auto catalogue = worker_catalogue(session.env());
  if (!catalogue) return tl::unexpected<Failure>(catalogue.error());
  const std::string schema = config::json_schema(*catalogue);
  if (session.out().json())
    session.out().stream_line(schema);
  else
    session.out().text(schema);
  return ExitStatus::done;
}

Outcome<ExitStatus> print_reference(Session& session) {
  const auto catalogue = worker_catalogue(session.env());
  if (!catalogue) return tl::unexpected<Failure>(catalogue.error());
  const std::string reference = config::reference_yaml(*catalogue);
  session.out().document({{"status", 0}, {"reference", reference}});
  session.out().text(reference);
  return ExitStatus::done;
}

Outcome<ExitStatus> run(Session& session, const Invocation& invocation) {
  const bool schema = invocation.has("schema");
  const bool reference = invocation.has("reference");
  if ((schema && reference) || ((schema || reference) && invocation.has("TYPE"))) {
    return wrong_usage("one of TYPE, --schema and --reference", "vfleet describe --help");
  }
  if (schema) return print_schema(session);
  if (reference) return print_reference(session);

  const auto known = known_types(session);
  if (!known) return tl::unexpected<Failure>(known.error());
  const nlohmann::json& types = known->types;

  const auto wanted = invocation.text("TYPE");
  if (!wanted) {
    session.out().document({{"status", 0}, {"types", types}});
    session.out().text(render_type_list(types, session.out().style()));
    return ExitStatus::done;
  }
  std::vector<std::string> names;
  for (const auto& type : types) {
    names.push_back(text_at(type, "name"));
    if (names.back() != *wanted) continue;
    session.out().document(
        {{"status", 0}, {"types", nlohmann::json::array({type})}, {"uplinks", known->uplinks}});
    session.out().text(render_type(type, known->uplinks, session.verbose(), session.out().style()));
    return ExitStatus::done;
  }
  const std::string near = nearest_word(names, *wanted);
  return give_up(ExitStatus::no_match, "unknown_type",
                 fmt::format("there is no device type '{}'{}", *wanted,
                             near.empty() ? "" : fmt::format("; did you mean '{}'?", near)),
                 "vfleet describe");
}

}  // namespace

CommandSpec describe_command() {
  return {.name = "describe",
          .group = "Look",
          .summary = "What a device type can report, undergo and be configured to",
          .details = "Asks the fleet that runs; with none, the worker program.",
          .positionals = {{"TYPE", "Which type (default: a list of all)", false, false}},
          .options = {{.name = "schema", .help = "The JSON Schema of fleet files and profiles, for editors"},
                      {.name = "reference",
                       .help = "A fleet file that names every key with its default and meaning"}},
          .examples = {{"vfleet describe", "the device types"},
                       {"vfleet describe charging_pile -v",
                        "reports, actions, states, and every key with its meaning"},
                       {"vfleet describe --schema > fleet.schema.json", "for an editor that checks YAML"}},
          .run = run};
}

}  // namespace vfleet::cli
