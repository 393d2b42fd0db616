#include "devices/external/state_bytes.h"

#include <gtest/gtest.h>

#include <array>

#include "simulator/core/random.h"

namespace vfleet::devices::external {
namespace {

TEST(StateBytes, ComeBackAsTheyWere) {
  const StateMap named = {{"celsius", 21.5}, {"door", std::string("open")}, {"hot", true}};
  std::array<std::byte, 200> bytes{};
  const std::size_t size = write_state(named, bytes);
  EXPECT_EQ(size, 1u + (1 + 7 + 1 + 8) + (1 + 4 + 1 + 2 + 4) + (1 + 3 + 1 + 1));
  EXPECT_EQ(read_state(std::span(bytes).first(size)), named);
  EXPECT_EQ(read_state(std::span(bytes).first(write_state({}, bytes))), StateMap{});
  EXPECT_FALSE(read_state({}));
}

TEST(StateBytes, LeaveOutWhatDoesNotFit) {
  const StateMap state = {{"a", std::string(100, 'x')}, {"b", 1.0}};
  std::array<std::byte, 20> bytes{};
  EXPECT_EQ(read_state(std::span(bytes).first(write_state(state, bytes))), (StateMap{{"b", 1.0}}));
  EXPECT_EQ(write_state(state, {}), 0u);
}

TEST(StateBytes, AnyBytesAreReadOrRefused) {
  std::array<std::byte, 64> bytes{};
  std::size_t refused = 0;
  Random random(1, 2, "bytes");
  for (int round = 0; round < 20'000; ++round) {
    const std::size_t size = write_state({{"a", 1.5}, {"bc", std::string("text")}, {"d", true}}, bytes);
    for (int change = 0; change < 3; ++change)
      bytes[random.below(size)] = static_cast<std::byte>(random.below(256));
    const auto read = read_state(std::span(bytes).first(random.below(size + 1)));
    refused += read ? 0 : 1;
    if (read) {
      EXPECT_LE(read->size(), 3u);
    }
  }
  EXPECT_GT(refused, 10'000u);
}

}  // namespace
}  // namespace vfleet::devices::external
