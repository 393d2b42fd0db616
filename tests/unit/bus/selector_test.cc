#include "simulator/bus/selector.h"

#include <gtest/gtest.h>

#include <map>

namespace vfleet::bus {
namespace {

struct FakeDevice : IdentityView {
  FakeDevice(std::string id_in, std::string type_in = "charging_pile", std::string group_in = "dc",
             std::map<std::string, std::string, std::less<>> labels_in = {},
             std::map<std::string, std::string, std::less<>> states_in = {})
      : name(std::move(id_in)),
        kind(std::move(type_in)),
        folder(std::move(group_in)),
        labels(std::move(labels_in)),
        states(std::move(states_in)) {}

  std::string_view id() const override { return name; }
  std::string_view type() const override { return kind; }
  std::string_view group() const override { return folder; }
  std::optional<std::string_view> label(std::string_view key) const override {
    const auto at = labels.find(key);
    return at == labels.end() ? std::nullopt : std::optional<std::string_view>(at->second);
  }
  std::optional<std::string> state(std::string_view key) const override {
    const auto at = states.find(key);
    return at == states.end() ? std::nullopt : std::optional<std::string>(at->second);
  }

  std::string name;
  std::string kind;
  std::string folder;
  std::map<std::string, std::string, std::less<>> labels;
  std::map<std::string, std::string, std::less<>> states;
};

Selector parsed(std::string_view text) {
  auto selector = Selector::parse(text);
  EXPECT_TRUE(selector) << text << ": " << (selector ? "" : selector.error().detail);
  return selector ? *selector : Selector::of_ids({});
}

bool matches(std::string_view text, const FakeDevice& device) {
  return parsed(text).matches(device);
}

std::string refusal(std::string_view text) {
  const auto selector = Selector::parse(text);
  if (selector) return "accepted as " + selector->text();
  EXPECT_EQ(selector.error().code, Errc::invalid_argument);
  return selector.error().detail;
}

const FakeDevice kPile("pile-00042", "charging_pile", "dc", {{"site", "shanghai"}, {"vip", ""}},
                       {{"status", "charging"}, {"soc", "80.5"}, {"online", "true"}});

TEST(Selector, RefusesAnEmptyText) {
  EXPECT_EQ(refusal(""), "column 1: expected a selector; 'all' is every device");
  EXPECT_EQ(refusal("  \t"), "column 1: expected a selector; 'all' is every device");
}

TEST(Selector, AFirstBareWordIsAnId) {
  EXPECT_TRUE(matches("pile-00042", kPile));
  EXPECT_TRUE(matches("\"pile-00042\"", kPile));
  EXPECT_FALSE(matches("pile-00043", kPile));
  EXPECT_FALSE(matches("vip", kPile));
}

TEST(Selector, AllMatchesEveryDevice) {
  EXPECT_TRUE(matches("all", kPile));
  EXPECT_TRUE(parsed("all").matches_all());
  EXPECT_FALSE(parsed("pile-*").matches_all());
  EXPECT_TRUE(matches("\"all\"", FakeDevice("all")));
  EXPECT_FALSE(matches("\"all\"", kPile));
}

TEST(Selector, GlobsWorkOnWholeIds) {
  EXPECT_TRUE(matches("pile-*", kPile));
  EXPECT_TRUE(matches("*42", kPile));
  EXPECT_TRUE(matches("p*-0?0*2", kPile));
  EXPECT_FALSE(matches("pile-?", kPile));
  EXPECT_FALSE(matches("ile-*", kPile));
  EXPECT_FALSE(matches("type=charging_pile,!pile-*", kPile));
}

TEST(Selector, ARangeComparesNumbersNotText) {
  EXPECT_TRUE(matches("pile-00010..00042", kPile));
  EXPECT_TRUE(matches("pile-9..100", kPile));
  EXPECT_TRUE(matches("pile-00042..pile-00042", kPile));
  EXPECT_FALSE(matches("pile-00043..00099", kPile));
  EXPECT_FALSE(matches("cam-1..99", kPile));
  EXPECT_FALSE(matches("pile-1..99", FakeDevice("pile-42b")));
  EXPECT_FALSE(matches("pile-1..99", FakeDevice("pile-99999999999999999999999")));
}

TEST(Selector, ComparesTypeGroupAndLabels) {
  EXPECT_TRUE(matches("type=charging_pile,group==dc,site in (hefei, shanghai),vip", kPile));
  EXPECT_FALSE(matches("type=charging_pile,!vip", kPile));
  EXPECT_TRUE(matches("=vip", kPile));
  EXPECT_TRUE(matches("!city", kPile));
  EXPECT_TRUE(matches("vip=\"\"", kPile));
  EXPECT_FALSE(matches("site notin (shanghai)", kPile));
}

TEST(Selector, ADeviceWithoutTheLabelIsNotEqual) {
  EXPECT_TRUE(matches("city!=a", kPile));
  EXPECT_TRUE(matches("city notin (a,b)", kPile));
  EXPECT_FALSE(matches("city=a", kPile));
}

TEST(Selector, ComparesStatesAsTextAndAsNumbers) {
  EXPECT_TRUE(matches("state.status=charging,state.online=true", kPile));
  EXPECT_TRUE(matches("state.soc>=80", kPile));
  EXPECT_TRUE(matches("state.soc=80.50", kPile));
  EXPECT_TRUE(matches("state.soc in (1,80.5)", kPile));
  EXPECT_FALSE(matches("state.soc<80.5", kPile));
  EXPECT_TRUE(matches("state.soc<=80.5", kPile));
  EXPECT_FALSE(matches("state.soc>80.5", kPile));
  EXPECT_FALSE(matches("state.status>1", kPile));
  EXPECT_FALSE(matches("state.none=1", kPile));
  EXPECT_TRUE(matches("all,state.soc,!state.none", kPile));
}

TEST(Selector, QuotesMakeAnyTextAValue) {
  const FakeDevice odd("a,b", "charging_pile", "dc", {{"state.x", "* \"q\" \\"}});
  EXPECT_TRUE(matches("\"a,b\"", odd));
  EXPECT_TRUE(matches(R"("state.x"="* \"q\" \\")", odd));
  EXPECT_FALSE(matches("state.x=1", odd));
}

TEST(Selector, SamplesAreStableNestedAndNearTheirSize) {
  int five = 0;
  int fifty = 0;
  int salted = 0;
  int both = 0;
  const Selector s5 = parsed("sample(5%)");
  const Selector s50 = parsed("sample(0.5)");
  const Selector other = parsed("sample(5%,blue)");
  for (int i = 0; i < 20000; ++i) {
    const FakeDevice device("pile-" + std::to_string(i));
    five += s5.matches(device);
    fifty += s50.matches(device);
    salted += other.matches(device);
    both += s5.matches(device) && other.matches(device);
    EXPECT_TRUE(!s5.matches(device) || s50.matches(device));
  }
  EXPECT_NEAR(five, 1000, 120);
  EXPECT_NEAR(salted, 1000, 120);
  EXPECT_NEAR(fifty, 10000, 400);
  EXPECT_LT(both, 100);
  EXPECT_TRUE(matches("sample(100%)", kPile));
  EXPECT_FALSE(matches("sample(0%)", kPile));
}

TEST(Selector, SaysWhatControlMustResolveFirst) {
  EXPECT_TRUE(parsed("type=a,site!=b,sample(5%)").identity_only());
  EXPECT_FALSE(parsed("state.soc>1").identity_only());
  EXPECT_FALSE(parsed("all,!state.soc").identity_only());
  EXPECT_FALSE(parsed("all,limit(3)").identity_only());
  EXPECT_EQ(parsed("limit(3)").limit(), 3u);
  EXPECT_TRUE(parsed("limit(3)").matches(kPile));
}

TEST(Selector, KnowsItsIdsAndItsGroup) {
  ASSERT_NE(parsed("a").exact_ids(), nullptr);
  const Selector list = parsed("id in (b, a, b)");
  ASSERT_NE(list.exact_ids(), nullptr);
  EXPECT_EQ(*list.exact_ids(), (std::vector<std::string>{"b", "a"}));
  EXPECT_EQ(parsed("a,vip").exact_ids(), nullptr);
  EXPECT_EQ(parsed("id!=a").exact_ids(), nullptr);
  EXPECT_EQ(parsed("id in (a),limit(1)").exact_ids(), nullptr);
  EXPECT_EQ(parsed("vip=1,group=cam").group(), "cam");
  EXPECT_EQ(parsed("group!=cam").group(), std::nullopt);
  EXPECT_EQ(parsed("group in (a,b)").group(), std::nullopt);
}

TEST(Selector, ManyIdsTravelInOneText) {
  std::vector<std::string> ids;
  for (int i = 0; i < 100000; ++i) ids.push_back("pile-" + std::to_string(i));
  const Selector sent = Selector::of_ids(ids);
  const Selector read = parsed(sent.text());
  ASSERT_NE(read.exact_ids(), nullptr);
  EXPECT_EQ(*read.exact_ids(), ids);
  EXPECT_TRUE(read.matches(FakeDevice("pile-99999")));
  EXPECT_FALSE(read.matches(FakeDevice("pile-100000")));
  const Selector copy = read;  // NOLINT: the copy is the point
  EXPECT_TRUE(copy.matches(FakeDevice("pile-0")));
}

TEST(Selector, NoIdsMatchNothing) {
  const Selector none = Selector::of_ids({});
  EXPECT_EQ(none.text(), "id in ()");
  EXPECT_FALSE(parsed("id in ()").matches(kPile));
}

TEST(Selector, HasOneTextForOneMeaning) {
  EXPECT_EQ(parsed("  a ").text(), "a");
  EXPECT_EQ(parsed("\"a\"").text(), "a");
  EXPECT_EQ(parsed("id=a").text(), "a");
  EXPECT_EQ(parsed("\"a..b\"").text(), "\"a..b\"");
  EXPECT_EQ(parsed("type = x , site in ( b , a ) , ! vip").text(), "type=x,site in (b,a),!vip");
  EXPECT_EQ(parsed("site in (a)").text(), "site=a");
  EXPECT_EQ(parsed("limit(4),=vip").text(), "=vip,limit(4)");
  EXPECT_EQ(parsed("sample(0.05, x)").text(), "sample(5%,x)");
  EXPECT_EQ(parsed("pile-00010..00019,id=z").text(), "pile-00010..00019,id=z");
}

TEST(Selector, ErrorsNameTheColumnAndWhatWasExpected) {
  EXPECT_EQ(refusal("site="), "column 6: expected a value");
  EXPECT_EQ(refusal("site in a"), "column 9: expected '(' after 'in'");
  EXPECT_EQ(refusal("site in (a"), "column 11: expected ',' or ')' after a value");
  EXPECT_EQ(refusal("site in ()"), "column 10: expected a value");
  EXPECT_EQ(refusal("a,,b"), "column 3: expected an id, a label or 'all'");
  EXPECT_EQ(refusal("a,"), "column 3: expected an id, a label or 'all'");
  EXPECT_EQ(refusal("a b"), "column 3: expected '=', '!=', 'in', 'notin', '<', '>' or ',' before 'b'");
  EXPECT_EQ(refusal("site>3"), "column 1: only state.NAME is compared with '<' and '>'");
  EXPECT_EQ(refusal("state.soc>x"), "column 11: expected a number");
  EXPECT_EQ(refusal("state.=x"), "column 1: expected a name after 'state.'");
  EXPECT_EQ(refusal("sample(500%)"), "column 8: expected a part between 0% and 100%");
  EXPECT_EQ(refusal("sample(5%"), "column 10: expected ')' after the value");
  EXPECT_EQ(refusal("limit(0)"), "column 7: expected a count of at least 1");
  EXPECT_EQ(refusal("limit(1),limit(2)"), "column 10: limit() stands there twice");
  EXPECT_EQ(refusal("count(1)"), "column 1: expected sample(...) or limit(...)");
  EXPECT_EQ(refusal("pile-9..3"), "column 1: the range ends before it starts");
  EXPECT_EQ(refusal("pile-..3"), "column 6: expected a number before '..', like pile-10..19");
  EXPECT_EQ(refusal("pile-1..x"), "column 9: expected a number after '..', like pile-10..19");
  EXPECT_EQ(refusal("site=sh*"),
            "column 6: '*' and '?' work in bare ids only; quote the value to mean the character");
  EXPECT_EQ(refusal("site=\"a"), "column 6: this quote is not closed");
  EXPECT_EQ(refusal("!all"), "column 2: '!all' matches nothing");
  EXPECT_EQ(refusal("a)"), "column 2: expected ',' between terms");
}

TEST(Selector, LongTextsAreRefused) {
  EXPECT_NE(refusal(std::string(65537, 'a')).find("too long"), std::string::npos);
  EXPECT_NE(refusal("id in (" + std::string(5U << 20U, 'a')).find("too long"), std::string::npos);
  std::string many = "a";
  for (int i = 0; i < 300; ++i) many += ",b";
  EXPECT_NE(refusal(many).find("more than 256 terms"), std::string::npos);
}

}  // namespace
}  // namespace vfleet::bus
