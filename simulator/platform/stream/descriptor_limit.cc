#include "simulator/platform/stream/descriptor_limit.h"

#include <sys/resource.h>

namespace vfleet::platform::stream {
namespace {

constexpr rlim_t kOwnDescriptors = 64;  // for everything that is not a connection

}  // namespace

std::size_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024 - kOwnDescriptors;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur > kOwnDescriptors ? limit.rlim_cur - kOwnDescriptors : 1;
}

}  // namespace vfleet::platform::stream
