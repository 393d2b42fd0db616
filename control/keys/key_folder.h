#pragma once

#include <string>

#include "control/keys/allow_list.h"

/// What `vfleet keygen` does to a folder of keys:
///
///   server.key server.pub    control's own
///   NAME.key NAME.pub        a client's
///   allowed.yaml             the keys that control admits; only where server.key is
namespace vfleet::control::keys {

inline constexpr const char* kAllowedFile = "allowed.yaml";

struct MadeKey {
  bus::KeyFile key;         ///< without its secret
  std::string secret_file;  ///< empty when the key was made elsewhere
  std::string public_file;
  std::string allowed_file;  ///< empty when the folder is not control's: the public file must get there
};

/// Makes server.key, server.pub and an allowed.yaml that admits nobody. Creates the folder (0700). Errors:
/// rejected (there is a key already), unavailable.
[[nodiscard]] Result<MadeKey> make_server_key(const std::string& folder);

/// Makes NAME.key and NAME.pub, and admits the key where the folder is control's. Errors: invalid_argument
/// (name, role, no server.pub), rejected (the name is taken; an allowed.yaml that cannot be added to).
[[nodiscard]] Result<MadeKey> make_client_key(const std::string& folder, const AllowedKey& wanted);

/// Admits a key that was made elsewhere; `wanted.key` comes out of `public_file`. Errors: as above.
[[nodiscard]] Result<MadeKey> admit_public_key(const std::string& folder, const std::string& public_file,
                                               AllowedKey wanted);

}  // namespace vfleet::control::keys
