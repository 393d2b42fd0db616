// Certificates, security events and profiles of the security whitepaper.
#include <gtest/gtest.h>

#include <array>
#include <cctype>
#include <nlohmann/json.hpp>
#include <span>

#include "devices/charging_pile/dialects/ocpp16/credentials.h"
#include "devices/charging_pile/dialects/ocpp16/openssl_handles.h"
#include "devices/charging_pile/dialects/ocpp16/security_log.h"
#include "devices/charging_pile/dialects/ocpp16/security_profile.h"
#include "simulator/codec/ocpp/validate.h"
#include "simulator/net/certificates.h"
#include "tests/unit/devices/charging_pile/ocpp16/date.h"

namespace vfleet::pile::ocpp16 {
namespace {

using codec::ocpp::Action;
using nlohmann::json;

const WallTime kNow = at("2026-06-01T00:00:00Z");

net::CertificateAuthority authority(std::string_view name) {
  auto made = net::CertificateAuthority::make(name, at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z"));
  EXPECT_TRUE(made);
  return std::move(*made);
}

/// Every certificate of a PEM text.
std::string der(const std::string& pem) {
  const auto bio = reading(pem);
  std::string out;
  while (const OpensslPtr<X509> each{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)}) {
    unsigned char* bytes = nullptr;
    const int size = i2d_X509(each.get(), &bytes);
    out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
    OPENSSL_free(bytes);
  }
  return out;
}

struct Point {
  std::unique_ptr<Credentials> credentials;

