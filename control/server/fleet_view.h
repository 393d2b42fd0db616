#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "control/server/checks.h"
#include "simulator/bus/selector.h"
#include "simulator/config/fleet_spec.h"

namespace vfleet::control::server {

/// What control can tell of devices without asking a worker: who they are. State it does not know.
class FleetView {
 public:
  /// Both must outlive this.
  FleetView(const config::FleetSpec& fleet, const TypeCatalogue& catalogue);
  ~FleetView();
  FleetView(FleetView&&) noexcept;
  FleetView& operator=(FleetView&&) noexcept;

  /// The types of the devices that `selector` may match; of the whole fleet when it matches none or asks for
  /// state.
  [[nodiscard]] const Types& types_reached(const bus::Selector& selector);
  /// The fleet's types.
  [[nodiscard]] const Types& types() const { return types_; }
  /// Whether `selector` matches any device; state and limit are not looked at.
  [[nodiscard]] bool reaches(const bus::Selector& selector) const;
  /// How many devices of `group` the selector matches, state and limit not looked at.
  [[nodiscard]] std::uint64_t count(const bus::Selector& selector, const config::GroupSpec& group) const;

  /// Whether `selector`, which asks for identity only, matches the device with this id. Of a device that the
  /// fleet no longer has only the id is known.
  [[nodiscard]] bool matches(const bus::Selector& selector, std::string_view id) const;

 private:
  struct Group;
  [[nodiscard]] static bool reaches(const Group& group, const bus::Selector& selector);
  [[nodiscard]] Types find_types(const bus::Selector& selector) const;

  std::vector<Group> groups_;
  Types types_;
  std::map<std::string, Types> cache_;  // by selector text; bounded
};

}  // namespace vfleet::control::server
