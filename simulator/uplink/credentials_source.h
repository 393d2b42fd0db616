#pragma once

#include "simulator/core/tls_credentials.h"
#include "simulator/uplink/uplink.h"

namespace vfleet::uplink {

/// The side of an owner of links whose devices get certificates from their platform; looked for (dynamic_cast)
/// when a connection is made, by uplinks that use them.
class CredentialsSource {
 public:
  /// What the device of `link` got. `out` is empty before.
  virtual void credentials(LinkKey link, TlsCredentials& out) = 0;

 protected:
  ~CredentialsSource() = default;
};

}  // namespace vfleet::uplink
