// The fleets of charging stations in configs/, with real processes: control, two workers, and the stand-in as
// their CSMS and their YKC platform.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "control/cli/supervise/child.h"
#include "simulator/board/directory.h"
#include "simulator/core/clock.h"
#include "tests/integration/platform/platform_process.h"

namespace vfleet::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using platform::kPatience;

class Stations : public testing::Test {
 protected:
  Stations() {
    std::string name = (fs::temp_directory_path() / "vfleet-stations-XXXXXX").string();
    dir_ = ::mkdtemp(name.data());
    const char* folder = std::getenv("VFLEET_BIN_DIR");
    bin_ = fs::absolute(folder == nullptr ? "build/dev/bin" : folder);
  }
  ~Stations() override {
    if (run_ && !run_->poll()) {
      run_->send(SIGTERM);
      EXPECT_EQ(status(), 130) << printed();
    }
    board::remove_all((dir_ / "run").string());
    std::error_code ignored;
    fs::remove_all(dir_, ignored);
  }

  void up(const std::string& fleet) {
    auto child = Child::spawn(
        bin_ / "vfleet", bin_ / "vfleet",
        {"up", fleet, "--workers", "2", "--run-dir", (dir_ / "run").string(), "--allow-invalid"}, log());
    ASSERT_TRUE(child.has_value()) << child.error().message;
    run_ = std::move(*child);
  }
  /// Says `words` to the fleet; on how many devices it was done, 0 unless on all that were meant. Of twenty
  /// piles, some may have a driver already.
  [[nodiscard]] int say(std::vector<std::string> words) const {
    words.insert(words.end(), {"--json", "--run-dir", (dir_ / "run").string()});
    const auto text = capture(bin_ / "vfleet", words, kPatience);
    const json result = text ? json::parse(*text, nullptr, false) : json();
    return result.is_object() ? result.value("applied", 0) : 0;
  }
  /// Waits until the selector matches at least so many devices: what they do takes its time.
  [[nodiscard]] bool there_are(const std::string& selector, std::size_t count) const {
    const RealClock clock;
    const TimePoint deadline = clock.now() + kPatience;
    while (clock.now() < deadline) {
      const auto text = capture(bin_ / "vfleet",
                                {"ls", selector, "--json", "--run-dir", (dir_ / "run").string()}, kPatience);
      const json rows = text ? json::parse(*text, nullptr, false) : json();
      if (rows.is_object() && rows.value("rows", json::array()).size() >= count) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return false;
  }
  [[nodiscard]] int status() {
    const RealClock clock;
    const TimePoint deadline = clock.now() + kPatience;
    while (!run_->poll() && clock.now() < deadline) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return run_->poll() ? run_->poll()->code : -1;
  }
  [[nodiscard]] fs::path log() const { return dir_ / "vfleet.log"; }
  [[nodiscard]] std::string printed() const {
    std::stringstream text;
    text << std::ifstream(log()).rdbuf();
    return text.str();
  }
  /// So many messages of a kind came.
  [[nodiscard]] static bool came(const platform::PlatformProcess& standin, const std::string& message,
                                 int count) {
    return standin.figures_become([&](const json& figures) {
      return figures.contains("by_type") && figures["by_type"].value(message, 0) >= count;
    });
  }

  fs::path dir_;
  fs::path bin_;
  std::optional<Child> run_;
};

TEST_F(Stations, OfTheOcppCityChargeWithoutAComplaint) {
  const platform::PlatformProcess csms({"--ocpp", "127.0.0.1:0"});
  ::setenv("VFLEET_OCPP", ("ws://" + csms.listening("ocpp") + "/ocpp").c_str(), 1);
  up("configs/ocpp-city.yaml");
  ASSERT_TRUE(came(csms, "BootNotification", 300)) << printed();
  // Each tells its own status and that of every connector.
  ASSERT_TRUE(came(csms, "StatusNotification", 300 + 150 + 200 + 80 + 20)) << printed();
  ASSERT_EQ(say({"set", "all", "arrivals.per_day=0", "reports.meter.every=1s"}), 300);
  ASSERT_GE(say({"do", "hub-00001..00020,state.connector2.status=available", "plug", "connector=2",
                 "vehicle=sedan", "soc=20%"}),
            10);
  ASSERT_GE(say({"do", "hub-00001..00020,state.connector2.status=preparing", "swipe", "connector=2",
                 "card=TAG0001"}),
            10);
  ASSERT_TRUE(came(csms, "StartTransaction", 10)) << printed();
  ASSERT_TRUE(came(csms, "MeterValues", 20)) << printed();
  ASSERT_TRUE(there_are("hub-00001..00020,state.connector2.status=charging", 10)) << printed();
  ASSERT_GE(say({"do", "hub-00001..00020,state.connector2.status=charging", "stop", "connector=2"}), 10);
  ASSERT_TRUE(came(csms, "StopTransaction", 10)) << printed();
  EXPECT_EQ(csms.call("GET", "/complaints").value("complaints", json()), json::array());
}

TEST_F(Stations, OfYkcChargeAndTheirBillsAddUp) {
  const platform::PlatformProcess standin({"--ykc", "127.0.0.1:0"});
  ::setenv("VFLEET_YKC", standin.listening("ykc").c_str(), 1);
  up("configs/ykc-station.yaml");
  ASSERT_TRUE(came(standin, "ykc_login", 100)) << printed();
  ASSERT_TRUE(came(standin, "ykc_realtime", 160)) << printed();
  ASSERT_EQ(say({"set", "all", "arrivals.per_day=0", "ykc.realtime_charging_every=1s"}), 100);
  ASSERT_GE(say({"do", "dc-00001..00020,state.connector2.status=available", "plug", "connector=2",
                 "vehicle=sedan", "soc=20%"}),
            10);
  ASSERT_GE(say({"do", "dc-00001..00020,state.connector2.status=preparing", "swipe", "connector=2",
                 "card=10000001"}),
            10);
  ASSERT_TRUE(came(standin, "ykc_bms_handshake", 10)) << printed();
  ASSERT_TRUE(there_are("dc-00001..00020,state.connector2.status=charging", 10)) << printed();
  ASSERT_GE(say({"do", "dc-00001..00020,state.connector2.status=charging", "stop", "connector=2"}), 10);
  ASSERT_TRUE(came(standin, "ykc_bill", 10)) << printed();
  EXPECT_EQ(standin.call("GET", "/complaints").value("complaints", json()), json::array());
}

}  // namespace
}  // namespace vfleet::cli
