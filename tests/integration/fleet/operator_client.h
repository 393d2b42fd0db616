#pragma once

#include <initializer_list>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "tests/integration/fleet/process.h"

namespace vfleet::fleet_test {

/// Speaks the operators' protocol itself, so that a test can send without waiting, and nonsense too.
class OperatorClient {
 public:
  /// `socket` is the path of operator.sock (or of workers.sock, for nonsense).
  explicit OperatorClient(const std::string& socket);
  ~OperatorClient();
  OperatorClient(const OperatorClient&) = delete;
  OperatorClient& operator=(const OperatorClient&) = delete;

  void send(const std::string& id, const std::string& verb, const nlohmann::json& args);
  void send_raw(std::initializer_list<std::string> frames);
  /// The next `result` or `error` frame; nullopt when none came in time.
  [[nodiscard]] std::optional<nlohmann::json> result(milliseconds patience = seconds(60));

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vfleet::fleet_test
