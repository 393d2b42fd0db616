#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace vfleet::platform {

/// How long a test waits for what must happen.
inline constexpr std::chrono::seconds kPatience{60};

/// A raw TCP client that sees every byte; all waits end after kPatience.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  /// False when the peer has gone.
  bool send(std::string_view bytes);
  /// One whole HTTP response, head and body as they came; what had come when the peer closes or time is up.
  std::string response();
  /// All bytes until the peer closes.
  std::string rest();
  /// Whether the peer has closed (in order or not) before the patience ended.
  [[nodiscard]] bool closed() const { return closed_; }

  /// Sends a request with these parts and returns response().
  std::string request(std::string_view method, std::string_view target, std::string_view body = {});

 private:
  bool receive();  // more bytes into in_

  int socket_ = -1;
  std::string in_;
  bool closed_ = false;
};

/// The real vfleet-platform, on a free port unless `arguments` name one with --http; ended (SIGKILL if need be) with this.
class PlatformProcess {
 public:
  explicit PlatformProcess(std::vector<std::string> arguments = {});
  ~PlatformProcess();
  PlatformProcess(const PlatformProcess&) = delete;
  PlatformProcess& operator=(const PlatformProcess&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] const std::string& first_line() const { return first_line_; }
  /// The value of `name=` in the first line.
  [[nodiscard]] std::string listening(const std::string& name) const;

  /// A request on a connection of its own; the body of the answer as JSON, discarded when it is none.
  [[nodiscard]] nlohmann::json call(std::string_view method, std::string_view target,
                                    std::string_view body = {}) const;
  [[nodiscard]] nlohmann::json figures() const { return call("GET", "/figures"); }
  /// Asks for the figures until `good` holds; false when it never did.
  [[nodiscard]] bool figures_become(const std::function<bool(const nlohmann::json&)>& good) const;

  /// Sends `signal` (0: none), waits for the end; what was printed after the first line.
  std::string end(int signal);
  /// The exit status after end(); -1 when it was killed.
  [[nodiscard]] int exit_status() const { return exit_status_; }

 private:
  std::string read_line();
  void wait_for_end();

  pid_t pid_ = -1;
  int output_ = -1;
  std::string first_line_;
  std::uint16_t port_ = 0;
  int exit_status_ = -1;
};

/// A whole report in the JSON envelope, sent and due now.
[[nodiscard]] std::string make_report(std::string_view device, std::uint64_t seq,
                                      std::string_view type = "meter", std::string_view data = R"({"n":1})",
                                      std::string_view id = {});
/// A whole POST request around `body`.
[[nodiscard]] std::string make_post(std::string_view body, std::string_view target = "/ingest");
/// What stands after the head of a response.
[[nodiscard]] std::string body_of(std::string_view response);

}  // namespace vfleet::platform
