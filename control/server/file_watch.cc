#include "control/server/file_watch.h"

#include <spdlog/spdlog.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "simulator/loop/asio_loop.h"

namespace vfleet::control::server {

namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kEvents = IN_CLOSE_WRITE | IN_MODIFY | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE |
                                  IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

/// What tells one content of a file from another: device, inode, size, time of the last write.
using Print = std::tuple<dev_t, ino_t, off_t, time_t, long>;

std::optional<Print> print_of(const std::string& file) {
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0) return std::nullopt;
  return Print{info.st_dev, info.st_ino, info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec};
}

std::string folder_of(const fs::path& file) {
  const fs::path parent = file.parent_path();
  return parent.empty() ? "." : parent.string();
}

}  // namespace

struct FileWatch::Impl : std::enable_shared_from_this<FileWatch::Impl> {
  struct File {
    std::optional<Print> print;  // as it was told, or was when it was first watched
    TimePoint missing_since = kNever;
  };

  Impl(loop::AsioLoop& event_loop, Changed told)
      : loop(event_loop),
        changed(std::move(told)),
        inotify(event_loop.context()),
        settle(event_loop, [this] { compare(); }),
        look(event_loop, [this] { look_again(); }) {}

  void start() {
    const int descriptor = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (descriptor < 0) {
      spdlog::warn("saved files are found by looking every {} s only: inotify: {}", to_seconds(kLook),
                   std::strerror(errno));
    } else {
      inotify.assign(descriptor);
      wait();
    }
    look.arm_in(kLook);
  }

  void wait() {
    inotify.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                       [weak = weak_from_this()](const boost::system::error_code& error) {
                         const auto self = weak.lock();
                         if (!self || error) return;
                         self->drain();
                         self->wait();
                       });
  }

  /// Which events came does not matter: the files are looked at.
  void drain() {
    std::array<char, 16 * 1024> buffer;
    while (::read(inotify.native_handle(), buffer.data(), buffer.size()) > 0) {
    }
    settle.arm_in(kQuiet);
  }

  void look_again() {
    follow_folders();
    compare();
    look.arm_in(kLook);
  }

  /// Adding a folder again is harmless, and needed when it was replaced.
  void follow_folders() {
    if (!inotify.is_open()) return;
    std::set<std::string> wanted;
    for (const auto& [path, file] : files) {
      wanted.insert(folder_of(path));
      std::error_code error;
      const fs::path target = fs::canonical(path, error);
      if (!error) wanted.insert(folder_of(target));
    }
    std::map<std::string, int> now;
    for (const std::string& folder : wanted) {
      const int number = ::inotify_add_watch(inotify.native_handle(), folder.c_str(), kEvents);
      if (number >= 0) {
        now.emplace(folder, number);
      } else if (errno == ENOSPC && !complained) {
        complained = true;
        spdlog::warn(
            "saved files are found by looking every {} s only: no inotify watch is left "
            "(sysctl fs.inotify.max_user_watches)",
            to_seconds(kLook));
      }
    }
    std::set<int> kept;
    for (const auto& [folder, number] : now) kept.insert(number);
    for (const auto& [folder, number] : folders) {
      if (!kept.contains(number)) ::inotify_rm_watch(inotify.native_handle(), number);
    }
    folders = std::move(now);
  }

  void compare() {
    const TimePoint now = loop.now();
    std::vector<std::string> found;
    bool replacing = false;
    for (auto& [path, file] : files) {
      const auto print = print_of(path);
      if (print == file.print) {
        file.missing_since = kNever;
        continue;
      }
      if (!print) {
        if (file.missing_since == kNever) file.missing_since = now;
        if (now - file.missing_since < kMissing) {
          replacing = true;
          continue;
        }
      }
      found.push_back(path);
    }
    // A save of several files is told as a whole.
    if (replacing) return settle.arm_in(kQuiet);
    if (found.empty()) return;
    for (const std::string& path : found) files[path] = {print_of(path), kNever};
    follow_folders();
    changed(std::move(found));
  }

  loop::AsioLoop& loop;
  Changed changed;
  boost::asio::posix::stream_descriptor inotify;
  loop::CallbackTimer settle;
  loop::CallbackTimer look;
  std::map<std::string, File> files;
  std::map<std::string, int> folders;
  bool complained = false;
};

FileWatch::FileWatch(loop::AsioLoop& loop, Changed changed)
    : impl_(std::make_shared<Impl>(loop, std::move(changed))) {
  impl_->start();
}

FileWatch::~FileWatch() {
  boost::system::error_code ignored;
  impl_->inotify.close(ignored);
}

void FileWatch::watch(const std::vector<std::string>& files) {
  std::map<std::string, Impl::File> next;
  for (const std::string& path : files) {
    const auto known = impl_->files.find(path);
    next.emplace(path, known != impl_->files.end() ? known->second : Impl::File{print_of(path), kNever});
  }
  impl_->files = std::move(next);
  impl_->follow_folders();
}

}  // namespace vfleet::control::server
