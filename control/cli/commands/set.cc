#include <nlohmann/json.hpp>

#include "control/cli/commands/all.h"
#include "control/cli/commands/target.h"

namespace vfleet::cli {
namespace {

Outcome<ExitStatus> run(Session& session, const Invocation& invocation) {
  auto args = target_args(invocation);
  if (!args) return tl::unexpected<Failure>(args.error());
  const auto changes =
      assignments(invocation.texts("PATH=VALUE"), "vfleet set SELECTOR reports.heartbeat.every=2s");
  if (!changes) return tl::unexpected<Failure>(changes.error());
  nlohmann::json patch = nlohmann::json::object();
  for (const Assignment& each : *changes) patch[each.key] = each.value;
  (*args)["patch"] = std::move(patch);
  return session.command("set", *args);
}

}  // namespace

CommandSpec set_command() {
  return {
      .name = "set",
      .group = "Configuration",
      .summary = "Change configuration of running devices",
      .details =
          "The change is a rule: it also holds for devices and workers that come later, until `vfleet "
          "unset`.\n"
          "Paths and values are checked before anything is applied; a device rejects what does not go with its\n"
          "other keys, and the rule is kept all the same. `vfleet describe TYPE` lists the paths.",
      .positionals = {selector_argument(),
                      {"PATH=VALUE", "What to change, with units: rated_power=60kW", true, true}},
      .options = durable_options(),
      .examples = {{"vfleet set type=ip_camera,site=hefei reports.heartbeat.every=2s",
                    "cameras of one site report faster"},
                   {"vfleet set pile-00042 rated_power=60kW reports.meter.every=1s",
                    "several keys at once, all or none"},
                   {"vfleet set all reports.heartbeat.every=10s --dry-run", "how many devices would change"}},
      .run = run};
}

}  // namespace vfleet::cli
