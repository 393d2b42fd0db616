#include "simulator/state/mapped_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace vfleet::state {
namespace {

constexpr int kAttempts = 16;

tl::unexpected<Error> unavailable(const std::string& path, const char* what, int error) {
  std::string text = "state file " + path + ": " + what + ": " + std::strerror(error);
  if (error == ENOSPC || error == EDQUOT || error == EFBIG) {
    text += "; free space there, choose another place with --state-dir, or run with --no-state";
  } else if (error == EACCES || error == EROFS || error == EPERM) {
    text += "; make it writable, choose another place with --state-dir, or run with --no-state";
  }
  return fail(Errc::unavailable, std::move(text));
}

}  // namespace

Result<std::unique_ptr<MappedFile>> MappedFile::open(const std::string& path, std::size_t bytes) {
  // A file that its owner moves away between our open() and our lock is not the one we want.
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    auto file = std::unique_ptr<MappedFile>(new MappedFile);
    file->path_ = path;
    file->fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file->fd_ < 0) return unavailable(path, "cannot open it", errno);
    if (::flock(file->fd_, LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) return unavailable(path, "cannot lock it", errno);
      return fail(Errc::rejected, "state file " + path +
                                      " is in use by another worker: two workers cannot host one shard; stop "
                                      "the other one, or give this one its own --state-dir");
    }
    struct stat held {};
    struct stat named {};
    if (::fstat(file->fd_, &held) != 0) return unavailable(path, "cannot look at it", errno);
    if (!S_ISREG(held.st_mode)) return fail(Errc::unavailable, "state file " + path + " is no ordinary file");
    if (::stat(path.c_str(), &named) != 0 || named.st_ino != held.st_ino || named.st_dev != held.st_dev)
      continue;
    file->found_ = static_cast<std::size_t>(held.st_size);
    const std::size_t size = std::max(file->found_, bytes);
    // Holes too: a copied file may have some.
    if (auto reserved = file->reserve(0, size); !reserved) return tl::unexpected<Error>(reserved.error());
    void* data = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file->fd_, 0);
    if (data == MAP_FAILED) return unavailable(path, "cannot map it", errno);
    file->data_ = static_cast<std::byte*>(data);
    file->size_ = size;
    return file;
  }
  return fail(Errc::unavailable, "state file " + path + " is moved away again and again by another process");
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(data_, size_);
  if (fd_ >= 0) ::close(fd_);
}

Status MappedFile::reserve(std::size_t from, std::size_t to) {
  if (to <= from) return {};
  int error = 0;
  do {
    error = ::posix_fallocate(fd_, static_cast<off_t>(from), static_cast<off_t>(to - from));
  } while (error == EINTR);
  if (error == 0) return {};
  // What was reserved in part is given back.
  struct stat held {};
  if (::fstat(fd_, &held) == 0 && static_cast<std::size_t>(held.st_size) > std::max(size_, found_)) {
    (void)!::ftruncate(fd_, static_cast<off_t>(std::max(size_, found_)));
  }
  return unavailable(path_, ("cannot reserve " + std::to_string(to >> 10) + " KiB").c_str(), error);
}

Status MappedFile::grow(std::size_t bytes) {
  if (bytes <= size_) return {};
  if (auto reserved = reserve(size_, bytes); !reserved) return reserved;
  void* data = ::mremap(data_, size_, bytes, MREMAP_MAYMOVE);
  if (data == MAP_FAILED) return unavailable(path_, "cannot map more of it", errno);
  data_ = static_cast<std::byte*>(data);
  size_ = bytes;
  return {};
}

Status MappedFile::rename(const std::string& to) {
  if (std::rename(path_.c_str(), to.c_str()) != 0) return unavailable(path_, "cannot move it aside", errno);
  path_ = to;
  return {};
}

}  // namespace vfleet::state
