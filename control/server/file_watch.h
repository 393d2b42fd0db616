#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "simulator/core/result.h"
#include "simulator/core/time.h"

namespace vfleet::loop {
class AsioLoop;
}

namespace vfleet::control::server {

/// Tells when one of some files was saved: written in place, written aside and renamed, or reached by a link
/// that now leads elsewhere. What counts is that the file is another one or has other content than before, so
/// a file that was only read or touched by name is no change. Saves close to each other are told once.
///
/// inotify wakes it; a look every few seconds finds what inotify does not tell (network file systems, a
/// folder that was replaced, a lost event).
class FileWatch {
 public:
  /// A save is over when nothing happened for so long.
  static constexpr Duration kQuiet = std::chrono::milliseconds(200);
  /// A file that is not there is in the middle of being replaced, for so long.
  static constexpr Duration kMissing = std::chrono::seconds(1);
  static constexpr Duration kLook = std::chrono::seconds(2);

  /// `changed` gets the paths as they were given. `loop` must outlive this.
  using Changed = std::function<void(std::vector<std::string> files)>;
  FileWatch(loop::AsioLoop& loop, Changed changed);
  ~FileWatch();
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

  /// From now on these, as they are now; a file that was watched before keeps what is known of it.
  void watch(const std::vector<std::string>& files);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace vfleet::control::server
