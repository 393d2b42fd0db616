#include "simulator/uplink/stream_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "simulator/loop/virtual_loop.h"

namespace vfleet::uplink {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

struct Config {
  StreamConfig stream;
};

config::Struct<Config> keys() {
  config::Struct<Config> made;
  add_stream_keys(
      made, [](auto& c) -> auto& { return c.stream; });
  return made;
}

class StreamConfigTest : public testing::Test {
 protected:
  net::PacerLimits pacing(std::uint32_t shard, std::uint32_t shards) {
    return pacing_of(config_, {.loop = loop_, .shard = shard, .shards = shards});
  }
  Result<StreamSettings> settings(bool tls) {
    return stream_settings(config_, {.uplink = "mqtt", .host = "broker.example", .port = 8883, .tls = tls},
                           {.loop = loop_});
  }
  std::string mistakes() {
    std::vector<std::string> found;
    judge_stream(config_, found);
    std::string text;
    for (const std::string& each : found) text += each + "\n";
    return text;
  }
  loop::VirtualLoop loop_;
  StreamConfig config_;
};

TEST_F(StreamConfigTest, DescribesEveryKeyAndHasItsDefaults) {
  const config::Schema schema = keys().schema();
  for (const config::Key& key : schema.keys()) EXPECT_FALSE(key.doc.empty()) << key.path;
  const auto built = keys().build({});
  ASSERT_TRUE(built);
  EXPECT_TRUE(built->stream.verify);
  EXPECT_EQ(built->stream.rate, 2000);
  EXPECT_EQ(built->stream.connect_timeout, 5s);
}

TEST_F(StreamConfigTest, DividesTheFleetsLimitsAmongItsWorkers) {
  config_.fleet_rate = 900;
  config_.fleet_in_flight = 11;
  std::size_t places = 0;
  for (std::uint32_t shard = 0; shard < 3; ++shard) {
    EXPECT_EQ(pacing(shard, 3).rate, 300);
    places += pacing(shard, 3).in_flight;
  }
  EXPECT_EQ(places, 11u);
  EXPECT_EQ(pacing(0, 3).in_flight, 4u);
  EXPECT_EQ(pacing(2, 3).in_flight, 3u);
}

TEST_F(StreamConfigTest, LeavesEachWorkerOnePlaceAndKeepsToItsOwnLimits) {
  config_.rate = 50;
  config_.in_flight = 2;
  config_.fleet_rate = 1000;
  config_.fleet_in_flight = 3;
  EXPECT_EQ(pacing(7, 8).in_flight, 1u);
  EXPECT_EQ(pacing(0, 8).rate, 50);
  EXPECT_EQ(pacing(0, 1).in_flight, 2u);
}

TEST_F(StreamConfigTest, CapsTheRampByTheFleetsRate) {
  config_.ramp = "0s:0, 10s:1000";
  config_.fleet_rate = 200;
  const net::Ramp ramp = pacing(0, 2).ramp;
  EXPECT_EQ(ramp.rate(500ms), 50);
  EXPECT_EQ(ramp.rate(1s), 100);
  EXPECT_EQ(ramp.rate(10s), 100);
}

TEST_F(StreamConfigTest, NamesEveryMistake) {
  config_.backoff = {1h, 1s};
  config_.key = "key.pem";
  config_.source = {"127.0.0.x"};
  config_.ramp = "10s:5, 3s:1";
  config_.alpn = {""};
  const std::string text = mistakes();
  for (const char* part : {"backoff.first", "tls.key", "127.0.0.x", "pacing.ramp", "tls.alpn"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  config_ = {};
  EXPECT_EQ(mistakes(), "");
  config_.certificate = "certs/{device.name}.pem";
  EXPECT_THAT(mistakes(), HasSubstr("device.name"));
  config_.certificate = "certs/all.pem";
  config_.key = "certs/{device.id}.key";
  EXPECT_THAT(mistakes(), HasSubstr("tls.key"));
}

TEST_F(StreamConfigTest, AFileThatCannotBeReadIsAMistakeThatNamesIt) {
  config_.ca = "/nowhere/ca.pem";
  auto made = settings(true);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Errc::unavailable);
  EXPECT_THAT(made.error().detail, HasSubstr("tls.ca"));
  EXPECT_THAT(made.error().detail, HasSubstr("/nowhere/ca.pem"));
  EXPECT_TRUE(settings(false)) << "files of TLS are of no interest to a plain connection";
  config_.ca = "CMakeLists.txt";
  made = settings(true);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Errc::invalid_argument);
  config_.ca.clear();
  config_.certificate = "/nowhere/me.pem";
  made = settings(true);
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().detail, HasSubstr("tls.cert: cannot read /nowhere/me.pem"));
}

TEST_F(StreamConfigTest, WarnsOfCertificatesThatAPlainConnectionHasNoUseFor) {
  std::vector<std::string> told;
  const auto make = [&] {
    told.clear();
    return stream_settings(config_, {.uplink = "mqtt", .host = "broker.example", .port = 1883, .tls = false},
                           {.loop = loop_, .warn = [&](std::string_view text) { told.emplace_back(text); }});
  };
  EXPECT_TRUE(make());
  EXPECT_TRUE(told.empty());
  config_.ca = "/nowhere/ca.pem";
  config_.certificate = "/nowhere/{device.id}.pem";
  EXPECT_TRUE(make());
  ASSERT_EQ(told.size(), 1u);
  EXPECT_THAT(told[0], HasSubstr("broker.example:1883: tls.ca, tls.cert without effect"));
  config_.given.roots = true;
  EXPECT_TRUE(make());
  EXPECT_TRUE(told.empty()) << "a charge point may come to TLS later";
}

TEST_F(StreamConfigTest, ADevicesOwnCertificateIsNotReadBeforeItConnects) {
  config_.certificate = "/nowhere/{device.id}.pem";
  const auto made = settings(true);
  ASSERT_TRUE(made) << made.error().detail;
  EXPECT_TRUE(made->identity.own());
  EXPECT_FALSE(settings(false)->identity.own());
}

}  // namespace
}  // namespace vfleet::uplink
