#include "simulator/config/key_mistakes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vfleet::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Key key(std::string path) {
  Key out;
  out.path = std::move(path);
  return out;
}

Schema schema() {
  return Schema({key("uplink.mqtt.backoff.first"), key("uplink.mqtt.backoff.max"),
                 key("uplink.mqtt.topics.*"), key("uplink.mqtt.url"), key("vehicles")});
}

TEST(SplitMistakes, NamesTheKeyThatEachBeginsWith) {
  EXPECT_THAT(split_mistakes(
                  "backoff.first is longer than backoff.max; topics.meter: unknown {x}; url \"x\": no scheme",
                  schema(), "uplink.mqtt."),
              ElementsAre(KeyMistake{"uplink.mqtt.backoff.first", "backoff.first is longer than backoff.max"},
                          KeyMistake{"uplink.mqtt.topics.meter", "unknown {x}"},
                          KeyMistake{"uplink.mqtt.url", "url \"x\": no scheme"}));
}

TEST(SplitMistakes, KeepsASentenceThatHasSemicolonsInIt) {
  EXPECT_THAT(split_mistakes("topics.meter: unknown {x}; there are {device.id}, ...; url: empty", schema(),
                             "uplink.mqtt."),
              ElementsAre(KeyMistake{"uplink.mqtt.topics.meter", "unknown {x}; there are {device.id}, ..."},
                          KeyMistake{"uplink.mqtt.url", "empty"}));
}

TEST(SplitMistakes, KeepsTheIndexOfAListAndWhatIsOfNoKey) {
  EXPECT_THAT(split_mistakes("vehicles[2]: too heavy", schema()),
              ElementsAre(KeyMistake{"vehicles[2]", "too heavy"}));
  EXPECT_THAT(split_mistakes("the platform is closed", schema()),
              ElementsAre(KeyMistake{"", "the platform is closed"}));
  EXPECT_THAT(split_mistakes("vehicles[2", schema()), ElementsAre(KeyMistake{"vehicles", "vehicles[2"}));
  EXPECT_THAT(split_mistakes("", schema()), IsEmpty());
}

}  // namespace
}  // namespace vfleet::config
