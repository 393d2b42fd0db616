#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "control/keys/allow_list.h"
#include "simulator/bus/zap.h"
#include "simulator/core/clock.h"

namespace vfleet::control::server {

/// Says which keys come in at which socket, by control's own key and allowed.yaml. On the loop's thread.
class KeyGuard {
 public:
  /// ZAP domains: what a socket is for.
  static constexpr const char* kOperators = "operators";
  static constexpr const char* kWorkers = "workers";  ///< commands, too

  /// `clock` must outlive this. Errors: as load_server_keys() and AllowList::load().
  [[nodiscard]] static Result<KeyGuard> open(const std::string& folder, const Clock& clock);

  /// Whether a key may come in. A refusal is logged, not more than ten a second.
  [[nodiscard]] Result<bus::ZapGrant> decide(const bus::ZapRequest& request);

  /// The entry of a key as 64 hex digits (property Key of a message); null when it is not admitted (any
  /// more).
  [[nodiscard]] const keys::AllowedKey* find_hex(std::string_view key) const;

  /// Reads allowed.yaml again. True when a key went, or may do less or other things than before: whoever is
  /// connected has to prove itself again. A file that cannot be read leaves everything as it was; it is
  /// logged.
  [[nodiscard]] bool reread();

  [[nodiscard]] const std::string& allowed_file() const { return allowed_file_; }
  [[nodiscard]] const std::string& secret_key() const { return server_.keys.secret_key; }
  [[nodiscard]] std::string fingerprint() const { return bus::fingerprint(server_.keys.public_key); }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }

 private:
  KeyGuard(bus::KeyFile server, keys::AllowList list, std::string file, const Clock& clock)
      : server_(std::move(server)), list_(std::move(list)), allowed_file_(std::move(file)), clock_(&clock) {}
  void log_refusal(const bus::ZapRequest& request, const std::string& why);

  bus::KeyFile server_;
  keys::AllowList list_;
  std::string allowed_file_;
  const Clock* clock_;
  std::uint64_t refused_ = 0;
  std::uint64_t logged_ = 0;  // in the second that began at second_
  TimePoint second_{};
};

}  // namespace vfleet::control::server
