#include "control/cli/supervise/descriptors.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <limits>

namespace vfleet::cli {

std::uint64_t connections_of(const config::FleetSpec& fleet) {
  std::uint64_t sum = 0;
  for (const config::GroupSpec& group : fleet.groups) {
    const bool shared = group.uplink == "zmq" || group.uplink == "null";  // one socket a worker, or none
    if (!shared) sum += group.count;
  }
  return sum;
}

std::uint64_t workers_needed(std::uint64_t connections, std::uint64_t limit) {
  if (limit <= kOtherDescriptors) return connections == 0 ? 1 : 0;
  const std::uint64_t each = limit - kOtherDescriptors;
  return connections == 0 ? 1 : (connections + each - 1) / each;
}

Outcome<void> check_descriptors(std::uint64_t connections, std::uint64_t workers, std::uint64_t limit) {
  const std::uint64_t needed = workers_needed(connections, limit);
  if (needed != 0 && needed <= workers) return {};
  return wrong_usage(
      fmt::format("{} devices hold a connection each, and a process may open {} descriptors: {} worker{} "
                  "cannot hold them",
                  connections, limit, workers, workers == 1 ? "" : "s"),
      needed == 0 ? "`ulimit -Hn` with a higher limit"
                  : fmt::format("--workers {}, or a higher limit (`ulimit -Hn`)", needed));
}

std::uint64_t descriptor_limit() {
  rlimit limit = {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max == RLIM_INFINITY) {
    return std::numeric_limits<std::uint64_t>::max();
  }
  return limit.rlim_max;
}

void raise_descriptor_limit() {
  rlimit limit = {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace vfleet::cli
