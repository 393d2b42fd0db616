#pragma once

#include <sys/resource.h>

#include <csignal>
#include <cstdint>

namespace vfleet::test {

/// No file of this process may grow beyond a size, as on a disk that is full.
class SmallFiles {
 public:
  explicit SmallFiles(std::uint64_t bytes) : before_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &limit_);
    rlimit small = limit_;
    small.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &small);
  }
  ~SmallFiles() {
    ::setrlimit(RLIMIT_FSIZE, &limit_);
    std::signal(SIGXFSZ, before_);
  }
  SmallFiles(const SmallFiles&) = delete;
  SmallFiles& operator=(const SmallFiles&) = delete;

 private:
  rlimit limit_{};
  void (*before_)(int);
};

}  // namespace vfleet::test
