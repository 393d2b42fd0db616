#pragma once

#include <functional>
#include <memory>
#include <string>

#include "control/server/ports.h"

namespace vfleet::loop {
class AsioLoop;
}

namespace vfleet::control::server {

/// Reads fleet files on a thread of its own, one after the other: a large file takes seconds, and beats must
/// go on.
class FleetLoader {
 public:
  /// Called on the thread.
  using Read = std::function<LoadedFleet(const std::string& file)>;

  /// `loop` must outlive this.
  FleetLoader(loop::AsioLoop& loop, Read read);
  /// Waits for the file that is being read; its `done` is not called any more.
  ~FleetLoader();
  FleetLoader(const FleetLoader&) = delete;
  FleetLoader& operator=(const FleetLoader&) = delete;

  /// `done` is called once, later, on the loop.
  void load(std::string file, std::function<void(LoadedFleet)> done);

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace vfleet::control::server
