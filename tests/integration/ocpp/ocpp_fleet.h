#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/integration/fleet/running_fleet.h"
#include "tests/integration/ocpp/csms.h"

namespace vfleet::ocpp_test {

using fleet_test::eventually;
using nlohmann::json;

/// Real charging piles of a real worker, and a CSMS that is not ours.
class OcppFleet : public testing::Test {
 protected:
  /// What a fleet is made of. `config` and `uplink` are keys in YAML's flow style, "a: 1, b: {c: 2}".
  struct Settings {
    int count = 1;
    double time_scale = 1;
    std::string config;
    std::string uplink;
  };

  explicit OcppFleet(const std::string& csms = "csms.js") : csms_(csms) {}
  void TearDown() override { tell_what_was_said(); }

  /// Starts it; its devices are pile-00001 and so on.
  void start(const Settings& settings);
  /// Waits until all that were started are accepted and have told each connector's status.
  [[nodiscard]] bool all_accepted() const;

  /// An operator does something to a device, and it must work: act("plug", "connector=1").
  void act(const std::string& action, const std::vector<std::string>& args = {}) const;
  /// Plugs in, presents `card` and waits for the transaction's number; -1 when none came.
  [[nodiscard]] std::int64_t begin_transaction(int connector, const std::string& card = "CARD-1") const;

  [[nodiscard]] bool status_becomes(int connector, const std::string& status) const {
    return eventually([&] { return csms_.status(kPile, connector) == status; });
  }
  /// Waits until at least so many messages of that action have come in all.
  [[nodiscard]] bool gets(const std::string& action, std::uint64_t count) const {
    return eventually([&] { return csms_.got(kPile, action) >= count; });
  }
  /// Payloads of that action, oldest first.
  [[nodiscard]] std::vector<json> messages(const std::string& action,
                                           const std::string& device = kPile) const;

  /// No rule was broken in at least so many messages, in the opinion of both libraries.
  void expect_conformance(std::uint64_t messages_least = 8);

  /// Logs the last messages of the first pile when the test has failed.
  void tell_what_was_said() const;

  static constexpr const char* kPile = "pile-00001";
  Csms csms_;
  std::unique_ptr<fleet_test::RunningFleet> fleet_;
  Settings settings_;
};

}  // namespace vfleet::ocpp_test
