#include "control/server/desired_state.h"

namespace vfleet::control::server {

void DesiredState::record(bus::Command& command) {
  command.revision = ++revision_;
  rules_.record(command);
}

}  // namespace vfleet::control::server
