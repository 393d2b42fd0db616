#include "simulator/config/layers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/config/sample_catalogue.h"

namespace vfleet::config {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class LayersTest : public testing::Test {
 protected:
  LayersTest() {
    group_.profile = "profiles/dc.yaml";
    group_.profile_values = {
        {"connectors", Value{std::int64_t{1}}}, {"rated_power", Value{60e3}}, {"vendor", text("p")}};
    group_.values = {
        {"rated_power", Value{80e3}}, {"vendor", text("f")}, {"uplink.http.token", text("hush")}};
    row_.values = {{"vendor", text("r")}};
    overlay_.set("vendor", text("o"), 16);
    overlay_.set("vendor", text("o2"), 17);
  }
  static Value text(const char* value) { return Value{std::string(value)}; }

  Schema schema_ = *sample_catalogue().schema("pile", "http");
  GroupSpec group_;
  DeviceRow row_;
  Overlay overlay_;
  Layers layers_{schema_, &group_, &row_, &overlay_};
};

TEST_F(LayersTest, TheLaterLayerWins) {
  const Values values = effective_values(layers_);
  EXPECT_EQ(values.size(), schema_.keys().size());
  EXPECT_EQ(values.at("reports.heartbeat.every"), Value{Duration(30s)});
  EXPECT_EQ(values.at("connectors"), Value{std::int64_t{1}});
  EXPECT_EQ(values.at("rated_power"), Value{80e3});
  EXPECT_EQ(values.at("vendor"), text("o2"));
  for (const auto& [path, value] : values) EXPECT_EQ(*effective_value(layers_, path), value) << path;
}

TEST_F(LayersTest, ExplainsWhereAValueComesFrom) {
  EXPECT_THAT(
      explain(layers_, "vendor"),
      ElementsAre(Explained{"vendor", "", "default"}, Explained{"vendor", "p", "profile profiles/dc.yaml"},
                  Explained{"vendor", "f", "fleet file"}, Explained{"vendor", "r", "devices file"},
                  Explained{"vendor", "o2", "revision 17"}));
  EXPECT_THAT(explain(layers_, "reports.heartbeat"),
              ElementsAre(Explained{"reports.heartbeat.every", "30s", "default"},
                          Explained{"reports.heartbeat.jitter", "0", "default"}));
  EXPECT_EQ(explain(layers_, "uplink.http.token").back(),
            (Explained{"uplink.http.token", "***", "fleet file"}));
  EXPECT_THAT(explain(layers_, "vend"), IsEmpty());
  EXPECT_GT(explain(layers_, "").size(), schema_.keys().size());
}

TEST_F(LayersTest, AnUnsetRuleFallsBackToTheLayerBelow) {
  overlay_.unset("vendor");
  overlay_.unset("never set");
  EXPECT_EQ(*effective_value(layers_, "vendor"), text("r"));
  EXPECT_EQ(overlay_, Overlay{});
}

TEST_F(LayersTest, GivesTheSettingsOfAnUplinkWithoutItsPrefix) {
  const Values http = below(effective_values(layers_), "uplink.http");
  EXPECT_EQ(http.size(), 4U);
  EXPECT_EQ(http.at("token"), text("hush"));
  EXPECT_EQ(http.at("timeout"), Value{Duration(5s)});
}

}  // namespace
}  // namespace vfleet::config
