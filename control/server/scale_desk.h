#pragma once

#include "control/server/command_desk.h"

namespace vfleet::control::server {

/// Changes how many devices groups have: over what the file says, until `scale GROUP=file`.
class ScaleDesk {
 public:
  /// Both must outlive this.
  ScaleDesk(Core& core, CommandDesk& commands) : core_(core), commands_(commands) {}

  void handle(const CommandDesk::Asker& asker, const api::Scale& request);

 private:
  Core& core_;
  CommandDesk& commands_;
};

}  // namespace vfleet::control::server
