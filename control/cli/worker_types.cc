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

}  // namespace vfleet::cli
