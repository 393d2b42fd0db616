#pragma once

#include "control/server/command_desk.h"
#include "control/server/masking.h"

namespace vfleet::control::server {

/// Makes an earlier revision's rules and groups hold again, as a new revision.
class RollbackDesk {
 public:
  /// All must outlive this.
  RollbackDesk(Core& core, CommandDesk& commands, const Masking& masking)
      : core_(core), commands_(commands), masking_(masking) {}

  void handle(const CommandDesk::Asker& asker, const api::Rollback& request);

  static constexpr std::size_t kLinesMax = 200;  ///< of changes that are listed; the rest is counted

 private:
  void to_past(const CommandDesk::Asker& asker, const api::Rollback& request, const journal::Past& past);
  void when_quiet(const CommandDesk::Asker& asker, const api::Rollback& request,
                  std::shared_ptr<const journal::Past> past, int tries);
  [[nodiscard]] std::vector<std::string> lines_of(const bus::RuleDelta& delta) const;

  Core& core_;
  CommandDesk& commands_;
  const Masking& masking_;
};

}  // namespace vfleet::control::server
