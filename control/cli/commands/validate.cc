#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "control/cli/commands/all.h"
#include "control/cli/render/mistakes.h"
#include "control/cli/session.h"
#include "control/cli/worker_types.h"
#include "simulator/config/file_kind.h"
#include "simulator/config/fleet_file.h"

namespace vfleet::cli {
namespace {

ExitStatus good(Session& session, nlohmann::json document, const std::string& file, const std::string& what) {
  document["status"] = 0;
  document["file"] = file;
  document["mistakes"] = nlohmann::json::array();
  session.out().document(document);
  session.out().text(fmt::format("{}: {}, {}", file, session.out().style().good("ok"), what));
  return ExitStatus::done;
}

std::string counted(std::uint64_t number, std::string_view word) {
  return fmt::format("{} {}{}", number, word, number == 1 ? "" : "s");
}

Outcome<ExitStatus> run(Session& session, const Invocation& invocation) {
  const std::string file = invocation.text_or("FILE", "");
  const auto catalogue = worker_catalogue(session.env());
  if (!catalogue) return tl::unexpected<Failure>(catalogue.error());
  const config::LoadOptions options = checked_by_worker(session.env(), *catalogue, invocation);

  if (config::file_kind(file) == config::FileKind::profile) {
    const auto profile = config::load_profile(file, *catalogue, options);
    if (!profile) return report_mistakes(session.out(), profile.error(), *catalogue);
    return good(
        session, {{"kind", "profile"}, {"type", profile->type}}, file,
        fmt::format("a profile of {} that sets {}", profile->type, counted(profile->values.size(), "key")));
  }
  const auto fleet = config::load_fleet(file, *catalogue, options);
  if (!fleet) return report_mistakes(session.out(), fleet.error(), *catalogue);
  return good(
      session,
      {{"kind", "fleet"},
       {"fleet", fleet->name},
       {"devices", fleet->devices()},
       {"groups", fleet->groups.size()}},
      file,
      fmt::format("{} in {}", counted(fleet->devices(), "device"), counted(fleet->groups.size(), "group")));
}

}  // namespace

CommandSpec validate_command() {
  return {
      .name = "validate",
      .group = "Fleet",
      .summary = "Check a fleet file or a profile; say every mistake and where it is",
      .details =
          "Reads the file with the profiles, lists of devices and certificates that it names, and asks\n"
          "vfleet-worker what only workers know: templates, schedules, keys that go together. No device is\n"
          "started and nothing is connected.\n"
          "Ends with 0 when it is good, with 2 when it is not.",
      .positionals = {{"FILE", "The fleet file, or a profile", true, false}},
      .options = {no_worker_check_option()},
      .examples = {{"vfleet validate configs/demo.yaml", "a fleet"},
                   {"vfleet validate configs/profiles/dc-120kw.yaml", "a profile"},
                   {"vfleet validate fleet.yaml --json", "the mistakes as a list for programs"}},
      .run = run};
}

}  // namespace vfleet::cli
