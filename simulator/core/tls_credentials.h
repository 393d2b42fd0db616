#pragma once

#include <string>

namespace vfleet {

/// Certificates that a device got from its platform, for the TLS connections of its link. All in DER, one
/// after another.
struct TlsCredentials {
  std::string roots;        ///< trusted beside those of the configuration; empty: none
  std::string certificate;  ///< its own, then those above it; empty: none
  std::string key;          ///< of its own
};

/// The side of a device that may have some; looked for (dynamic_cast) when a connection is made.
class CredentialsHolder {
 public:
  /// `out` is empty before.
  virtual void credentials(TlsCredentials& out) const = 0;

 protected:
  ~CredentialsHolder() = default;
};

}  // namespace vfleet
