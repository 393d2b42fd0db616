#pragma once

#include <string>

#include "control/server/command_desk.h"

namespace vfleet::control::server {

/// Reads the fleet file again and publishes what changed, as one revision.
class ReloadDesk {
 public:
  /// Both must outlive this.
  ReloadDesk(Core& core, CommandDesk& commands) : core_(core), commands_(commands) {}

  void handle(const CommandDesk::Asker& asker, const api::Reload& request);

 private:
  Core& core_;
  CommandDesk& commands_;
};

}  // namespace vfleet::control::server
