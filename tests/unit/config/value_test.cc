#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "simulator/config/suggest.h"
#include "simulator/config/value_text.h"
#include "simulator/core/random.h"
#include "tests/unit/config/sample_catalogue.h"

namespace vfleet::config {
namespace {

using testing::HasSubstr;

const Schema& pile() {
  static const Catalogue catalogue = sample_catalogue();
  return catalogue.types.at("pile").schema;
}

std::string random_text(Random& random) {
  constexpr std::string_view kPieces[] = {"a", "B7",  " ", ",", "\"", "[", "]",  "\\", "'",      "${X}", "$",
                                          "0", "1.0", ":", "#", "{",  "}", "\n", "\t", "\u4e0a", "null", "-"};
  std::string text;
  for (std::uint64_t i = random.below(6); i > 0; --i) text += kPieces[random.below(std::size(kPieces))];
  return text;
}

Value random_value(const Key& key, Random& random) {
  const double low = std::max(key.minimum, -1e9);
  const double high = std::min(key.maximum, 1e9);
  switch (key.kind) {
    case Kind::boolean:
      return Value{random.chance(0.5)};
    case Kind::integer:
      return Value{static_cast<std::int64_t>(std::ceil(random.uniform(low, high)))};
    case Kind::number: {
      const double number = random.uniform(low, high);
      return Value{random.chance(0.5) ? number : std::ceil(number)};
    }
    case Kind::duration: {
      const auto ns =
          static_cast<std::int64_t>(random.uniform(std::max(low, 0.0), std::min(high, 1e6)) * 1e9);
      return Value{Duration(random.chance(0.5) ? ns : ns / 1'000'000'000 * 1'000'000'000 + 1'000'000'000)};
    }
    case Kind::text:
      return Value{random_text(random)};
    case Kind::choice:
      return Value{key.choices[random.below(key.choices.size())]};
    case Kind::list:
      break;
  }
  List list;
  for (std::uint64_t i = random.below(4); i > 0; --i) {
    if (!holds_records(key)) {
      list.push_back(random_value(key.items.front(), random));
      continue;
    }
    Record record;
    for (const Key& field : key.items) record.emplace(field.path, random_value(field, random));
    list.push_back(Value{std::move(record)});
  }
  return Value{std::move(list)};
}

/// The sample's keys, and lists of what it has no list of.
std::vector<Key> keys_of_every_kind() {
  std::vector<Key> keys = pile().keys();
  for (const char* path : {"vendor", "connectors", "plugged", "reports.meter.every", "current"}) {
    Key list;
    list.path = std::string("list of ") + path;
    list.kind = Kind::list;
    list.items.push_back(*pile().find(path));
    list.items.front().path.clear();
    keys.push_back(list);
  }
  return keys;
}

TEST(Value, ReadsBackWhatItWritesAsTextAndAsJson) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Random random(seed, 0, "values");
    for (const Key& key : keys_of_every_kind()) {
      const Value value = random_value(key, random);
      ASSERT_TRUE(check_value(key, value)) << key.path << " " << format_value(key, value);
      const std::string text = format_value(key, value);
      const auto from_text = parse_value(key, text);
      ASSERT_TRUE(from_text) << text << ": " << from_text.error().detail;
      EXPECT_EQ(*from_text, value) << key.path << " " << text;
      const auto json = nlohmann::json::parse(to_json(key, value).dump());
      const auto from_json = value_from_json(key, json);
      ASSERT_TRUE(from_json) << json << ": " << from_json.error().detail;
      EXPECT_EQ(*from_json, value) << key.path << " " << json;
    }
  }
}

TEST(Value, NamesKeyValueAndExpectationOfAMistake) {
  const std::vector<std::array<const char*, 3>> table{
      {"reports.heartbeat.every", "1ms",
       "reports.heartbeat.every: '1ms' is out of range: expected 100ms to 1d"},
      {"reports.heartbeat.every", "5", "reports.heartbeat.every: '5': expected a duration such as 30s"},
      {"connectors", "1.5", "connectors: '1.5': expected a whole number"},
      {"connectors", "0x2", "connectors: '0x2': expected a whole number"},
      {"connectors", "002", "(did you mean '2'?)"},
      {"connectors", "99999999999999999999", "the number is too large"},
      {"rated_power", "0120kW", "(did you mean '120kW'?)"},
      {"plugged", "off", "plugged: 'off': expected true or false (did you mean 'false'?)"},
      {"current", "DC", "current: 'DC': expected one of ac, dc (did you mean 'dc'?)"},
      {"taper", "[10%", "taper: expected a list such as [a, b]"},
      {"taper", "10%,,20%", "taper: an element of the list is empty"},
      {"taper", "[\"10%]", "taper: a quote is not closed"},
      {"vehicles", "fast", "vehicles: expected a list of records as JSON"},
      {"vehicles", "[{\"weight\": 1}]", "vehicles[0].battery: must be given"},
      {"vehicles", "[{\"battery\": \"60kWh\", \"wight\": 1}]",
       "vehicles[0].wight: unknown key (did you mean 'weight'?)"},
      {"vehicles", "[{\"battery\": \"60kWh\"}, 5]", "vehicles[1]: expected a record"},
      {"vehicles", "[{\"battery\": 1}]",
       "vehicles[0].battery: '1Wh' is out of range: expected 1kWh to 500kWh"},
  };
  for (const auto& [path, text, mistake] : table) {
    const auto value = parse_value(*pile().find(path), text);
    ASSERT_FALSE(value) << path << "=" << text;
    EXPECT_THAT(value.error().detail, HasSubstr(mistake));
    EXPECT_EQ(value.error().code, Errc::invalid_argument);
  }
}

TEST(Value, TakesJsonNumbersInBaseUnits) {
  const auto read = [](const char* path, const char* json) {
    return value_from_json(*pile().find(path), nlohmann::json::parse(json));
  };
  EXPECT_EQ(read("rated_power", "60000"), Value{60e3});
  EXPECT_EQ(read("reports.meter.every", "1.5"), Value{Duration(1'500'000'000)});
  EXPECT_EQ(read("connectors", "4"), Value{std::int64_t{4}});
  EXPECT_EQ(read("plugged", "true"), Value{true});
  EXPECT_EQ(read("vendor", "5"), Value{std::string("5")});
  EXPECT_EQ(read("taper", "[0.5, \"10%\"]"), (Value{List{Value{0.5}, Value{0.1}}}));
  for (const auto& [path, json] :
       {std::pair{"rated_power", "null"}, std::pair{"rated_power", "1e308"}, std::pair{"connectors", "1.5"},
        std::pair{"plugged", "1"}, std::pair{"taper", "{}"}, std::pair{"reports.meter.every", "-1"},
        std::pair{"reports.meter.every", "1e300"}, std::pair{"vendor", "[]"}, std::pair{"taper", "[null]"}}) {
    EXPECT_FALSE(read(path, json)) << path << " = " << json;
  }
}

TEST(Value, MasksSecretsUnlessAskedNotTo) {
  const Catalogue catalogue = sample_catalogue();
  const Key& token = *catalogue.uplinks.at("http").schema.find("token");
  EXPECT_EQ(format_value(token, Value{std::string("hush")}), "***");
  EXPECT_EQ(format_value(token, Value{std::string("hush")}, false), "hush");
}

TEST(Values, TellEveryMistakeOfAnObject) {
  const auto values =
      values_from_json(pile(), nlohmann::json::parse(R"({"vendr":"x","connectors":"x","vendor":"y"})"));
  ASSERT_FALSE(values);
  EXPECT_EQ(values.error().detail,
            "connectors: 'x': expected a whole number; vendr: unknown key (did you mean 'vendor'?)");
}

TEST(Schema, FindsWhatAPathMeant) {
  const std::vector<std::pair<const char*, const char*>> table{
      {"vendr", "vendor"},
      {"Vendor", "vendor"},
      {"reports.heartbaet", "reports.heartbeat"},
      {"report.heartbeat.every", "reports.heartbeat.every"},
      {"reports.heartbeat.evry", "reports.heartbeat.every"},
      {"heartbeat.every", "reports.heartbeat.every"},
      {"jitter", "reports.heartbeat.jitter"},
      {"xyzzy", ""},
      {"", ""},
      {".", ""},
      {"reports.heartbeat.", "reports.heartbeat.every"},
  };
  for (const auto& [path, meant] : table) EXPECT_EQ(pile().nearest(path), meant) << path;
}

TEST(Schema, KnowsSectionsFromKeys) {
  EXPECT_TRUE(pile().has_section("reports"));
  EXPECT_TRUE(pile().has_section("reports.heartbeat"));
  EXPECT_FALSE(pile().has_section("reports.heartbeat.every"));
  EXPECT_FALSE(pile().has_section("report"));
  EXPECT_EQ(pile().find("reports"), nullptr);
}

TEST(Suggest, CountsEditsUpToALimit) {
  EXPECT_EQ(edit_distance("kitten", "sitting", 5), 3U);
  EXPECT_EQ(edit_distance("ab", "ba", 5), 1U);
  EXPECT_EQ(edit_distance("abc", "xyz", 1), 2U);
  EXPECT_EQ(edit_distance("", "abc", 5), 3U);
  EXPECT_EQ(nearest_word("b", {"a"}), "");
}

TEST(Value, BytesThatAreNoTextAreRefused) {
  for (const std::string_view bytes :
       {std::string_view("1.0\xff"), std::string_view("\xc3"), std::string_view("a\0b", 3)}) {
    const auto value = parse_value(*pile().find("vendor"), bytes);
    ASSERT_FALSE(value) << bytes;
    EXPECT_EQ(value.error().detail, "vendor: expected UTF-8 text");
  }
}

}  // namespace
}  // namespace vfleet::config
