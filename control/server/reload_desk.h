#pragma once

#include <deque>
#include <string>

#include "control/server/command_desk.h"

namespace vfleet::control::server {

/// Reads the fleet file again and publishes what changed, as one revision.
class ReloadDesk {
 public:
  /// Both must outlive this.
  ReloadDesk(Core& core, CommandDesk& commands) : core_(core), commands_(commands) {}

  /// Reading takes a while; requests that come meanwhile wait for their turn.
  void handle(const CommandDesk::Asker& asker, const api::Reload& request);
  /// A fleet that goes on follows its file: the differences are one revision, as command `id`. The file must
  /// be one that it can follow.
  void follow(config::FleetSpec file, const std::string& id);

 private:
  struct Waiting {
    CommandDesk::Asker asker;
    api::Reload request;
  };
  void read_next();
  void change_to(const CommandDesk::Asker& asker, const std::string& file, config::FleetSpec next,
                 const api::Reload& request);
  void apply(const Waiting& reload, const std::string& file, Result<config::FleetSpec> loaded);

  Core& core_;
  CommandDesk& commands_;
  std::deque<Waiting> waiting_;  // the first one is being read
};

}  // namespace vfleet::control::server
