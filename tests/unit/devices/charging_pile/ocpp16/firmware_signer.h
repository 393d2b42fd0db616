#pragma once

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

#include "devices/charging_pile/dialects/ocpp16/openssl_handles.h"
#include "simulator/core/base64.h"
#include "simulator/net/certificates.h"
#include "tests/unit/devices/charging_pile/ocpp16/date.h"

namespace vfleet::pile::ocpp16 {

/// A certificate with its key, and what that key signs.
struct FirmwareSigner {
  net::PemPair pair;

  static FirmwareSigner make(WallTime from = at("2026-01-01T00:00:00Z"),
                             WallTime until = at("2027-01-01T00:00:00Z")) {
    const auto ca = net::CertificateAuthority::make("firmware maker", from, until);
    EXPECT_TRUE(ca);
    return {ca->pem()};
  }
  [[nodiscard]] std::string sign(std::string_view bytes) const {
    const auto bio = reading(pair.key);
    const OpensslPtr<EVP_PKEY> key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
    const OpensslPtr<EVP_MD_CTX> context(EVP_MD_CTX_new());
    std::array<unsigned char, 512> out;
    std::size_t size = out.size();
    EXPECT_EQ(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()), 1);
    EXPECT_EQ(EVP_DigestSign(context.get(), out.data(), &size,
                             reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()),
              1);
    return base64_encode({reinterpret_cast<const char*>(out.data()), size});
  }
};

}  // namespace vfleet::pile::ocpp16
