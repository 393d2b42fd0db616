#pragma once

#include <nlohmann/json_fwd.hpp>

#include "control/server/command_desk.h"
#include "control/server/masking.h"

namespace vfleet::control::server {

/// Answers what was commanded and what became of it, from the journal. Secrets are masked.
class HistoryDesk {
 public:
  /// Both must outlive this.
  HistoryDesk(Core& core, const Masking& masking) : core_(core), masking_(masking) {}

  void handle(const CommandDesk::Asker& asker, const api::History& request);

 private:
  void answer_list(const CommandDesk::Asker& asker, const std::vector<journal::Entry>& entries);
  void answer_one(const CommandDesk::Asker& asker, const std::string& what,
                  const Result<journal::Entry>& entry);
  void fail_with(const CommandDesk::Asker& asker, const Error& error);
  [[nodiscard]] nlohmann::json row(const journal::Entry& entry, bool whole) const;

  Core& core_;
  const Masking& masking_;
};

}  // namespace vfleet::control::server
