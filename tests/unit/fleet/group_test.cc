#include "simulator/fleet/group.h"

#include <map>
#include <set>

#include "tests/unit/fleet/fleet_fixture.h"

namespace vfleet::fleet {
namespace {

TEST(ShardOf, IsBalancedAndOneEachWhenThereAreAsManyShardsAsDevices) {
  for (std::uint32_t shards : {1U, 2U, 3U, 7U, 50U}) {
    std::vector<int> counts(shards);
    for (std::uint32_t o = 0; o < shards * 100; ++o) ++counts[shard_of(o, shards)];
    for (int count : counts) EXPECT_EQ(count, 100);
  }
}

TEST(ShardOf, IsUnrelatedToLabels) {
  // Labels repeat with their own small period; with plain o mod N a site would live in one worker.
  std::map<std::pair<std::uint32_t, std::uint32_t>, int> counts;
  for (std::uint32_t o = 0; o < 10000; ++o) ++counts[{o % 2, shard_of(o, 2)}];
  for (const auto& [key, count] : counts) EXPECT_NEAR(count, 2500, 250);
}

class GroupTest : public FleetFixture {};

TEST_F(GroupTest, TwoLabelListsAreIndependent) {
  const auto group = Group::from_json(group_json(600).dump(), types);
  ASSERT_TRUE(group) << group.error().detail;
  std::map<std::pair<std::string, std::string>, int> counts;
  for (std::uint32_t i = 0; i < 600; ++i)
    ++counts[{std::string(*(*group)->label(i, "site")), std::string(*(*group)->label(i, "vendor"))}];
  EXPECT_EQ(counts.size(), 6u);
  for (const auto& [labels, count] : counts) EXPECT_EQ(count, 100);
  EXPECT_EQ((*group)->label(0, "colour"), std::nullopt);
}

TEST_F(GroupTest, RowsGiveIdsLabelsAndValues) {
  auto json = group_json(2);
  json["rows"] = {{{"id", "north"}, {"labels", {{"vip", "yes"}}}, {"values", {{"gain", "5"}}}},
                  {{"id", "south"}}};
  const auto made = Group::from_json(json.dump(), types);
  ASSERT_TRUE(made) << made.error().detail;
  const Group& group = **made;
  EXPECT_EQ(group.index_of("south"), 1u);
  EXPECT_EQ(group.index_of("probe-00001"), std::nullopt);
  EXPECT_EQ(group.label(0, "vip"), "yes");
  EXPECT_EQ(group.label(1, "vip"), std::nullopt);
  EXPECT_EQ(std::get<double>(group.base_values(0).at("gain").data), 5);
  EXPECT_EQ(std::get<double>(group.base_values(1).at("gain").data), 2);
  EXPECT_NE(group.base_hash(0), group.base_hash(1));
}

TEST_F(GroupTest, MistakesAreNamed) {
  const auto mistake = [&](const char* member, nlohmann::json value) {
    auto json = group_json(10);
    json[member] = std::move(value);
    const auto made = Group::from_json(json.dump(), types);
    return made ? std::string() : made.error().detail;
  };
  EXPECT_NE(mistake("type", "toaster").find("toaster"), std::string::npos);
  EXPECT_NE(mistake("uplink", "pigeon").find("pigeon"), std::string::npos);
  EXPECT_NE(mistake("values", {{"gian", "3"}}).find("gian"), std::string::npos);
  EXPECT_NE(mistake("values", {{"gain", "300"}}).find("gain"), std::string::npos);
  EXPECT_NE(mistake("ordinals", nlohmann::json::array()), "");
  EXPECT_NE(mistake("labels", 7), "");
  EXPECT_FALSE(Group::from_json("not json", types));
}

}  // namespace
}  // namespace vfleet::fleet