  std::string install(std::string_view type, const std::string& pem, std::size_t most = 4) {
    const json request{{"certificateType", type}, {"certificate", pem}};
    return checked(Action::InstallCertificate, request,
                   install_certificate(credentials, most, request, kNow));
  }
  json ids(std::string_view type) const {
    const json request{{"certificateType", type}};
    const Reply reply = get_installed_certificates(credentials.get(), request);
    checked(Action::GetInstalledCertificateIds, request, reply);
    return json::parse(reply.payload);
  }
  std::string remove(const json& hash) {
    const json request{{"certificateHashData", hash}};
    return checked(Action::DeleteCertificate, request, delete_certificate(credentials, request));
  }
  std::string take(const std::string& chain) {
    const json request{{"certificateChain", chain}};
    return checked(Action::CertificateSigned, request, certificate_signed(credentials.get(), request, kNow));
  }
  static std::string checked(Action action, const json& request, const Reply& reply) {
    const auto& message = codec::ocpp::message(action);
    EXPECT_FALSE(codec::ocpp::validate(message.request, request.dump())) << request;
    const auto wrong = codec::ocpp::validate(message.response, reply.payload);
    EXPECT_FALSE(wrong) << reply.payload << ": " << wrong->text();
    return json::parse(reply.payload)["status"];
  }
};

TEST(Ocpp16Certificates, AreInstalledListedAndDeletedByTheirHashes) {
  const auto one = authority("one");
  const auto other = authority("other");
  Point point;
  EXPECT_EQ(point.ids("CentralSystemRootCertificate")["status"], "NotFound");
  EXPECT_EQ(point.install("CentralSystemRootCertificate", one.pem().certificate), "Accepted");
  EXPECT_EQ(point.install("CentralSystemRootCertificate", one.pem().certificate), "Accepted");
  EXPECT_EQ(point.install("ManufacturerRootCertificate", other.pem().certificate), "Accepted");
  const json ids = point.ids("CentralSystemRootCertificate");
  ASSERT_EQ(ids["certificateHashData"].size(), 1U);
  const json hash = ids["certificateHashData"][0];
  EXPECT_EQ(hash["hashAlgorithm"], "SHA256");
  EXPECT_EQ(hash["issuerNameHash"].get<std::string>().size(), 64U);
  EXPECT_EQ(hash["issuerKeyHash"].get<std::string>().size(), 64U);

  json wrong = hash;
  wrong["serialNumber"] = "1234";
  EXPECT_EQ(point.remove(wrong), "NotFound");
  // By another hash, in capital letters and with leading zeros.
  const auto long_hash = hash_of_root(der(one.pem().certificate), "SHA512");
  ASSERT_TRUE(long_hash);
  EXPECT_EQ(long_hash->issuer_name.size(), 128U);
  std::string key = long_hash->issuer_key;
  for (char& c : key) c = static_cast<char>(std::toupper(c));
  EXPECT_EQ(point.remove({{"hashAlgorithm", "SHA512"},
                          {"issuerNameHash", long_hash->issuer_name},
                          {"issuerKeyHash", key},
                          {"serialNumber", hash["serialNumber"].get<std::string>()}}),
            "Accepted");
  EXPECT_EQ(point.ids("CentralSystemRootCertificate")["status"], "NotFound");
  EXPECT_EQ(point.ids("ManufacturerRootCertificate")["status"], "Accepted");
  EXPECT_EQ(point.remove(hash), "NotFound");
}

TEST(Ocpp16Certificates, TheHashesAreThoseThatOpensslTells) {
  // openssl ocsp -issuer, for a root named CN=one: SHA-256 of the name's DER, and of the key's bits.
  const auto one = authority("one");
  const auto certificate = read_certificate(one.pem().certificate);
  unsigned char* bytes = nullptr;
  const int size = i2d_X509_NAME(X509_get_subject_name(certificate.get()), &bytes);
  ASSERT_GT(size, 0);
  std::array<unsigned char, 32> digest;
  unsigned length = 0;
  ASSERT_EQ(EVP_Digest(bytes, static_cast<std::size_t>(size), digest.data(), &length, EVP_sha256(), nullptr),
            1);
  OPENSSL_free(bytes);
  std::string expected;
  for (const unsigned char byte : digest) {
    expected += "0123456789abcdef"[byte >> 4];
    expected += "0123456789abcdef"[byte & 15];
  }
  EXPECT_EQ(hash_of_root(der(one.pem().certificate))->issuer_name, expected);
}

TEST(Ocpp16Certificates, WhatIsNoRootIsRejectedAndTheStoreIsBounded) {
  const auto ca = authority("ca");
  const auto leaf = ca.issue({.common_name = "leaf",
                              .names = {},
                              .server = false,
                              .client = true,
                              .from = at("2026-01-01T00:00:00Z"),
                              .until = at("2027-01-01T00:00:00Z")});
  ASSERT_TRUE(leaf);
  Point point;
  EXPECT_EQ(point.install("CentralSystemRootCertificate", "no certificate"), "Rejected");
  EXPECT_EQ(point.install("CentralSystemRootCertificate", leaf->certificate), "Rejected");
  EXPECT_EQ(point.credentials, nullptr);
  auto old = net::CertificateAuthority::make("old", at("2020-01-01T00:00:00Z"), at("2021-01-01T00:00:00Z"));
  EXPECT_EQ(point.install("CentralSystemRootCertificate", old->pem().certificate), "Rejected");
  EXPECT_EQ(point.install("CentralSystemRootCertificate", ca.pem().certificate, 1), "Accepted");
  EXPECT_EQ(point.install("CentralSystemRootCertificate", authority("b").pem().certificate, 1), "Failed");
  EXPECT_EQ(point.install("CentralSystemRootCertificate", ca.pem().certificate, 1), "Accepted")
      << "it is there";
}

TEST(Ocpp16Certificates, ChargePointsWithTheSameRootShareItsText) {
  const auto ca = authority("ca");
  Point one;
  Point other;
  EXPECT_EQ(one.install("CentralSystemRootCertificate", ca.pem().certificate), "Accepted");
  EXPECT_EQ(other.install("CentralSystemRootCertificate", ca.pem().certificate), "Accepted");
  EXPECT_EQ(one.credentials->roots()[0].der, other.credentials->roots()[0].der);
}

/// Signs a request as a CSMS would.
std::string sign(const std::string& request, std::string_view from, std::string_view until) {
  const auto ca = authority("csms");
  const auto bio = reading(request);
  const OpensslPtr<X509_REQ> read(PEM_read_bio_X509_REQ(bio.get(), nullptr, nullptr, nullptr));
  EXPECT_NE(read, nullptr);
  EVP_PKEY* key = X509_REQ_get0_pubkey(read.get());
  EXPECT_EQ(X509_REQ_verify(read.get(), key), 1);
  const auto ca_key_text = reading(ca.pem().key);
  const OpensslPtr<EVP_PKEY> ca_key(PEM_read_bio_PrivateKey(ca_key_text.get(), nullptr, nullptr, nullptr));
  const OpensslPtr<X509> made(X509_new());
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 5);
  const auto seconds = [](std::string_view text) { return to_us(at(text)) / 1'000'000; };
  ASN1_TIME_set(X509_getm_notBefore(made.get()), seconds(from));
  ASN1_TIME_set(X509_getm_notAfter(made.get()), seconds(until));
  X509_set_subject_name(made.get(), X509_REQ_get_subject_name(read.get()));
  X509_set_issuer_name(made.get(), X509_get_subject_name(read_certificate(ca.pem().certificate).get()));
  X509_set_pubkey(made.get(), key);
  EXPECT_GT(X509_sign(made.get(), ca_key.get(), EVP_sha256()), 0);
  const OpensslPtr<BIO> out(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(out.get(), made.get());
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return std::string(text, static_cast<std::size_t>(size)) + ca.pem().certificate;
}

TEST(Ocpp16Certificates, AChargePointAsksForItsOwnAndTakesOnlyThatOne) {
  Point point;
  EXPECT_EQ(point.take("anything"), "Rejected");
  point.credentials = std::make_unique<Credentials>();
  auto request = point.credentials->request_certificate("RDAM 123", "Charging & Co");
  ASSERT_TRUE(request);
  EXPECT_LE(request->size(), 5500U);
  const auto bio = reading(*request);
  const OpensslPtr<X509_REQ> read(PEM_read_bio_X509_REQ(bio.get(), nullptr, nullptr, nullptr));
  ASSERT_NE(read, nullptr);
  std::array<char, 100> name{};
  EXPECT_GT(
      X509_NAME_get_text_by_NID(X509_REQ_get_subject_name(read.get()), NID_commonName, name.data(), 100), 0);
  EXPECT_STREQ(name.data(), "RDAM 123");

  const std::string good = sign(*request, "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z");
  const std::string old = sign(*request, "2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z");
  Credentials stranger;
  const auto strange = stranger.request_certificate("other", "");
  ASSERT_TRUE(strange);
  EXPECT_EQ(point.take(sign(*strange, "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z")), "Rejected");
  EXPECT_EQ(point.take(old), "Rejected");
  EXPECT_EQ(point.take("no certificate"), "Rejected");
  EXPECT_EQ(point.credentials->certificate(), "");
  EXPECT_EQ(point.take(good), "Accepted");
  EXPECT_EQ(point.credentials->certificate(), der(good));
  EXPECT_NE(point.credentials->key(), "");
  EXPECT_EQ(point.take(good), "Rejected");  // it was asked for once
  EXPECT_FALSE(point.credentials->request_certificate("", ""));
}

std::string good_certificate(const std::string& request) {
  return sign(request, "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z");
}

TEST(Ocpp16Certificates, AChainOfWhichAPartCannotBeReadIsRejected) {
  Credentials credentials;
  const auto request = credentials.request_certificate("cp-00001", "");
  ASSERT_TRUE(request);
  const std::string own = sign(*request, "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z");
  const std::string above = authority("above").pem().certificate;
  std::string broken = above;
  broken[broken.size() / 2] = '!';
  const auto refused = credentials.take_certificate(own + broken, kNow);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().detail, "a certificate of the chain cannot be read");
  EXPECT_FALSE(credentials.take_certificate(own + above.substr(0, above.size() / 2), kNow));
  EXPECT_TRUE(credentials.take_certificate(own + "\nwhat follows is no certificate\n" + above, kNow));
  EXPECT_EQ(credentials.certificate(), der(own + above));
}

TEST(Ocpp16Certificates, TlsGetsTheRootsOfTheCentralSystemAndTheOwnCertificateOnly) {
  const auto central = authority("central");
  Point point;
  EXPECT_EQ(point.install("CentralSystemRootCertificate", central.pem().certificate), "Accepted");
  EXPECT_EQ(point.install("ManufacturerRootCertificate", authority("maker").pem().certificate), "Accepted");
  TlsCredentials given;
  point.credentials->give(given);
  EXPECT_EQ(given.roots, der(central.pem().certificate));
  EXPECT_EQ(given.certificate, "");
  const std::string chain = good_certificate(*point.credentials->request_certificate("cp", ""));
  EXPECT_EQ(point.take(chain), "Accepted");
  given = {};
  point.credentials->give(given);
  EXPECT_EQ(given.certificate, der(chain));
  EXPECT_EQ(given.key, point.credentials->key());
}

TEST(Ocpp16Certificates, TheCertificateBeforeComesBackUntilTheNewOneIsConfirmed) {
  Point point;
  point.credentials = std::make_unique<Credentials>();
  Credentials& own = *point.credentials;
  EXPECT_FALSE(own.fall_back());
  const std::string first = good_certificate(*own.request_certificate("cp", ""));
  EXPECT_EQ(point.take(first), "Accepted");
  EXPECT_FALSE(own.fall_back()) << "there was none before";
  const std::string first_key = own.key();
  const std::string second = good_certificate(*own.request_certificate("cp", ""));
  EXPECT_EQ(point.take(second), "Accepted");
  EXPECT_EQ(own.certificate(), der(second));
  EXPECT_TRUE(own.fall_back());
  EXPECT_EQ(own.certificate(), der(first));
  EXPECT_EQ(own.key(), first_key);
  EXPECT_EQ(point.take(good_certificate(*own.request_certificate("cp", ""))), "Accepted");
  own.confirm();
  EXPECT_FALSE(own.fall_back());
}

TEST(Ocpp16Certificates, WhatIsKeptIsBoundedAndTheCertificateBeforeGivesWay) {
  Point point;
  int installed = 0;
  std::string status;
  while (installed < 20) {
    status = point.install("CentralSystemRootCertificate",
                           authority("root " + std::to_string(installed)).pem().certificate, 20);
    if (status != "Accepted") break;
    ++installed;
  }
  EXPECT_EQ(status, "Failed");
  EXPECT_GE(installed, 4);
  EXPECT_LE(point.credentials->size(), Credentials::kBytesMost);
  EXPECT_GT(point.credentials->size(), Credentials::kBytesMost / 2);
  EXPECT_EQ(point.take(good_certificate(*point.credentials->request_certificate("cp", ""))), "Rejected");
  // Room for one certificate, and not for that before it.
  EXPECT_EQ(point.remove(point.ids("CentralSystemRootCertificate")["certificateHashData"][0]), "Accepted");
  EXPECT_EQ(point.remove(point.ids("CentralSystemRootCertificate")["certificateHashData"][0]), "Accepted");
  EXPECT_EQ(point.take(good_certificate(*point.credentials->request_certificate("cp", ""))), "Accepted");
  EXPECT_EQ(point.take(good_certificate(*point.credentials->request_certificate("cp", ""))), "Accepted");
  EXPECT_FALSE(point.credentials->fall_back());
  EXPECT_LE(point.credentials->size(), Credentials::kBytesMost);
}

TEST(Ocpp16Certificates, WhatIsSavedIsRestoredAndAnyOtherBytesAreNot) {
  Point point;
  EXPECT_EQ(point.install("CentralSystemRootCertificate", authority("a").pem().certificate), "Accepted");
  EXPECT_EQ(point.install("ManufacturerRootCertificate", authority("b").pem().certificate), "Accepted");
  EXPECT_EQ(point.take(good_certificate(*point.credentials->request_certificate("cp", ""))), "Accepted");
  const auto waiting = point.credentials->request_certificate("cp", "");
  ASSERT_TRUE(waiting);
  std::array<std::byte, 4096> bytes{};
  const std::size_t size = point.credentials->save(bytes);
  ASSERT_EQ(size, point.credentials->saved_size());
  EXPECT_EQ(point.credentials->save(std::span(bytes).first(size - 1)), 0U);

  Point again;
  again.credentials = std::make_unique<Credentials>();
  ASSERT_TRUE(again.credentials->restore(std::span(bytes).first(size)));
  EXPECT_EQ(again.credentials->key(), point.credentials->key());
  EXPECT_EQ(again.ids("CentralSystemRootCertificate"), point.ids("CentralSystemRootCertificate"));
  EXPECT_EQ(again.ids("ManufacturerRootCertificate"), point.ids("ManufacturerRootCertificate"));
  EXPECT_EQ(again.take(good_certificate(*waiting)), "Accepted") << "the request is still known";
  for (std::size_t cut = 0; cut < size; ++cut) {
    Credentials none;
    const bool taken = none.restore(std::span(bytes).first(cut));
    // Whole parts make sense by themselves.
    EXPECT_TRUE(!taken || none.size() < point.credentials->size()) << cut;
  }
  for (std::size_t at = 0; at < size; ++at) {
    auto damaged = bytes;
    damaged[at] ^= std::byte{0x81};
    Credentials any;
    if (any.restore(std::span(damaged).first(size))) {
      EXPECT_LE(any.size(), Credentials::kBytesMost);
    }
  }
}

TEST(Ocpp16SecurityLog, KeepsTheLastEventsAndWhichAreNotTold) {
  SecurityLog log;
  EXPECT_EQ(log.untold(), nullptr);
  log.add({"StartupOfTheDevice", "", kNow, true});
  log.add({"InvalidMessages", "", kNow});
  log.add({"InvalidMessages", "", kNow});
  EXPECT_EQ(log.events().size(), 2U) << "the same again is once enough";
  log.add({std::string(60, 'x'), std::string(300, 'y'), kNow, true});
  EXPECT_EQ(log.untold()->type, "StartupOfTheDevice");
  log.told();
  EXPECT_EQ(log.untold()->type.size(), 50U);
  EXPECT_EQ(log.untold()->info.size(), 255U);
  log.told();
  log.told();
  EXPECT_EQ(log.untold(), nullptr);
  // What is still to be told goes last.
  log.add({"TamperDetectionActivated", "", kNow, true});
  for (std::size_t i = 0; i < SecurityLog::kMost + 5; ++i) log.add({std::to_string(i), "", kNow});
  EXPECT_EQ(log.events().size(), SecurityLog::kMost);
  EXPECT_EQ(log.untold()->type, "TamperDetectionActivated");
  for (std::size_t i = 0; i < SecurityLog::kMost; ++i) log.add({std::to_string(i), "", kNow, true});
  EXPECT_EQ(log.events().size(), SecurityLog::kMost);
  EXPECT_EQ(log.untold()->type, "0");
  EXPECT_TRUE(is_critical("FirmwareUpdated"));
  EXPECT_FALSE(is_critical("InvalidFirmwareSignature"));
}

TEST(Ocpp16SecurityProfile, OnlyRisesAndNeedsItsMeans) {
  struct Case {
    SecurityMeans means;
    std::int64_t wanted;
    std::string_view why;  // empty: it may
  };
  for (const Case& each :
       {Case{{.profile = 0, .key = true}, 1, ""}, Case{{.profile = 0}, 1, "AuthorizationKey"},
        Case{{.profile = 1, .key = true}, 1, "can only rise"},
        Case{{.profile = 2, .key = true}, 1, "can only rise"},
        Case{{.profile = 1, .key = true}, 2, "CentralSystemRootCertificate"},
        Case{{.profile = 1, .key = true, .central_root = true}, 2, ""},
        Case{{.profile = 2, .key = true, .central_root = true}, 3, "certificate of the charge point"},
        Case{{.profile = 0, .central_root = true, .client_certificate = true}, 3, ""},
        Case{{.profile = 3}, 4, "0 to 3"}, Case{{.profile = 0}, -1, "can only rise"}}) {
    const Status may = may_raise_profile(each.means, each.wanted);
    EXPECT_EQ(may.has_value(), each.why.empty()) << each.wanted;
    const std::string why = may ? "" : may.error().detail;
    EXPECT_NE(why.find(each.why), std::string::npos) << why;
  }
  EXPECT_TRUE(may_be_key("0123456789abcdef", true));
  EXPECT_TRUE(may_be_key("a key in plain text", false));
  EXPECT_FALSE(may_be_key("a key in plain text", true));
  EXPECT_FALSE(may_be_key("0123456789abcdef0", true));
  EXPECT_FALSE(may_be_key("short", false));
  EXPECT_FALSE(may_be_key(std::string(41, 'x'), false));
}

}  // namespace
}  // namespace vfleet::pile::ocpp16
