#pragma once

#include <string>
#include <vector>

#include "simulator/core/result.h"
#include "simulator/core/time.h"

/// What `vfleet certs` does to a folder:
///
///   ca.crt ca.key            a CA of one's own, made once
///   server.crt server.key    for the platform
///   devices/ID.crt ID.key    one for each device
namespace vfleet::control::certs {

struct CertsWish {
  std::vector<std::string> server_names;  ///< names and addresses of the server; empty: none is made
  std::string server_file = "server";     ///< what its files are called
  std::vector<std::string> devices;       ///< ids
  Duration valid = std::chrono::hours(24 * 365);
  bool expired = false;  ///< what is made ended yesterday, for tests
  bool renew = false;    ///< device certificates that are there are made anew
};

struct CertsMade {
  std::string ca;  ///< file
  bool ca_is_new = false;
  std::string server;          ///< file of the certificate; empty: none was made
  std::string devices_folder;  ///< empty: no devices were named
  std::size_t devices_made = 0;
  std::size_t devices_kept = 0;
};

/// Errors: invalid_argument (an id, a name or a server_file that cannot be one: nothing was made then; a
/// ca.crt that is none), unavailable (files).
[[nodiscard]] Result<CertsMade> make_certs(const std::string& folder, const CertsWish& wish, WallTime now);

}  // namespace vfleet::control::certs
