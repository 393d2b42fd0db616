#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace vfleet::cli {

/// A control process as operators see it: a ROUTER on DIR/operator.sock in a thread of its own, and a
/// control.json.
class FakeControl {
 public:
  using json = nlohmann::json;
  /// The frames that answer a request; "id" is filled in where it is missing.
  using Script = std::function<std::vector<json>(const json& request)>;

  /// Creates `run_dir` when it is not there. Answers once the constructor returns.
  FakeControl(const std::filesystem::path& run_dir, Script script, const std::string& fleet = "demo");
  ~FakeControl();
  FakeControl(const FakeControl&) = delete;
  FakeControl& operator=(const FakeControl&) = delete;

  /// Every request so far, in order.
  [[nodiscard]] std::vector<json> requests() const;
  /// The same, once `count` have come; gives up after ten seconds.
  [[nodiscard]] std::vector<json> wait_for_requests(std::size_t count) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Answers everything with this result, as control does for commands.
[[nodiscard]] FakeControl::Script answer_with(nlohmann::json result);

}  // namespace vfleet::cli
