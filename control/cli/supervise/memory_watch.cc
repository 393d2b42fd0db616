#include "control/cli/supervise/memory_watch.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string>

namespace vfleet::cli {

std::optional<std::uint64_t> resident_bytes_in(std::string_view statm) {
  // "SIZE RESIDENT SHARED ...", in pages
  const std::size_t space = statm.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  std::uint64_t pages = 0;
  const auto [end, error] = std::from_chars(statm.data() + space + 1, statm.data() + statm.size(), pages);
  if (error != std::errc() || end == statm.data() + statm.size() || *end != ' ') return std::nullopt;
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::optional<std::uint64_t> resident_bytes(pid_t pid) {
  std::ifstream in(fmt::format("/proc/{}/statm", pid));
  std::string line;
  if (!std::getline(in, line)) return std::nullopt;
  return resident_bytes_in(line);
}

MemoryWatch::Advice MemoryWatch::look(std::uint64_t resident, std::uint64_t limit, TimePoint now) {
  if (resident <= limit) return Advice::fine;
  if (!recycled_at_ || now - *recycled_at_ >= gap_) return Advice::recycle;
  if (told_) return Advice::fine;
  told_ = true;
  return Advice::too_small;
}

void MemoryWatch::recycled(TimePoint now) {
  // One that held out for long begins anew.
  if (recycled_at_) gap_ = now - *recycled_at_ >= 4 * gap_ ? kGapMin : std::min<Duration>(gap_ * 2, kGapMax);
  recycled_at_ = now;
  told_ = false;
}

}  // namespace vfleet::cli
