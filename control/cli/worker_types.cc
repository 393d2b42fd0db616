#include "control/cli/worker_types.h"

#include <nlohmann/json.hpp>

#include "control/cli/supervise/child.h"

namespace vfleet::cli {

Outcome<nlohmann::json> describe_worker(const Environment& env) {
  const auto program = env.bin_dir / "vfleet-worker";
  const auto text = capture(program, {"--describe"}, std::chrono::seconds(10));
  if (!text) return tl::unexpected<Failure>(text.error());
  auto described = nlohmann::json::parse(*text, nullptr, false);
  if (!described.is_discarded()) return described;
  return give_up(ExitStatus::failed, "bad_description", program.string() + " --describe did not print JSON",
                 "vfleet and vfleet-worker of the same build");
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
