#include "simulator/codec/text/template.h"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>

namespace vfleet::codec::text {
namespace {

class SomeNames final : public Names {
 public:
  std::string id = "pile-00042";
  std::map<std::string, std::string, std::less<>> labels = {{"site", "Hefei #3/äst"},
                                                            {"bad", "a\"b\\c\r\nd"}};

  [[nodiscard]] std::string_view device_id() const override { return id; }
  [[nodiscard]] std::string_view device_type() const override { return "charging_pile"; }
  [[nodiscard]] std::string_view group() const override { return "north"; }
  [[nodiscard]] std::string_view label(std::string_view name) const override {
    const auto at = labels.find(name);
    return at == labels.end() ? std::string_view() : std::string_view(at->second);
  }
};

constexpr std::string_view kReport =
    R"({"v":1,"dev":"pile-00042","boot":3,"seq":17,"due_us":1700000000000001,"sent_us":1700000000123456,)"
    R"("type":"meter","ch":2,"id":"3-17","data":{"power_w":7234.5,"status":"char\"ging\u4e2d","ok":true,)"
    R"("nothing":null,"objects":[{"score":0.5},{"score":0.75,"box":[1,2]}],"seq":99,"empty":{},"t_us":1500000}})";

std::string render(std::string_view text, const TemplateOptions& options = {},
                   std::string_view report = kReport) {
  const auto made = Template::compile(text, options);
  if (!made) return "error: " + made.error().detail;
  std::string out;
  made->render(SomeNames(), {.type = "meter", .json = report}, out);
  return out;
}

std::string mistake(std::string_view text, const TemplateOptions& options = {}) {
  const auto made = Template::compile(text, options);
  return made ? "none" : made.error().detail;
}

TEST(Template, NamesOfTheDeviceComeFromWhoeverRenders) {
  EXPECT_EQ(render("devices/{device.type}/{device.id}/{group}?{label.site}"),
            "devices/charging_pile/pile-00042/north?Hefei #3/äst");
  EXPECT_EQ(render("[{label.none}]"), "[]");
}

TEST(Template, FieldsOfTheEnvelopeHaveTheirNames) {
  EXPECT_EQ(render("{report.type} {report.id} {boot}/{seq} {channel} {due_us} {sent_us}"),
            "meter 3-17 3/17 2 1700000000000001 1700000000123456");
}

TEST(Template, MembersOfTheDataAreReachedWithAndWithoutThePrefix) {
  EXPECT_EQ(render("{power_w} {data.power_w} {status} {ok} {objects.1.score} {data.objects.0.score}"),
            "7234.5 7234.5 char\"ging中 true 0.75 0.5");
  EXPECT_EQ(render("{seq} is not {data.seq}"), "17 is not 99");
  EXPECT_EQ(render("{objects} {empty}"), R"([{"score":0.5},{"score":0.75,"box":[1,2]}] {})");
  EXPECT_EQ(render("{data.objects.1}{objects.1.box.1}"), R"({"score":0.75,"box":[1,2]}2)");
}

TEST(Template, WhatIsNotThereIsNothingInTextAndNullInJson) {
  EXPECT_EQ(render("[{missing}|{nothing}|{power_w.deeper}|{objects.7.score}]"), "[|||]");
  EXPECT_EQ(render("{missing|json} {nothing|json} {missing|quoted}"), "null null \"\"");
  EXPECT_EQ(render("{seq} {report} {power_w} {report.type}", {}, ""), "   meter");
}

TEST(Template, TheWholeReportAndItsDataCanBePutAnywhere) {
  EXPECT_EQ(render("{report}"), kReport);
  EXPECT_EQ(nlohmann::json::parse(render("{data}")), nlohmann::json::parse(kReport)["data"]);
  const auto wrapped = nlohmann::json::parse(render("{report|quoted}"));
  ASSERT_TRUE(wrapped.is_string());
  EXPECT_EQ(wrapped.get<std::string>(), kReport);
}

TEST(Template, FormatsSayHowAValueStands) {
  EXPECT_EQ(render("{label.site|url}"), "Hefei%20%233%2F%C3%A4st");
  EXPECT_EQ(render("{status|url}"), "char%22ging%E4%B8%AD");
  EXPECT_EQ(render("{status|json} {device.id|json} {power_w|quoted}"),
            R"("char\"ging\u4e2d" "pile-00042" "7234.5")");
  EXPECT_EQ(render("{label.bad|line}"), "a\"b\\cd");
  EXPECT_EQ(render("{label.bad|json}"), R"("a\"b\\c\r\nd")");
}

TEST(Template, TimesAreToldInOtherUnits) {
  EXPECT_EQ(render("{sent_us|ms} {sent_us|s} {sent_us|iso}"),
            "1700000000123 1700000000 2023-11-14T22:13:20.123456Z");
  EXPECT_EQ(render("{t_us|ms} {sent_us|iso|json}"), "1500 \"2023-11-14T22:13:20.123456Z\"");
  EXPECT_EQ(render("{none_us|iso}{none_us|ms}"), "");
  EXPECT_EQ(render("{t_us|iso}", {}, R"({"data":{"t_us":-1}})"), "");
  EXPECT_EQ(render("{t_us|iso}", {}, R"({"data":{"t_us":9223372036854775807}})"), "");
}

TEST(Template, AnHeaderNeverGetsASecondLineAndAUrlNeverASpace) {
  EXPECT_EQ(render("{label.bad}", {.escape = Escape::line}), "a\"b\\cd");
  EXPECT_EQ(render("{label.bad|raw}", {.escape = Escape::line}), "a\"b\\cd");
  EXPECT_EQ(render("/x/{label.site}?y=1", {.escape = Escape::url}), "/x/Hefei%20%233%2F%C3%A4st?y=1");
  EXPECT_EQ(render("{s}", {.escape = Escape::line}, R"({"data":{"s":"a\r\n\u0000b\u007f"}})"), "ab");
  // JSON may have line ends between its parts.
  const char* const spread = "{\"data\":{\"s\":[1,\r\nX-More: 2],\"t\":{\r\n\"a\":\"b\"}}}";
  EXPECT_EQ(render("{s|json}", {.escape = Escape::line}, spread), "[1,X-More: 2]");
  EXPECT_EQ(render("{t|json}", {.escape = Escape::line}, spread), R"({"a":"b"})");
  EXPECT_EQ(render("{t|quoted}", {.escape = Escape::line}, spread), R"("{\r\n\"a\":\"b\"}")");
}

TEST(Template, ABraceNeedsNoEscapeUnlessALetterFollows) {
  EXPECT_EQ(render(R"({"a":{}} { x } {{seq} {{}} {1} {)"), R"({"a":{}} { x } {seq} {}} {1} {)");
}

TEST(Template, AJsonTextGetsJsonValues) {
  const TemplateOptions json{.detect_json = true};
  const std::string text = render(
      R"({"dev":{device.id},"also":"id {device.id} of {label.bad}","p":{power_w},"s":{status},"in":"<{status}>",)"
      R"("none":{missing},"raw":[{data},{objects.0}],"at":{sent_us|iso},"ms":{sent_us|ms},"t":"{report.type}"})",
      json);
  const auto tree = nlohmann::json::parse(text, nullptr, false);
  ASSERT_TRUE(tree.is_object()) << text;
  EXPECT_EQ(tree["dev"], "pile-00042");
  EXPECT_EQ(tree["also"], "id pile-00042 of a\"b\\c\r\nd");
  EXPECT_EQ(tree["p"], 7234.5);
  EXPECT_EQ(tree["s"], "char\"ging中");
  EXPECT_EQ(tree["in"], "<char\"ging中>");
  EXPECT_TRUE(tree["none"].is_null());
  EXPECT_EQ(tree["raw"][1]["score"], 0.5);
  EXPECT_EQ(tree["at"], "2023-11-14T22:13:20.123456Z");
  EXPECT_EQ(tree["ms"], 1700000000123);
  EXPECT_EQ(tree["t"], "meter");
}

TEST(Template, OnlyWhatIsJsonIsTakenForJson) {
  const TemplateOptions json{.detect_json = true};
  EXPECT_EQ(render("{device.id},{status}", json), "pile-00042,char\"ging中");
  EXPECT_EQ(render("[{device.id}] {power_w}", json), "[pile-00042] 7234.5");
  EXPECT_EQ(render("[{device.id},{power_w}]", json), "[\"pile-00042\",7234.5]");
  EXPECT_EQ(render("{device.id}", json), "pile-00042");
  EXPECT_EQ(render("{data}", json), render("{data|json}"));
  EXPECT_TRUE(Template::compile(" [1, {seq} ]", json)->is_json());
  EXPECT_FALSE(Template::compile("v={seq}", json)->is_json());
}

TEST(Template, ATextThatBeginsLikeJsonMustBeJson) {
  const TemplateOptions json{.detect_json = true};
  for (const char* bad : {R"({"a":{seq})", R"({"a":{seq}}})", R"({"a" {seq}})", R"({"a":{seq},})",
                          R"({{"a":1}})", R"({"a":"{seq}})", R"( { "a":[1,2} })", R"({"a":1{seq}})", "{"}) {
    EXPECT_NE(mistake(bad, json).find("begins like JSON"), std::string::npos)
        << bad << ": " << mistake(bad, json);
  }
}

TEST(Template, MistakesSayWhatWasMeant) {
  EXPECT_NE(mistake("a/{device.di}").find("did you mean '{device.id}'"), std::string::npos);
  EXPECT_NE(mistake("{device_id}").find("did you mean '{device.id}'"), std::string::npos);
  EXPECT_NE(mistake("{device_id}").find("{data.device_id}"), std::string::npos);
  EXPECT_NE(mistake("{lable.site}").find("did you mean '{label.site}'"), std::string::npos);
  EXPECT_NE(mistake("{labels.site}").find("{data.labels.site}"), std::string::npos);
  EXPECT_NE(mistake("{label}").find("{label.NAME}"), std::string::npos);
  EXPECT_NE(mistake("{env.HOME}").find("environment"), std::string::npos);
  EXPECT_NE(mistake("ab{seq").find("at character 3 has no '}'"), std::string::npos);
  EXPECT_NE(mistake("{seq x}").find("has no '}'"), std::string::npos);
  EXPECT_NE(mistake("{seq|jsn}").find("unknown format |jsn"), std::string::npos);
  EXPECT_NE(mistake("{seq|ms}").find("is for microseconds"), std::string::npos);
  EXPECT_NE(mistake("{a..b}").find("is no path"), std::string::npos);
  EXPECT_NE(mistake("{data.}").find("is no path"), std::string::npos);
  EXPECT_NE(mistake("{group.x}").find("unknown {group.x}"), std::string::npos);
}

TEST(Template, WhereThereIsNoReportItsFieldsAreMistakes) {
  const TemplateOptions none{.report = false};
  EXPECT_EQ(mistake("vf-{device.id}-{label.site}", none), "none");
  for (const char* bad : {"{report.type}", "{power_w}", "{seq}", "{report}", "{data.x}"}) {
    EXPECT_NE(mistake(bad, none).find("needs a report"), std::string::npos) << bad;
  }
  EXPECT_NE(mistake("{device.tpye}", none).find("'{device.type}'"), std::string::npos);
}

TEST(Template, KnowsWhatItNeeds) {
  const auto of = [](std::string_view text) { return *Template::compile(text); };
  EXPECT_FALSE(of("{device.id}").needs_report());
  EXPECT_TRUE(of("{report.type}").needs_report());
  EXPECT_FALSE(of("{report.type}").needs_fields());
  EXPECT_TRUE(of("{seq}").needs_fields());
  EXPECT_TRUE(of("{report}").needs_fields());
  EXPECT_TRUE(of("a {{ b").is_constant());
  EXPECT_FALSE(of("a {group}").is_constant());
  EXPECT_TRUE(of("").empty());
}

TEST(Template, TooMuchIsAMistake) {
  std::string many;
  for (std::size_t i = 0; i <= Template::kFieldsMax; ++i) many += "{f" + std::to_string(i) + "}";
  EXPECT_NE(mistake(many).find("at most 64 different fields"), std::string::npos);
  std::string deep = "{a";
  for (int i = 0; i < 20; ++i) deep += ".a";
  EXPECT_NE(mistake(deep + "}").find("is no path"), std::string::npos);
  EXPECT_NE(mistake(std::string(Template::kTextMax + 1, 'x')).find("at most"), std::string::npos);
}

TEST(Template, RenderingAppendsAndStopsAllocatingOnceTheBufferHasGrown) {
  const auto made =
      Template::compile(R"({"id":{device.id},"p":{power_w},"s":"{status}"})", {.detect_json = true});
  ASSERT_TRUE(made);
  std::string out = "before ";
  made->render(SomeNames(), {.type = "meter", .json = kReport}, out);
  EXPECT_EQ(out, R"(before {"id":"pile-00042","p":7234.5,"s":"char\"ging\u4e2d"})");
  const char* const place = out.data();
  for (int i = 0; i < 100; ++i) {
    out.clear();
    made->render(SomeNames(), {.type = "meter", .json = kReport}, out);
  }
  EXPECT_EQ(out.data(), place);
}

TEST(FieldIndex, OfAMemberThatIsThereTwiceTheFirstCounts) {
  EXPECT_EQ(render("{a}", {}, R"({"data":{"a":1,"a":2}})"), "1");
}

TEST(FieldIndex, TextThatIsNoJsonGivesWhatStoodBeforeIt) {
  EXPECT_EQ(render("{seq}/{a}", {}, R"({"seq":5,"data":{"a":)"), "5/");
  EXPECT_EQ(render("{seq}/{a}", {}, R"({"seq":5,"data":{"b":"\)"), "5/");
  EXPECT_EQ(render("{seq}/{a}", {}, R"([1,2])"), "/");
  for (std::size_t n = 0; n < kReport.size(); ++n)
    (void)render("{report.type}{data}{objects.1.box.1}", {}, kReport.substr(0, n));
}

}  // namespace
}  // namespace vfleet::codec::text
