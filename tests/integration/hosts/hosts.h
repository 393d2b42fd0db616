#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace vfleet::hosts_test {

/// Hosts on one machine: network namespaces, each with an address 10.77.0.N and a cable to a switch that runs
/// in this process. The switch can hold packets back, lose some, or all of them: a cut cable leaves no trace
/// but silence, as a real one.
class Hosts {
 public:
  /// Why there can be none here ("not root", ...); empty when there can.
  [[nodiscard]] static std::string unavailable();

  /// Hosts 1 to `hosts`.
  explicit Hosts(int hosts);
  ~Hosts();
  Hosts(const Hosts&) = delete;
  Hosts& operator=(const Hosts&) = delete;

  [[nodiscard]] static std::string address(int host) { return "10.77.0." + std::to_string(host); }
  /// Runs `task` on that host: processes that it starts belong there. Waits for its end.
  void on(int host, const std::function<void()>& task);

  /// Each packet to or from the host takes so long in the cable; one way.
  void set_delay(int host, std::chrono::milliseconds one_way);
  /// So many of 1000 packets to or from the host are lost.
  void set_loss(int host, int per_mille);
  void cut(int host);
  void mend(int host);

  [[nodiscard]] std::uint64_t carried() const;
  [[nodiscard]] std::uint64_t lost() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vfleet::hosts_test
