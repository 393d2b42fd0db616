#include "tests/support/mounts.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>

namespace vfleet::test {
namespace {

namespace fs = std::filesystem;

bool write(const char* path, const std::string& text) {
  std::ofstream out(path);
  return static_cast<bool>(out << text << std::flush);
}

bool enter_own_name_space() {
  const std::string user = std::to_string(::geteuid());
  const std::string group = std::to_string(::getegid());
  return ::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 && write("/proc/self/setgroups", "deny") &&
         write("/proc/self/uid_map", "0 " + user + " 1") &&
         write("/proc/self/gid_map", "0 " + group + " 1") &&
         ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

// Calls `mount`, and once more in a name space of its own when this process may not.
template <class Mount>
bool mount_somehow(const Mount& mount) {
  return mount() || (enter_own_name_space() && mount());
}

fs::path filler(const fs::path& disk) {
  return disk / "filler";
}

}  // namespace

SmallDisk::SmallDisk(fs::path path, std::size_t bytes) : path_(std::move(path)) {
  fs::create_directories(path_);
  const std::string options = "mode=0700,size=" + std::to_string(bytes);
  mounted_ = mount_somehow([&] { return ::mount("none", path_.c_str(), "tmpfs", 0, options.c_str()) == 0; });
}

SmallDisk::~SmallDisk() {
  if (mounted_) ::umount2(path_.c_str(), MNT_DETACH);
}

void SmallDisk::fill(std::size_t bytes) const {
  std::ofstream out(filler(path_), std::ios::app);
  const std::string block(4096, 'x');
  while (bytes > 0) {
    const std::size_t length = std::min(bytes, block.size());
    if (!out.write(block.data(), static_cast<std::streamsize>(length)).flush()) return;
    bytes -= length;
  }
}

void SmallDisk::empty() const {
  fs::remove(filler(path_));
}

ReadOnlyFile::ReadOnlyFile(fs::path path) : path_(std::move(path)) {
  const char* at = path_.c_str();
  if (!mount_somehow([&] { return ::mount(at, at, nullptr, MS_BIND, nullptr) == 0; })) return;
  mounted_ = true;
  struct statvfs now {};
  EXPECT_EQ(::statvfs(at, &now), 0);
  // What its file system forbids stays forbidden: nobody may lift that in a name space of his own.
  unsigned long flags = MS_BIND | MS_REMOUNT | MS_RDONLY;
  if ((now.f_flag & ST_NOSUID) != 0) flags |= MS_NOSUID;
  if ((now.f_flag & ST_NODEV) != 0) flags |= MS_NODEV;
  if ((now.f_flag & ST_NOEXEC) != 0) flags |= MS_NOEXEC;
  EXPECT_EQ(::mount(nullptr, at, nullptr, flags, nullptr), 0);
}

ReadOnlyFile::~ReadOnlyFile() {
  if (mounted_) ::umount2(path_.c_str(), MNT_DETACH);
}

}  // namespace vfleet::test
