#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/integration/fleet/process.h"

namespace vfleet::ocpp_test {

/// peer/csms.js: a CSMS made of npm ocpp-rpc, in a process of its own. Its strict mode checks every message
/// of either side against the published schemas, and conversation_rules.js what these cannot say. Or
/// peer/second_csms.js, made of npm ocpp-ts, which knows less of what can be asked here.
class Csms {
 public:
  explicit Csms(const std::string& script = "csms.js");
  Csms(const Csms&) = delete;
  Csms& operator=(const Csms&) = delete;

  [[nodiscard]] bool running() const { return process_->running(); }
  /// What goes into `uplink.ocpp.url`.
  [[nodiscard]] std::string url() const { return "ws://127.0.0.1:" + std::to_string(port_) + "/ocpp"; }
  /// Where firmware is and diagnostics may go.
  [[nodiscard]] std::string files() const { return "http://127.0.0.1:" + std::to_string(port_) + "/files"; }

  /// Sends a CALL to the charge point and waits: {"result":{..}} or {"error":{"code","message"}}.
  [[nodiscard]] nlohmann::json call(const std::string& device, const std::string& action,
                                    const nlohmann::json& payload) const;
  /// The member of the result; the whole answer's text when it has none.
  [[nodiscard]] std::string status_of(const std::string& device, const std::string& action,
                                      const nlohmann::json& payload) const;
  /// Sends any text and gives the answer to `id`, null when none came within `wait`.
  [[nodiscard]] nlohmann::json raw(const std::string& device, const std::string& text, const std::string& id,
                                   fleet_test::milliseconds wait = fleet_test::seconds(10)) const;
  /// How it listens for TLS.
  struct Tls {
    std::string name = "tls";  ///< the same again: from now on as this says
    std::string certificate;   ///< PEM
    std::string key;           ///< PEM
    std::string clients =
        {};               ///< CAs of the charge points' certificates, PEM; empty: they are not asked for one
    bool demand = false;  ///< who shows none is refused by TLS itself
  };
  /// The port.
  std::uint16_t listen(const Tls& tls) const;
  /// Changes what it answers; see `settings` in csms.js.
  void set(const nlohmann::json& values) const;
  /// What is done to the next `count` messages of that action: silent, error or drop.
  void mischief(const std::string& device, const std::string& action, const std::string& how,
                int count = 1) const;
  /// Breaks the connection of one, or of all when none is named.
  void drop(const std::string& device = {}) const;

  /// What is known of all: {"devices","counts","violations","refused","files"}.
  [[nodiscard]] nlohmann::json state() const { return get("/state"); }
  /// And of one: {"protocol","profile","certificate","registration","status","messages","transactions",..}.
  [[nodiscard]] nlohmann::json state(const std::string& device) const { return get("/state/" + device); }
  /// How many messages of that action came.
  [[nodiscard]] std::uint64_t got(const std::string& device, const std::string& action) const;
  /// The last of them; null when none came.
  [[nodiscard]] nlohmann::json last(const std::string& device, const std::string& action) const;
  /// What StatusNotification said last; "" when nothing.
  [[nodiscard]] std::string status(const std::string& device, int connector) const;
  /// Every rule that was broken, a line each; empty when none was.
  [[nodiscard]] std::string violations() const;

  /// Ends it, and checks all that was ever said with another library; a line for each message that it does
  /// not like. `messages` receives how many there were.
  [[nodiscard]] std::string second_opinion(std::uint64_t& messages);

 private:
  [[nodiscard]] nlohmann::json get(const std::string& path) const;
  [[nodiscard]] nlohmann::json order(const nlohmann::json& order) const;

  fleet_test::TempDir folder_;
  std::unique_ptr<fleet_test::Process> process_;
  std::uint16_t port_ = 0;
};

}  // namespace vfleet::ocpp_test
