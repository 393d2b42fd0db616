#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "devices/charging_pile/dialects/ocpp16/certificates.h"
#include "devices/charging_pile/dialects/ocpp16/reply.h"
#include "simulator/core/tls_credentials.h"

namespace vfleet::pile::ocpp16 {

enum class RootUse : std::uint8_t { central_system, manufacturer };

/// The certificates of one charge point, in DER: roots that the CSMS installed, and its own with their key.
/// Made when the first one comes; charge points with the same root share its bytes. Loop thread only.
class Credentials {
 public:
  /// So many bytes are kept in all: what is more is refused.
  static constexpr std::size_t kBytesMost = 3072;

  struct Root {
    RootUse use = RootUse::central_system;
    std::shared_ptr<const std::string> der;  // shared by all charge points that have it
  };

  /// Whether so many more are not too many.
  [[nodiscard]] bool has_room(std::size_t bytes) const { return size() + bytes <= kBytesMost; }
  /// In place of the same one.
  void install(RootUse use, std::string_view der);
  [[nodiscard]] const std::vector<Root>& roots() const { return roots_; }
  [[nodiscard]] bool has(RootUse use) const;
  [[nodiscard]] bool has(RootUse use, std::string_view der) const;
  enum class Deleted : std::uint8_t { yes, not_found };
  Deleted remove(const CertificateHash& hash);

  /// Makes a key, in place of one whose certificate never came, and the request for its certificate (PEM).
  /// Errors: as make_certificate_request().
  [[nodiscard]] Result<std::string> request_certificate(std::string_view common_name,
                                                        std::string_view organization);
  /// Takes the certificate that was asked for (PEM). Errors: as read_signed_certificate(), rejected (there is
  /// no room for it).
  [[nodiscard]] Status take_certificate(std::string_view chain, WallTime now);
  /// And those above it; empty: none came yet.
  [[nodiscard]] const std::string& certificate() const { return own_.certificate; }
  [[nodiscard]] const std::string& key() const { return own_.key; }
  /// A certificate that was taken is good: the one before it is not needed any more.
  void confirm() { before_ = {}; }
  /// It is not: the one before it is the certificate again. False: there was none.
  bool fall_back();

  /// What TLS connections use of it.
  void give(TlsCredentials& out) const;

  /// Of all that is kept.
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::size_t saved_size() const;
  static constexpr std::size_t kSavedMost = kBytesMost + 128;  ///< of saved_size()
  /// saved_size(), or 0 when that does not fit. restore() takes any bytes; false: they are none of save()'s.
  [[nodiscard]] std::size_t save(std::span<std::byte> out) const;
  [[nodiscard]] bool restore(std::span<const std::byte> saved);

 private:
  struct Own {
    std::string key;
    std::string certificate;
    [[nodiscard]] std::size_t size() const { return key.size() + certificate.size(); }
  };
  std::vector<Root> roots_;
  std::string wished_key_;  // of the request that waits for its certificate
  Own own_;
  Own before_;  // until own_ is confirmed
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
