#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "tests/chaos/ground.h"

namespace vfleet::chaos {

/// What an operator sets at random: one path of every device.
inline constexpr const char* kPath = "connector_power";

[[nodiscard]] std::string device_id(const std::string& group, int number);

/// A selector and, in terms as simple as can be, whom it means.
struct Aim {
  std::string text;
  std::function<bool(const std::string& group, int number)> matches;
};

/// A command, as its operator remembers it.
struct Asked {
  std::string id;
  std::string verb;
  Aim aim;
  std::uint64_t value = 0;  ///< watts, or the marker of a trigger; 0: unset
  Time at;
  bool control_was_well = true;  ///< all the time since
  std::optional<nlohmann::json> answer;
};

/// An operator who gives commands all the time and remembers every one.
class Scenario {
 public:
  Scenario(Ground& ground, const std::string& operator_endpoint);

  void command(Time now, bool control_is_well);
  /// Takes what has come; gives up what is too old.
  void take_answers(Time now);
  /// Whoever waits now may wait in vain.
  void control_troubled();

  [[nodiscard]] const std::vector<Asked>& asked() const { return asked_; }
  /// Nothing: nobody asked that.
  [[nodiscard]] const Asked* find(const std::string& id) const;
  [[nodiscard]] std::size_t open() const { return open_.size(); }

 private:
  [[nodiscard]] Aim pick_aim();

  Ground& ground_;
  zmq::context_t context_{1};
  zmq::socket_t operator_{context_, zmq::socket_type::dealer};
  std::vector<Asked> asked_;
  std::map<std::string, std::size_t> by_id_;
  std::set<std::size_t> open_;  // without an answer yet; the oldest first
};

}  // namespace vfleet::chaos
