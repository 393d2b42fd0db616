#pragma once

#include <memory>
#include <string>

namespace vfleet::chaos {

/// A cable that can be cut: carries the bytes between a unix socket of its own and another one, on a thread.
class Relay {
 public:
  /// Listens at `path`; each connection is carried to `target`.
  Relay(const std::string& path, std::string target);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  enum class Cable {
    whole,
    silent,  ///< nothing passes and nobody is told: connections stay open
    broken,  ///< connections are closed and new ones refused
  };
  void set(Cable cable);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vfleet::chaos
