#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vfleet {
struct TlsCredentials;
}

namespace vfleet::net {

/// How the TLS connections of one source are made.
struct TlsOptions {
  bool verify = true;             ///< the server's chain, dates and name
  std::string ca;                 ///< file of PEM certificates that are trusted; empty: the system's
  std::string name;               ///< for SNI (unless an address) and the check of the certificate
  std::string certificate;        ///< file of a PEM chain, the same for every connection; empty: none
  std::string key;                ///< file of its key; empty: in `certificate`
  std::vector<std::string> alpn;  ///< protocols to offer, the favourite first; empty: no ALPN
  bool resume = true;             ///< sessions are kept and resumed
};

/// The certificate of one device, where each has its own. Views are read while the stream is made.
struct TlsIdentity {
  std::string_view certificate;  ///< file; empty: what TlsOptions says
  std::string_view key;          ///< file; empty: in `certificate`
  std::uint64_t device = 0;      ///< sessions are resumed by the device that they were made for
  /// What it got from its platform: goes before both of the above. Null: nothing.
  const TlsCredentials* given = nullptr;
  bool needs_given = false;  ///< without a certificate in `given` it cannot be used
};

}  // namespace vfleet::net
