#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "control/cli/commands/all.h"
#include "control/cli/doctor/diagnosis.h"
#include "control/cli/render/mistakes.h"
#include "control/cli/render/table.h"
#include "control/cli/run_dir.h"
#include "control/cli/session.h"
#include "control/cli/worker_types.h"
#include "simulator/config/fleet_file.h"

namespace vfleet::cli {
namespace {

using doctor::Finding;
using doctor::Level;

std::string painted(const Style& style, Level level) {
  switch (level) {
    case Level::ok:
      return style.good("ok");
    case Level::warn:
      return style.warn("warn");
    case Level::fail:
      return style.bad("fail");
  }
  return {};
}

nlohmann::json to_json(const std::vector<Finding>& findings) {
  nlohmann::json rows = nlohmann::json::array();
  for (const Finding& finding : findings) {
    rows.push_back({{"name", finding.name},
                    {"level", doctor::to_string(finding.level)},
                    {"text", finding.text},
                    {"remedy", finding.remedy}});
  }
  return rows;
}

Outcome<ExitStatus> run(Session& session, const Invocation& invocation) {
  config::FleetSpec fleet;
  fleet.name = "vfleet";
  if (const auto file = invocation.text("FILE")) {
    const auto catalogue = worker_catalogue(session.env());
    if (!catalogue) return tl::unexpected<Failure>(catalogue.error());
    auto loaded = config::load_fleet(*file, *catalogue);
    if (!loaded) return report_mistakes(session.out(), loaded.error(), *catalogue);
    fleet = std::move(*loaded);
  }
  const auto workers = static_cast<std::uint64_t>(invocation.number("workers").value_or(1));
  const doctor::Needs needs = doctor::needs_of(fleet, workers);
  const auto run_dir = run_dir_for(session.env(), session.run_dir_option(), fleet.name);
  const std::filesystem::path place = run_dir ? *run_dir : session.env().tmp_dir;
  std::vector<Finding> findings = doctor::diagnose(doctor::read_machine(place), needs);
  if (run_dir) {
    findings.push_back(
        {"run directory", Level::ok, run_dir->string() + ", short enough for its sockets", ""});
  } else {
    findings.push_back({"run directory", Level::fail, run_dir.error().message, run_dir.error().hint});
  }
  const bool fails = std::any_of(findings.begin(), findings.end(),
                                 [](const Finding& each) { return each.level == Level::fail; });
  const ExitStatus status = fails ? ExitStatus::failed : ExitStatus::done;
  session.out().document({{"status", static_cast<int>(status)},
                          {"devices", needs.devices},
                          {"connections", needs.connections},
                          {"workers", needs.workers},
                          {"checks", to_json(findings)}});
  const Style& style = session.out().style();
  for (const Finding& finding : findings) {
    const std::size_t width = doctor::to_string(finding.level).size();
    session.out().text(
        fmt::format("{}{:<{}}{:<15}{}{}", painted(style, finding.level), "", 6 - width, finding.name,
                    printable(finding.text),
                    finding.remedy.empty() ? "" : "\n" + std::string(21, ' ') + "-> " + finding.remedy));
  }
  return status;
}

}  // namespace

CommandSpec doctor_command() {
  return {.name = "doctor",
          .group = "Fleet",
          .summary = "Compare what this machine offers with what a fleet needs",
          .details =
              "Descriptors, ports, cores, memory, the clock, shared memory, the disk and the kernel's "
              "limits, each "
              "ok,\nwarn or fail and what to do. Nothing is started and nothing is changed.\n"
              "Ends with 0, or with 1 when something fails.",
          .positionals = {{"FILE", "The fleet file; without one: the machine as it is", false, false}},
          .options = {{"workers", Takes::number, "N", "How many workers it will have (default: 1)", {}, 1}},
          .examples = {{"vfleet doctor", "this machine"},
                       {"vfleet doctor fleet.yaml --workers 4", "before `vfleet up fleet.yaml --workers 4`"},
                       {"vfleet doctor fleet.yaml --json", "for programs"}},
          .run = run};
}

}  // namespace vfleet::cli
