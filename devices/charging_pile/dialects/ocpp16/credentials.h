#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "devices/charging_pile/dialects/ocpp16/certificates.h"
#include "devices/charging_pile/dialects/ocpp16/reply.h"

namespace vfleet::pile::ocpp16 {

enum class RootUse : std::uint8_t { central_system, manufacturer };

/// The certificates of one charge point: roots that the CSMS installed, and its own with their key. Made when
/// the first one comes; charge points with the same root share its text. Loop thread only.
class Credentials {
 public:
  struct Root {
    RootUse use = RootUse::central_system;
    std::shared_ptr<const std::string> pem;  // shared by all charge points that have it
  };

  /// In place of the same one.
  void install(RootUse use, std::string_view pem);
  [[nodiscard]] const std::vector<Root>& roots() const { return roots_; }
  [[nodiscard]] bool has(RootUse use) const;
  [[nodiscard]] bool has(RootUse use, std::string_view pem) const;
  enum class Deleted : std::uint8_t { yes, not_found };
  Deleted remove(const CertificateHash& hash);

  /// Makes a key, in place of one whose certificate never came, and the request for its certificate (PEM).
  /// Errors: as make_certificate_request().
  [[nodiscard]] Result<std::string> request_certificate(std::string_view common_name,
                                                        std::string_view organization);
  /// Takes the certificate that was asked for. Errors: as check_signed_certificate().
  [[nodiscard]] Status take_certificate(std::string_view chain, WallTime now);
  /// PEM; empty: none came yet.
  [[nodiscard]] const std::string& certificate() const { return certificate_; }
  [[nodiscard]] const std::string& key() const { return key_; }

 private:
  std::vector<Root> roots_;
  std::string wished_key_;   // of the request that waits for its certificate
  std::string key_;          // of certificate_
  std::string certificate_;  // and those above it
};

// The payloads were found good by the message tables. `credentials`: null while there are none. `why` of a
// reply that is no "Accepted" is for the security log too.
[[nodiscard]] Reply install_certificate(std::unique_ptr<Credentials>& credentials, std::size_t most,
                                        const nlohmann::json& request, WallTime now);
[[nodiscard]] Reply delete_certificate(std::unique_ptr<Credentials>& credentials,
                                       const nlohmann::json& request);
[[nodiscard]] Reply get_installed_certificates(const Credentials* credentials, const nlohmann::json& request);
[[nodiscard]] Reply certificate_signed(Credentials* credentials, const nlohmann::json& request, WallTime now);

}  // namespace vfleet::pile::ocpp16
