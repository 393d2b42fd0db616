// What TLS connections share: contexts of the same settings, and trust in the same roots.
#include "simulator/net/tls_context.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "simulator/core/base64.h"
#include "simulator/core/clock.h"
#include "simulator/net/certificates.h"

namespace vfleet::net {
namespace {

using namespace std::chrono_literals;

PemPair authority(const std::string& name) {
  const RealClock clock;
  return CertificateAuthority::make(name, clock.wall_now() - 1h, clock.wall_now() + 24h)->pem();
}

std::string der(const std::string& pem) {
  const auto first = pem.find('\n') + 1;
  std::string body = pem.substr(first, pem.find("-----END") - first);
  std::erase(body, '\n');
  return base64_decode(body).value_or("");
}

std::shared_ptr<TlsContext> context(const TlsOptions& options) {
  auto made = TlsContext::of(options);
  EXPECT_TRUE(made) << made.error().detail;
  return made ? *made : nullptr;
}

TEST(TlsContext, IsOneForTheSameSettingsAndFiles) {
  const auto file = std::filesystem::temp_directory_path() / ("vfleet-ca-" + std::to_string(::getpid()));
  std::ofstream(file) << authority("one").certificate;
  const TlsOptions options{.ca = file.string(), .name = "csms"};
  const auto first = context(options);
  EXPECT_EQ(context(options), first);
  TlsOptions other = options;
  other.name = "another";
  EXPECT_NE(context(other), first);
  other = options;
  other.verify = false;
  EXPECT_NE(context(other), first);
  other = options;
  other.alpn = {"h2"};
  EXPECT_NE(context(other), first);
  // The file is another one now.
  std::ofstream(file) << authority("one").certificate << authority("two").certificate;
  EXPECT_NE(context(options), first);
  std::filesystem::remove(file);
}

TEST(TlsContext, ASessionIsOfTheDeviceItsCertificateAndTheRootsThatItTrusted) {
  const TlsCredentials none;
  const TlsCredentials roots{.roots = "roots", .certificate = {}, .key = {}};
  const TlsCredentials own{.roots = "roots", .certificate = "own", .key = "key"};
  const TlsCredentials renewed{.roots = "roots", .certificate = "renewed", .key = "key"};
  const auto owner = [](std::uint64_t device, const TlsCredentials* given, std::string_view file = "") {
    return TlsContext::owner({.certificate = file, .device = device, .given = given});
  };
  EXPECT_EQ(owner(1, &none), owner(2, nullptr)) << "nobody is known by anything: they share one";
  EXPECT_EQ(owner(1, &roots), owner(2, &roots)) << "of those with the same roots, too";
  EXPECT_NE(owner(1, &roots), owner(1, &none));
  EXPECT_NE(owner(1, &own), owner(2, &own));
  EXPECT_NE(owner(1, &own), owner(1, &renewed));
  EXPECT_NE(owner(1, &own), owner(1, &roots));
  EXPECT_NE(owner(1, nullptr, "file"), owner(2, nullptr, "file"));
  EXPECT_NE(owner(1, &roots, "file"), owner(2, &roots, "file"));
}

TEST(TlsContext, DevicesWithTheSameRootsShareWhatIsMadeOfThem) {
  const auto shared = context({.name = "csms"});
  const TlsCredentials given{.roots = der(authority("root").certificate), .certificate = {}, .key = {}};
  for (std::uint64_t device = 0; device < 100; ++device) {
    ASSERT_TRUE(shared->connection({.device = device, .given = &given}));
  }
  EXPECT_EQ(shared->given_trust().made(), 1U);
  // More sets than are kept: each works, and the first is made again.
  for (std::size_t i = 0; i < GivenTrust::kKept; ++i) {
    const TlsCredentials other{
        .roots = der(authority("root " + std::to_string(i)).certificate), .certificate = {}, .key = {}};
    ASSERT_TRUE(shared->connection({.given = &other}));
  }
  ASSERT_TRUE(shared->connection({.given = &given}));
  EXPECT_EQ(shared->given_trust().made(), GivenTrust::kKept + 2);
}

TEST(TlsContext, WhatCannotBeUsedIsSaid) {
  const auto shared = context({.name = "csms"});
  const PemPair one = authority("one");
  const PemPair other = authority("other");
  const auto why = [&](const TlsCredentials& given, bool needs = false) {
    const auto made = shared->connection({.given = &given, .needs_given = needs});
    return made ? std::string() : made.error().detail;
  };
  EXPECT_EQ(why({}), "");
  EXPECT_NE(why({}, true).find("no certificate came over the wire"), std::string::npos);
  EXPECT_NE(why({.roots = "rubbish", .certificate = {}, .key = {}}).find("a root certificate"),
            std::string::npos);
  EXPECT_NE(why({.roots = {}, .certificate = "rubbish", .key = "rubbish"}).find("the certificate"),
            std::string::npos);
  EXPECT_EQ(why({.roots = {}, .certificate = der(one.certificate), .key = der(one.key)}, true), "");
  EXPECT_EQ(
      why({.roots = {}, .certificate = der(one.certificate) + der(other.certificate), .key = der(one.key)}),
      "");
  EXPECT_NE(
      why({.roots = {}, .certificate = der(one.certificate), .key = der(other.key)}).find("the certificate"),
      std::string::npos);
  EXPECT_NE(
      why({.roots = {}, .certificate = der(one.certificate) + "rubbish", .key = der(one.key)}).find("chain"),
      std::string::npos);
}

}  // namespace
}  // namespace vfleet::net
