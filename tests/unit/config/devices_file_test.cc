#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "simulator/config/csv.h"
#include "simulator/config/fleet_file.h"
#include "tests/unit/config/memory_files.h"
#include "tests/unit/config/sample_catalogue.h"

namespace vfleet::config {
namespace {

using testing::ElementsAre;

const char* const kFleet =
    "fleet: x\ngroups:\n"
    "- {name: pile, type: pile, labels: {site: a}, devices: {from: piles.csv}, uplink: {http: {url: u}}}\n"
    "- {name: cam, type: cam, count: 3, uplink: \"null\"}\n";

tl::expected<FleetSpec, Mistakes> load(const std::string& csv) {
  const MemoryFiles files{{{"f.yaml", kFleet}, {"piles.csv", csv}, {"keys/1", "one\r\n"}, {"keys/2", "\xff"}},
                          {}};
  return load_fleet("f.yaml", sample_catalogue(), files.options());
}

std::string mistakes_of(const std::string& csv) {
  const auto fleet = load(csv);
  return fleet ? std::string("(none)\n") : to_string(fleet.error());
}

TEST(DevicesFile, GivesEachRowItsIdLabelsAndValues) {
  const auto fleet = load(
      "\xef\xbb\xbfid,label.site, rated_power ,uplink.http.token.secret_file,vendor,taper\r\n"
      "p-1, b ,60kW,keys/1,\"a, \"\"b\"\"\",\"10%, 20%\"\r\n"
      "\r\n"
      "p-2,,,,,\r\n");
  ASSERT_TRUE(fleet) << to_string(fleet.error());
  const GroupSpec& group = fleet->groups[0];
  EXPECT_EQ(group.count, 2U);
  ASSERT_EQ(group.rows.size(), 2U);
  EXPECT_EQ(group.rows[0].id, "p-1");
  EXPECT_EQ(group.label(0, "site"), "b");
  EXPECT_EQ(group.label(1, "site"), "a");
  EXPECT_EQ(group.rows[0].values, (Values{{"rated_power", Value{60e3}},
                                          {"taper", Value{List{Value{0.1}, Value{0.2}}}},
                                          {"uplink.http.token", Value{std::string("one")}},
                                          {"vendor", Value{std::string("a, \"b\"")}}}));
  EXPECT_EQ(group.rows[1], (DeviceRow{"p-2", {}, {}}));
}

TEST(DevicesFile, TellsEachMistakeWithItsPlace) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"", "piles.csv:1:1: the file is empty; expected a header with the column id\n"},
      {"vendor\nx\n", "piles.csv:1:1: id: there is no column id\n"},
      {"id,id\n", "piles.csv:1:4: id: this column is there twice\n"},
      {"id,vendr,label.type\n",
       "piles.csv:1:4: vendr: unknown column; expected id, label.NAME or a configuration key (did you mean "
       "'vendor'?)\n"
       "piles.csv:1:10: label.type: 'type' cannot name a label: selectors use that word\n"},
      {"id,rated_power\np1,1\np2,5kW\np3,x\n",
       "piles.csv:2:4: rated_power: '1': expected a number with a unit (W, kW, MW)\n"
       "piles.csv:4:4: rated_power: 'x': expected a number with a unit (W, kW, MW)\n"},
      {"id,vendor\np1\np2,a,b\n",
       "piles.csv:2:1: this row has 1 cells, the header 2\npiles.csv:3:1: this row has 3 cells, the header "
       "2\n"},
      {"id\np1\np 2\np1\n",
       "piles.csv:3:1: id: 'p 2': an id is 1 to 64 of a-z A-Z 0-9 - _ .\n"
       "piles.csv:4:1: id: 'p1' was listed before, in line 2\n"},
      {"id,vendor\n,x\n", "piles.csv:2:1: id: '': an id is 1 to 64 of a-z A-Z 0-9 - _ .\n"},
      {"id\ncam-00002\ncam-00004\ncam-2\n", "piles.csv:2:1: id: 'cam-00002' is in group 'cam' too\n"},
      {"id,vendor\np1,\"a\nb\nc\"x\n", "piles.csv:4:3: expected a comma after the closing quote\n"},
      {"id,vendor\np1,\"a\n", "piles.csv:2:4: the quote is not closed\n"},
      {"id,vendor\np1,a\"b\n",
       "piles.csv:2:5: a quote inside a cell; cells with quotes are written \"a \"\"b\"\" c\"\n"},
      {"id,uplink.http.token.secret_file\np1,keys/9\np2,keys/2\n",
       "piles.csv:2:4: uplink.http.token: there is no file keys/9\n"
       "piles.csv:3:4: uplink.http.token: keys/2 is not UTF-8 text\n"},
      {"id,uplink.http.token,uplink.http.token.secret_file\np1,a,keys/1\n",
       "piles.csv:2:6: uplink.http.token: the value stands in another column too\n"},
      {"id,label.site\np1,a b\n",
       "piles.csv:2:4: site: 'a b': a label's value has no blanks and none of , ( ) ! = < > \"\n"},
      {"id,vendor\np1,\xff\n", "piles.csv: this is not UTF-8 text\n"},
  };
  for (const auto& [csv, mistakes] : table) EXPECT_EQ(mistakes_of(csv), mistakes) << csv;
}

TEST(DevicesFile, CountsLinesThroughQuotedLineEnds) {
  EXPECT_EQ(mistakes_of("id,vendor,rated_power\np1,\"a\nb\",1kW\np2,c,1\n"),
            "piles.csv:4:6: rated_power: '1': expected a number with a unit (W, kW, MW)\n");
}

TEST(DevicesFile, ExcludesPatternsBesideIt) {
  const MemoryFiles files{
      {{"f.yaml",
        "fleet: x\ngroups: [{name: a, type: cam, count: 3, devices: {from: p.csv}, uplink: \"null\"}]\n"},
       {"p.csv", "id\nx\n"}},
      {}};
  const auto fleet = load_fleet("f.yaml", sample_catalogue(), files.options());
  ASSERT_FALSE(fleet);
  EXPECT_EQ(to_string(fleet.error()),
            "f.yaml:2:31: groups[0].count: has no meaning beside devices, which lists each id\n");
}

}  // namespace
}  // namespace vfleet::config
