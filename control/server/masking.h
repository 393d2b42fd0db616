#pragma once

#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <utility>

#include "control/server/type_catalogue.h"
#include "simulator/bus/command.h"

namespace vfleet::control::server {

/// Hides the values of secret keys (schema: `secret`) in what operators are shown of commands and fleets.
class Masking {
 public:
  explicit Masking(const TypeCatalogue& catalogue);

  /// The arguments of a command with every secret as config::kMasked (masked.h).
  [[nodiscard]] nlohmann::json args(const bus::Command& command) const;
  /// A line for people: "set type=ip_camera secret=*** reports.heartbeat.every=2s".
  [[nodiscard]] std::string line(const bus::Command& command) const;

 private:
  void mask_args(std::string_view verb, nlohmann::json& args) const;
  void mask_values(nlohmann::json& values) const;
  void mask_group(nlohmann::json& group) const;

  std::set<std::string, std::less<>> paths_;
  std::set<std::pair<std::string, std::string>> in_records_;  // the list's path, the record's key
  std::set<std::pair<std::string, std::string>> in_actions_;  // action, argument
};

}  // namespace vfleet::control::server
