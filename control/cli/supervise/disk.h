#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace vfleet::cli {

/// What to do about a disk that is (nearly) full; empty when the file system of `path` has room.
[[nodiscard]] std::string full_disk_hint(const std::filesystem::path& path);

/// The same, for figures that are known: bytes and files that are free for us.
[[nodiscard]] std::string full_disk_hint(const std::filesystem::path& path, std::uint64_t free_bytes,
                                         bool files_left);

}  // namespace vfleet::cli
