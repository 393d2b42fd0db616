#pragma once

#include <string>
#include <string_view>

#include "simulator/core/result.h"

/// Keys of the CURVE handshake (Curve25519): who is who on a tcp:// socket. Keys are 32 raw bytes in a
/// string; files and people see them as 64 hex digits.
namespace vfleet::bus {

inline constexpr std::size_t kKeyBytes = 32;

struct KeyPair {
  std::string public_key;
  std::string secret_key;
};

/// The side that binds. Whom it lets in is the ZAP handler's to say, which must be there before.
struct CurveServer {
  std::string secret_key;
  std::string domain = "vfleet";  ///< told to the ZAP handler; not empty
};

/// The side that connects.
struct CurveClient {
  KeyPair keys;
  std::string server_key;  ///< the only server that this client talks to
};

/// Fresh keys from the system's random source. Errors: unavailable (a libzmq without CURVE).
[[nodiscard]] Result<KeyPair> make_key_pair();
/// The public key that belongs to a secret one. Errors: malformed (not kKeyBytes).
[[nodiscard]] Result<std::string> public_key_of(std::string_view secret_key);

[[nodiscard]] std::string to_hex(std::string_view key);
/// Errors: malformed (not 64 hex digits).
[[nodiscard]] Result<std::string> key_from_hex(std::string_view hex);
/// What people compare: the first 16 hex digits of a public key.
[[nodiscard]] std::string fingerprint(std::string_view public_key);

}  // namespace vfleet::bus
