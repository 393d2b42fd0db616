#include "control/server/run_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace vfleet::control::server {

namespace {

constexpr std::size_t kSocketPathMax = sizeof(sockaddr_un::sun_path) - 1;  // 107 on Linux
constexpr std::string_view kLongestName = "/operator.sock";

tl::unexpected<Error> system_error(const std::string& what) {
  return fail(Errc::unavailable, what + ": " + std::strerror(errno));
}

Status make_private(const std::string& path) {
  std::error_code error;
  const auto parent = std::filesystem::path(path).parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent, error);
  if (error) return fail(Errc::unavailable, "cannot create " + parent.string() + ": " + error.message());
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return system_error("cannot create " + path);
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return system_error(path);
  if (!S_ISDIR(found.st_mode)) return fail(Errc::invalid_argument, path + " is not a directory");
  if (found.st_uid != ::geteuid()) return fail(Errc::invalid_argument, path + " belongs to another user");
  if ((found.st_mode & 0077) != 0 && ::chmod(path.c_str(), 0700) != 0)
    return system_error("cannot protect " + path);
  return {};
}

std::string read_pid(int file) {
  char text[32] = {};
  const ssize_t size = ::pread(file, text, sizeof text - 1, 0);
  std::string pid(text, size > 0 ? static_cast<std::size_t>(size) : 0);
  while (!pid.empty() && pid.back() == '\n') pid.pop_back();
  return pid;
}

}  // namespace

Result<RunDirectory> RunDirectory::take(const std::string& given) {
  std::error_code error;
  std::string path = std::filesystem::absolute(given, error).lexically_normal().string();
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  if (error || path.empty()) return fail(Errc::invalid_argument, "run directory '" + given + "' is no path");
  if (path.size() + kLongestName.size() > kSocketPathMax) {
    return fail(Errc::invalid_argument,
                "run directory " + path + " is too long: sockets in it would pass " +
                    std::to_string(kSocketPathMax) + " bytes; give a path of at most " +
                    std::to_string(kSocketPathMax - kLongestName.size()) + " bytes with --run-dir");
  }
  if (auto made = make_private(path); !made) return tl::unexpected(made.error());

  const std::string lock_path = path + "/lock";
  const int lock = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return system_error(lock_path);
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    const std::string pid = read_pid(lock);
    ::close(lock);
    return fail(Errc::rejected, "another vfleet-control (pid " +
                                    (pid.empty() ? std::string("unknown") : pid) + ") holds " + path);
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(lock, 0) != 0 ||
      ::pwrite(lock, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    const auto failed = system_error(lock_path);
    ::close(lock);
    return failed;
  }
  RunDirectory directory(std::move(path), lock);
  directory.withdraw();  // what a killed control left
  return directory;
}

RunDirectory::RunDirectory(RunDirectory&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

RunDirectory::~RunDirectory() {
  if (lock_ >= 0) ::close(lock_);
}

Status RunDirectory::announce(std::string_view json) {
  const std::string target = path_ + "/control.json";
  const std::string fresh = target + ".new";
  {
    std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
    out << json << '\n';
    if (!out.flush()) return fail(Errc::unavailable, "cannot write " + fresh);
  }
  if (std::rename(fresh.c_str(), target.c_str()) != 0) return system_error("cannot write " + target);
  return {};
}

void RunDirectory::withdraw() {
  for (const char* name : {"/control.json", "/publish.sock", "/workers.sock", "/operator.sock"}) {
    ::unlink((path_ + name).c_str());
  }
}

}  // namespace vfleet::control::server
