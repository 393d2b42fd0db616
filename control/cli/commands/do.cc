#include <algorithm>
#include <nlohmann/json.hpp>

#include "control/cli/commands/all.h"
#include "control/cli/commands/target.h"

namespace vfleet::cli {
namespace {

Outcome<ExitStatus> run(Session& session, const Invocation& invocation) {
  auto args = target_args(invocation);
  if (!args) return tl::unexpected<Failure>(args.error());
  std::string action = invocation.text_or("ACTION", "");
  std::replace(action.begin(), action.end(), '-', '_');  // storage-full and storage_full are one action
  const auto given =
      assignments(invocation.texts("KEY=VALUE"), "vfleet do pile-00042 fault code=over_temperature");
  if (!given) return tl::unexpected<Failure>(given.error());
  nlohmann::json values = nlohmann::json::object();
  for (const Assignment& each : *given) values[each.key] = each.value;
  (*args)["action"] = std::move(action);
  (*args)["args"] = std::move(values);
  return session.command("do", *args);
}

}  // namespace

CommandSpec do_command() {
  return {.name = "do",
          .group = "Devices",
          .summary = "Let something happen to the devices: plug, swipe, fault, motion, ...",
          .details =
              "An action changes the model; the reports that follow from it are sent. `vfleet describe TYPE` "
              "lists the\n"
              "actions of a type and what they take, and those of its link: what a connection can do wrong.",
          .positionals = {selector_argument(),
                          {"ACTION", "What happens", true, false},
                          {"KEY=VALUE", "Arguments of the action", false, true}},
          .options = durable_options(),
          .examples = {{"vfleet do pile-00042 fault code=over_temperature",
                        "the pile derates or stops and reports the fault"},
                       {"vfleet do pile-00042 plug connector=1", "a cable goes in"},
                       {"vfleet do cam-00007 motion channel=1", "something moves before the camera"},
                       {"vfleet do pile-00042 mqtt.misbehave kind=cut after_bytes=7",
                        "its connection breaks within the next packet"},
                       {"vfleet do pile-00007 answer message=RemoteStartTransaction with=Rejected times=3",
                        "it answers the platform otherwise (docs/ocpp.md, docs/ykc_pile.md)"},
                       {"vfleet do 'cam-*' storage-full", "'-' and '_' are the same in action names"}},
          .run = run};
}

}  // namespace vfleet::cli
