#include "control/certs/cert_folder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "simulator/core/clock.h"
#include "simulator/net/stream_source.h"
#include "tests/unit/control/cli/temp_dir.h"

namespace vfleet::control::certs {
namespace {

class CertFolder : public testing::Test {
 protected:
  CertFolder() : folder_(dir_.path() / "certs") {}
  [[nodiscard]] std::string text(const std::string& name) const {
    std::ostringstream all;
    all << std::ifstream(folder_ / name).rdbuf();
    return all.str();
  }
  [[nodiscard]] Result<CertsMade> make(const CertsWish& wish) {
    return make_certs(folder_.string(), wish, clock_.wall_now());
  }
  /// Whether a client can be set up with these files.
  [[nodiscard]] Status usable(const std::string& name) {
    net::StreamOptions options;
    options.tls = net::TlsOptions{.ca = (folder_ / "ca.crt").string(),
                                  .certificate = (folder_ / (name + ".crt")).string(),
                                  .key = (folder_ / (name + ".key")).string()};
    const auto made = net::StreamSource::make(std::move(options));
    return made ? Status() : tl::unexpected(made.error());
  }
  RealClock clock_;
  cli::TempDir dir_;
  std::filesystem::path folder_;
};

TEST_F(CertFolder, MakesACaAServerAndDevicesThatFitTogether) {
  const auto made = make({.server_names = {"localhost", "127.0.0.1"}, .devices = {"pile-1", "pile-2"}});
  ASSERT_TRUE(made) << made.error().detail;
  EXPECT_TRUE(made->ca_is_new);
  EXPECT_EQ(made->devices_made, 2u);
  for (const char* name : {"server", "devices/pile-1", "devices/pile-2"}) {
    const Status good = usable(name);
    EXPECT_TRUE(good) << good.error().detail;
    struct stat status {};
    ASSERT_EQ(::stat((folder_ / (std::string(name) + ".key")).c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
  }
}

TEST_F(CertFolder, KeepsItsCaAndWhatDevicesHaveAlready) {
  ASSERT_TRUE(make({.devices = {"pile-1"}}));
  const std::string ca = text("ca.crt");
  const std::string first = text("devices/pile-1.crt");
  const auto again = make({.devices = {"pile-1", "pile-2"}});
  ASSERT_TRUE(again) << again.error().detail;
  EXPECT_FALSE(again->ca_is_new);
  EXPECT_EQ(again->devices_made, 1u);
  EXPECT_EQ(again->devices_kept, 1u);
  EXPECT_EQ(text("ca.crt"), ca);
  EXPECT_EQ(text("devices/pile-1.crt"), first);
  ASSERT_TRUE(make({.devices = {"pile-1"}, .renew = true}));
  EXPECT_NE(text("devices/pile-1.crt"), first);
}

TEST_F(CertFolder, RefusesIdsThatAreNoneAndACaThatIsNone) {
  EXPECT_EQ(make({.devices = {"../x"}}).error().code, Errc::invalid_argument);
  EXPECT_EQ(make({.server_names = {"a,b"}}).error().code, Errc::invalid_argument);
  std::filesystem::create_directories(folder_);
  std::ofstream(folder_ / "ca.crt") << "no certificate";
  std::ofstream(folder_ / "ca.key") << "no key";
  const auto made = make({.devices = {"pile-1"}});
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().detail.find("ca.crt"), std::string::npos);
}

TEST_F(CertFolder, MakesNothingForNamesThatAreNone) {
  for (const char* name : {"", "two words", "a,b", "http://a"}) {
    EXPECT_EQ(make({.server_names = {"localhost", name}}).error().code, Errc::invalid_argument) << name;
  }
  for (const char* file : {"../server", "ca", "", "a/b"}) {
    EXPECT_EQ(make({.server_names = {"localhost"}, .server_file = file}).error().code, Errc::invalid_argument)
        << file;
  }
  EXPECT_FALSE(std::filesystem::exists(folder_));
  EXPECT_TRUE(make({.server_names = {"*.example", "::1", "a_b.test"}, .server_file = "a.test"}));
}

}  // namespace
}  // namespace vfleet::control::certs
