#include "control/cli/worker_types.h"

#include <nlohmann/json.hpp>

#include "control/worker/ask_worker.h"

namespace vfleet::cli {
namespace {

constexpr const char* kNoWorkerCheck = "no-worker-check";

}  // namespace

Outcome<nlohmann::json> describe_worker(const Environment& env) {
  const auto program = env.bin_dir / "vfleet-worker";
  const auto text = control::worker::describe(program.string());
  if (!text) {
    return give_up(ExitStatus::failed, "no_worker", text.error().detail,
                   std::filesystem::exists(program) ? "" : "build it first: it must be next to vfleet");
  }
  auto described = nlohmann::json::parse(*text, nullptr, false);
  if (!described.is_discarded()) return described;
  return give_up(ExitStatus::failed, "bad_description", program.string() + " --describe did not print JSON",
                 "vfleet and vfleet-worker of the same build");
}

config::LoadOptions checked_by_worker(const Environment& env, const config::Catalogue& catalogue,
                                      const Invocation& invocation) {
  config::LoadOptions options;
  if (!invocation.has(kNoWorkerCheck))
    options.check = control::worker::check_by((env.bin_dir / "vfleet-worker").string(), catalogue);
  return options;
}

OptionSpec no_worker_check_option() {
  return {kNoWorkerCheck, Takes::nothing, "", "Do not ask a worker what only workers know is wrong", {}, 0};
}

Outcome<config::Catalogue> worker_catalogue(const Environment& env) {
  const auto described = describe_worker(env);
  if (!described) return tl::unexpected<Failure>(described.error());
  auto catalogue = config::catalogue_from_json(*described);
  if (catalogue) return std::move(*catalogue);
  return give_up(ExitStatus::failed, "bad_description",
                 "what vfleet-worker --describe prints is no description: " + catalogue.error().detail,
                 "vfleet and vfleet-worker of the same build");
}

}  // namespace vfleet::cli
