#include "control/cli/commands/target.h"

#include <nlohmann/json.hpp>

#include "simulator/core/units.h"

namespace vfleet::cli {

std::vector<OptionSpec> fleet_options() {
  return {dry_run_option(),
          {"if-revision", Takes::number, "N", "Refuse unless the fleet is at this revision", {}, 0},
          {"wait",
           Takes::nothing,
           "",
           "Wait for every worker, also those that are starting (default: all that live)",
           {},
           0}};
}

std::vector<OptionSpec> durable_options() {
  std::vector<OptionSpec> options = fleet_options();
  options.push_back({"future",
                     Takes::nothing,
                     "",
                     "Also when no device matches now: for those that are yet to come",
                     {},
                     0});
  return options;
}

nlohmann::json fleet_args(const Invocation& invocation) {
  nlohmann::json args = nlohmann::json::object();
  if (invocation.has("dry-run")) args["dry_run"] = true;
  if (const auto revision = invocation.number("if-revision")) args["if_revision"] = *revision;
  // Of `trigger`, --wait is a word; control waits as long as we do.
  if (invocation.has("wait") && !invocation.text("wait")) args["wait"] = true;
  if (invocation.has("future")) args["future"] = true;
  if (invocation.has("wait") || invocation.has("timeout")) {
    args["timeout"] = format_duration(invocation.duration("timeout").value_or(std::chrono::seconds(25)));
  }
  return args;
}

Outcome<nlohmann::json> target_args(const Invocation& invocation) {
  auto selector = checked_selector(invocation.text_or("SELECTOR", ""));
  if (!selector) return tl::unexpected<Failure>(selector.error());
  nlohmann::json args = fleet_args(invocation);
  args["selector"] = *selector;
  return args;
}

Outcome<nlohmann::json> query_args(const Invocation& invocation, const std::string& without) {
  const auto selector = checked_selector(invocation.text_or("SELECTOR", without));
  if (!selector) return tl::unexpected<Failure>(selector.error());
  nlohmann::json args = {{"selector", *selector}};
  if (const auto limit = invocation.number("limit")) args["limit"] = *limit;
  return args;
}

ExitStatus show_query(Session& session, const nlohmann::json& result, const std::string& rendered) {
  session.out().document(query_document(result));
  session.out().text(rendered);
  const std::string note = query_note(result);
  if (!note.empty() && !session.out().json()) session.out().note(note);
  return query_status(result);
}

Outcome<ExitStatus> run_on_target(Session& session, const Invocation& invocation) {
  auto args = target_args(invocation);
  if (!args) return tl::unexpected<Failure>(args.error());
  return session.command(invocation.verb, *args);
}

}  // namespace vfleet::cli
