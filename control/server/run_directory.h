#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "simulator/core/result.h"

namespace vfleet::control::server {

/// The run directory, held by one control at a time. It is given back when this is destroyed.
class RunDirectory {
 public:
  /// Creates it (mode 0700) when it is not there and takes its lock. Errors: invalid_argument (a path too
  /// long for sockets, not a directory, open to others), rejected (another control holds it; its pid is
  /// named), unavailable.
  [[nodiscard]] static Result<RunDirectory> take(const std::string& path);

  RunDirectory(RunDirectory&& other) noexcept;
  RunDirectory& operator=(RunDirectory&&) = delete;
  ~RunDirectory();

  [[nodiscard]] const std::string& path() const { return path_; }
  /// "ipc://PATH/publish.sock" and the like.
  [[nodiscard]] std::string publish_endpoint() const { return endpoint("publish.sock"); }
  [[nodiscard]] std::string workers_endpoint() const { return endpoint("workers.sock"); }
  [[nodiscard]] std::string operator_endpoint() const { return endpoint("operator.sock"); }

  /// Writes control.json whole or not at all: from then on others may connect.
  [[nodiscard]] Status announce(std::string_view json);
  /// Removes control.json and the sockets.
  void withdraw();

 private:
  RunDirectory(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}
  [[nodiscard]] std::string endpoint(std::string_view name) const {
    return "ipc://" + path_ + "/" + std::string(name);
  }

  std::string path_;
  int lock_;  // -1 when moved from
};

}  // namespace vfleet::control::server
