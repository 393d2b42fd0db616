#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "simulator/bus/curve.h"
#include "simulator/core/result.h"

/// Files with keys, made by `vfleet keygen`: lines of `name: value`, `#` begins a comment.
namespace vfleet::bus {

/// What the holder of a key may do.
enum class Role : std::uint8_t {
  server,     ///< control itself
  worker,     ///< host devices: nothing on the operators' socket
  operator_,  ///< every verb
  viewer,     ///< verbs that only look
};

[[nodiscard]] std::string_view to_string(Role role);
/// "worker", "operator", "viewer" or "server". Errors: invalid_argument.
[[nodiscard]] Result<Role> role_from(std::string_view word);

/// A key's name: 1 to 64 of letters, digits, '-', '_' and '.', not beginning with a dot. Errors:
/// invalid_argument.
[[nodiscard]] Status check_key_name(std::string_view name);

struct KeyFile {
  std::string name;
  Role role = Role::worker;
  KeyPair keys;            ///< `secret_key` is empty in a public file
  std::string server_key;  ///< of control; empty when the file does not say
};

/// The text of NAME.key (with_secret) or NAME.pub.
[[nodiscard]] std::string render(const KeyFile& file, bool with_secret);
/// Reads either; never throws. Errors: malformed, with the line; a secret that does not belong to the public
/// key.
[[nodiscard]] Result<KeyFile> parse_key_file(std::string_view text);

/// Reads a file with a secret. Errors: not_found, unavailable, too_large, malformed; rejected when others
/// than its owner may read it (with what to do).
[[nodiscard]] Result<KeyFile> load_secret(const std::string& path);
/// Reads the public part of a file. Errors: as above, but who may read it does not matter.
[[nodiscard]] Result<KeyFile> load_public(const std::string& path);

/// What a client of control needs, and its name.
struct ClientKeys {
  std::string name;
  Role role = Role::operator_;
  CurveClient curve;
};

/// `path` is a NAME.key, or a folder with exactly one such file that is not the server's (or exactly one of
/// `wanted`). Control's public key is in the file or in server.pub beside it. Errors: as load_secret();
/// invalid_argument when the folder leaves a choice or server.pub is missing.
[[nodiscard]] Result<ClientKeys> load_client_keys(const std::string& path, Role wanted);

/// FOLDER/server.key. Errors: as load_secret().
[[nodiscard]] Result<KeyFile> load_server_keys(const std::string& folder);

}  // namespace vfleet::bus
