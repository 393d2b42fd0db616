#include "control/cli/supervise/launch.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "control/cli/supervise/descriptors.h"
#include "control/cli/supervise/platform_plan.h"
#include "control/cli/supervise/run_files.h"
#include "control/metrics/endpoint.h"
#include "simulator/core/units.h"

namespace vfleet::cli {
namespace {

namespace fs = std::filesystem;

Outcome<std::optional<std::uint64_t>> memory_limit(const Invocation& invocation) {
  const auto text = invocation.text("worker-memory");
  if (!text) return std::optional<std::uint64_t>();
  const auto bytes = parse_quantity(*text, Unit::size);
  if (!bytes) return wrong_usage("--worker-memory: " + bytes.error().detail, "--worker-memory 2GiB");
  constexpr double kLeast = 16 << 20;
  if (*bytes < kLeast) {
    return wrong_usage(fmt::format("--worker-memory {}: a worker alone takes up to 16 MiB", *text),
                       "--worker-memory 2GiB");
  }
  return std::optional(static_cast<std::uint64_t>(*bytes));
}

Outcome<EarlierRun> earlier_run(const Invocation& invocation) {
  if (invocation.has("resume") && invocation.has("fresh")) {
    return wrong_usage("--resume goes on with the earlier run, --fresh drops it: one of them");
  }
  return invocation.has("resume")  ? EarlierRun::resume
         : invocation.has("fresh") ? EarlierRun::fresh
                                   : EarlierRun::refuse;
}

// Where the workers keep what their devices must not lose.
Outcome<void> read_state(const Invocation& invocation, FleetProcesses::Plan& plan) {
  const auto dir = invocation.text("state-dir");
  if (dir && invocation.has("no-state")) {
    return wrong_usage("--state-dir says where state is kept, --no-state that none is: one of them");
  }
  if (dir) plan.worker_args.insert(plan.worker_args.end(), {"--state-dir", fs::absolute(*dir).string()});
  if (invocation.has("no-state")) plan.worker_args.emplace_back("--no-state");
  return {};
}

// Where control listens for other hosts, and whose workers come from there.
Outcome<void> read_network(const Invocation& invocation, FleetProcesses::Plan& plan) {
  const auto listen = invocation.text("listen");
  const auto keys = invocation.text("keys");
  const bool insecure = invocation.has("insecure");
  plan.external_workers = static_cast<std::size_t>(invocation.number("external-workers").value_or(0));
  if (plan.external_workers > plan.workers) {
    return wrong_usage(
        fmt::format("--external-workers {} of {} workers", plan.external_workers, plan.workers),
        "--workers is the number of all of them");
  }
  if (!listen) {
    if (keys || insecure) return wrong_usage("--keys and --insecure are for --listen tcp://HOST:PORT");
    return {};
  }
  if (!keys && !insecure) {
    return wrong_usage("--listen needs --keys DIR: without keys whoever reaches the port owns the fleet",
                       "vfleet keygen DIR --server");
  }
  if (plan.external_workers > 0 && listen->ends_with(":0")) {
    return wrong_usage("--listen with port 0: a control that starts again would choose another one",
                       "name a port, or no --external-workers");
  }
  plan.control_args.insert(plan.control_args.end(), {"--listen", *listen});
  if (keys) plan.control_args.insert(plan.control_args.end(), {"--keys", fs::absolute(*keys).string()});
  if (insecure) plan.control_args.emplace_back("--insecure");
  return {};
}

}  // namespace

Outcome<Launch> read_launch(Session& session, const Invocation& invocation, config::FleetSpec fleet) {
  Launch launch;
  launch.file = fs::absolute(invocation.text_or("FILE", "")).lexically_normal().string();
  launch.fleet = std::move(fleet);
  const std::size_t cores = std::max(std::thread::hardware_concurrency(), 1U);
  launch.workers =
      static_cast<std::size_t>(invocation.number("workers").value_or(static_cast<std::int64_t>(cores)));
  if (auto enough = check_descriptors(connections_of(launch.fleet), launch.workers, descriptor_limit());
      !enough) {
    return tl::unexpected<Failure>(enough.error());
  }
  if (auto enough = check_ports(launch.fleet, local_ports()); !enough) {
    return tl::unexpected<Failure>(enough.error());
  }
  FleetProcesses::Plan& plan = launch.plan;
  plan.fleet_file = launch.file;
  plan.workers = launch.workers;
  if (invocation.has("platform") || invocation.has("platform-args")) {
    auto platform = platform_plan(launch.fleet, invocation.text_or("platform-args", ""));
    if (!platform) return tl::unexpected<Failure>(platform.error());
    plan.platform = std::move(*platform);
  }
  const auto memory = memory_limit(invocation);
  if (!memory) return tl::unexpected<Failure>(memory.error());
  plan.worker_memory_bytes = *memory;
  if (const auto sync = invocation.text("journal-sync")) {
    plan.control_args.insert(plan.control_args.end(), {"--journal-sync", *sync});
  }
  if (invocation.has("no-watch")) plan.control_args.emplace_back("--no-watch");
  if (invocation.has("no-worker-check")) plan.control_args.emplace_back("--no-worker-check");
  if (auto state = read_state(invocation, plan); !state) return tl::unexpected<Failure>(state.error());
  if (const auto metrics = invocation.text("metrics")) {
    if (const auto at = control::metrics::parse_endpoint(*metrics); !at)
      return wrong_usage("--metrics " + at.error().detail);
    plan.control_args.insert(plan.control_args.end(), {"--metrics", *metrics});
  }
  if (auto network = read_network(invocation, plan); !network)
    return tl::unexpected<Failure>(network.error());
  const auto earlier = earlier_run(invocation);
  if (!earlier) return tl::unexpected<Failure>(earlier.error());
  auto run_dir = run_dir_for(session.env(), session.run_dir_option(), launch.fleet.name);
  if (!run_dir) return tl::unexpected<Failure>(run_dir.error());
  plan.run_dir = std::move(*run_dir);
  const auto journal = prepare_run_dir(plan.run_dir, *earlier);
  if (!journal) return tl::unexpected<Failure>(journal.error());
  if (*journal) plan.first_life = {*earlier == EarlierRun::resume ? "--resume" : "--fresh"};
  return launch;
}

}  // namespace vfleet::cli
