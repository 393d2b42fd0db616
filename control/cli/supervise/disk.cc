#include "control/cli/supervise/disk.h"

#include <fmt/format.h>
#include <sys/statvfs.h>

#include "control/cli/render/figures.h"

namespace vfleet::cli {
namespace {

constexpr std::uint64_t kFreeBytesMin = std::uint64_t{4} << 20U;

}  // namespace

std::string full_disk_hint(const std::filesystem::path& path, std::uint64_t free_bytes, bool files_left) {
  if (free_bytes >= kFreeBytesMin && files_left) return {};
  const std::string what = files_left ? fmt::format("{} are free", bytes_text(free_bytes))
                                      : std::string("no further file can be made there");
  return fmt::format("the disk of {} is full ({}): make room there, or --run-dir on another disk",
                     path.string(), what);
}

std::string full_disk_hint(const std::filesystem::path& path) {
  struct statvfs info = {};
  if (::statvfs(path.c_str(), &info) != 0) return {};
  return full_disk_hint(path, std::uint64_t{info.f_bavail} * info.f_frsize,
                        info.f_files == 0 || info.f_favail > 0);
}

}  // namespace vfleet::cli
