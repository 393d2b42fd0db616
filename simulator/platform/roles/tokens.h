#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "simulator/core/clock.h"
#include "simulator/core/result.h"

namespace vfleet::platform {

struct TokenOptions {
  std::string path;  ///< that gives tokens; may have '*' and '?'; empty: none are asked for
  Duration lifetime = std::chrono::hours(1);  ///< whole seconds; 0: for good
  std::array<unsigned char, 32> secret{};     ///< the same in all processes of a platform
};

/// Bearer tokens of devices that log in over HTTP. A token tells by itself whose it is and how long it is
/// good, sealed with the secret: nothing is kept of it, and every process that knows the secret takes it.
class Tokens {
 public:
  /// `clock` outlives it.
  Tokens(const Clock& clock, TokenOptions options) : clock_(clock), options_(std::move(options)) {}

  /// Another secret each time. Errors: unavailable.
  [[nodiscard]] static Result<std::array<unsigned char, 32>> make_secret();

  [[nodiscard]] bool wanted() const { return !options_.path.empty(); }
  /// Whether requests to `target` (its path) log in.
  [[nodiscard]] bool gives(std::string_view target) const;
  /// Members for the answer to a login: "token":"...","expires":SECONDS. An empty device: good for all.
  [[nodiscard]] std::string issue(std::string_view device) const;
  /// Whether the value of an Authorization field lets reports of `device` (empty: of whom nobody knows) in.
  [[nodiscard]] bool let_in(std::string_view authorization, std::string_view device) const;

 private:
  [[nodiscard]] std::string sealed(std::string_view text) const;

  const Clock& clock_;
  TokenOptions options_;
};

}  // namespace vfleet::platform
