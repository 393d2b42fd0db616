#include "control/server/desired_state.h"

#include <cassert>

namespace vfleet::control::server {

void DesiredState::record(const bus::Command& command) {
  assert(command.revision > revision_);
  revision_ = command.revision;
  rules_.record(command);
}

}  // namespace vfleet::control::server
