#include "simulator/metrics/process.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>

namespace vfleet::metrics {

std::uint64_t own_rss_bytes() {
  const int file = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  char text[128];
  const ssize_t size = ::read(file, text, sizeof text);
  ::close(file);
  if (size <= 0) return 0;
  // "size resident shared ...", in pages.
  const char* const end = text + size;
  const char* at = text;
  while (at != end && *at != ' ') ++at;
  if (at == end) return 0;
  std::uint64_t pages = 0;
  if (std::from_chars(at + 1, end, pages).ec != std::errc{}) return 0;
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::uint64_t own_cpu_us() {
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) != 0) return 0;
  const auto us = [](const timeval& t) {
    return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(t.tv_usec);
  };
  return us(usage.ru_utime) + us(usage.ru_stime);
}

std::uint64_t own_open_descriptors() {
  // Listing them would take milliseconds when there are 100,000.
  struct stat info = {};
  if (::stat("/proc/self/fd", &info) == 0 && info.st_size > 0) return static_cast<std::uint64_t>(info.st_size);
  const int lowest = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (lowest < 0) return 0;
  ::close(lowest);
  return static_cast<std::uint64_t>(lowest);
}

}  // namespace vfleet::metrics
