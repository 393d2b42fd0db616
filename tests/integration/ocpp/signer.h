#pragma once

#include <string>
#include <vector>

#include "tests/integration/fleet/process.h"

namespace vfleet::ocpp_test {

/// A key and a certificate of the CSMS's own making, and what `openssl` does with them.
class Signer {
 public:
  explicit Signer(const std::string& name = "CSMS Root");

  [[nodiscard]] std::string certificate() const { return fleet_test::read_file(folder_ / "cert"); }
  /// Base64, of SHA-256.
  [[nodiscard]] std::string sign(const std::string& bytes) const;
  /// The certificate that a signing request asks for.
  [[nodiscard]] std::string issue(const std::string& request) const;
  /// A key and a certificate for the server at that name or address.
  struct Server {
    std::string certificate;
    std::string key;
  };
  [[nodiscard]] Server serve(const std::string& name) const;

 private:
  void run(std::vector<std::string> words) const;
  fleet_test::TempDir folder_;
};

}  // namespace vfleet::ocpp_test
