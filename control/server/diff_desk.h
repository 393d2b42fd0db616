#pragma once

#include "control/server/command_desk.h"

namespace vfleet::control::server {

/// Answers where devices are not as they should be, and which workers are behind.
class DiffDesk {
 public:
  /// Both must outlive this.
  DiffDesk(Core& core, CommandDesk& commands) : core_(core), commands_(commands) {}

  void handle(const CommandDesk::Asker& asker, const api::Diff& request);

 private:
  struct Gathered;
  void finish(const CommandDesk::Asker& asker, const Gathered& gathered,
              const std::vector<std::uint32_t>& silent);

  Core& core_;
  CommandDesk& commands_;
};

}  // namespace vfleet::control::server
