// What firmware is signed with.
#include <gtest/gtest.h>
#include <openssl/rsa.h>

#include <array>

#include "devices/charging_pile/dialects/ocpp16/signatures.h"
#include "tests/unit/devices/charging_pile/ocpp16/firmware_signer.h"

namespace vfleet::pile::ocpp16 {
namespace {

TEST(Ocpp16Signatures, AreThoseOfRsaToo) {
  // A key of 2048 bits and a certificate of its own, signed by itself.
  const OpensslPtr<EVP_PKEY> key(EVP_RSA_gen(2048));
  const OpensslPtr<X509> made(X509_new());
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
  ASN1_TIME_set(X509_getm_notBefore(made.get()), 1'700'000'000);
  ASN1_TIME_set(X509_getm_notAfter(made.get()), 1'900'000'000);
  X509_set_pubkey(made.get(), key.get());
  ASSERT_GT(X509_sign(made.get(), key.get(), EVP_sha256()), 0);
  const OpensslPtr<BIO> out(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(out.get(), made.get());
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  const std::string certificate(text, static_cast<std::size_t>(size));
  for (const int padding : {RSA_PKCS1_PADDING, RSA_PKCS1_PSS_PADDING}) {
    const OpensslPtr<EVP_MD_CTX> context(EVP_MD_CTX_new());
    EVP_PKEY_CTX* parameters = nullptr;
    ASSERT_EQ(EVP_DigestSignInit(context.get(), &parameters, EVP_sha256(), nullptr, key.get()), 1);
    ASSERT_EQ(EVP_PKEY_CTX_set_rsa_padding(parameters, padding), 1);
    std::array<unsigned char, 256> signature;
    std::size_t length = signature.size();
    const std::string_view bytes = "firmware";
    ASSERT_EQ(EVP_DigestSign(context.get(), signature.data(), &length,
                             reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()),
              1);
    const std::string encoded = base64_encode({reinterpret_cast<const char*>(signature.data()), length});
    EXPECT_TRUE(verify_signature(certificate, encoded, "firmware"));
    EXPECT_EQ(verify_signature(certificate, encoded, "firmwarf").error().code, Errc::rejected);
  }
  EXPECT_TRUE(check_signing_certificate(certificate, at("2026-01-01T00:00:00Z")));
}

TEST(Ocpp16Signatures, ACertificateMustBeOneAndValidNow) {
  const FirmwareSigner signer = FirmwareSigner::make();
  const std::string& pem = signer.pair.certificate;
  EXPECT_TRUE(check_signing_certificate(pem, at("2026-06-01T00:00:00Z")));
  EXPECT_EQ(check_signing_certificate(pem, at("2025-06-01T00:00:00Z")).error().detail,
            "the certificate is not valid yet");
  EXPECT_EQ(check_signing_certificate(pem, at("2028-06-01T00:00:00Z")).error().detail,
            "the certificate has expired");
  EXPECT_EQ(check_signing_certificate("no PEM", at("2026-06-01T00:00:00Z")).error().detail,
            "the certificate cannot be read");
  EXPECT_FALSE(verify_signature(pem, "no base64!", "x"));
  EXPECT_FALSE(verify_signature("no PEM", signer.sign("x"), "x"));
  EXPECT_FALSE(verify_signature(pem, FirmwareSigner::make().sign("x"), "x"));
  EXPECT_TRUE(verify_signature(pem, signer.sign("x"), "x"));
}

}  // namespace
}  // namespace vfleet::pile::ocpp16
