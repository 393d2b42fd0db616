#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/chaos/accidents.h"
#include "tests/chaos/scenario.h"

namespace vfleet::chaos {

/// What must hold once all is healed: whatever was promised is compared with what control, the devices and
/// the platform have. Ends the fleet.
class Account {
 public:
  Account(Ground& ground, Accidents& fleet, const Scenario& scenario)
      : ground_(ground), fleet_(fleet), scenario_(scenario) {}

  void check();

 private:
  void read_history();
  void check_requests();
  void check_request(const Asked& asked, bool perhaps_forgotten);
  void check_values();
  void check_markers();
  void check_figures();

  Ground& ground_;
  Accidents& fleet_;
  const Scenario& scenario_;
  std::map<std::string, nlohmann::json> history_;
};

}  // namespace vfleet::chaos
