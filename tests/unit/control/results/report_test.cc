#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "control/report/chart.h"
#include "control/report/csv.h"
#include "control/report/escape.h"
#include "control/report/files.h"
#include "control/report/html.h"
#include "control/report/junit.h"
#include "control/results/verdict.h"
#include "tests/support/small_files.h"
#include "tests/unit/control/results/markup.h"
#include "tests/unit/control/results/sample_run.h"

namespace vfleet::control::report {
namespace {

using nlohmann::json;
using results::SampleRun;

json judged(const std::vector<std::string>& thresholds) {
  SampleRun run(20'000);
  run.run(10);
  results::Mark mark;
  mark.at_us = SampleRun::kStart_us + 7'000'000;
  mark.kind = "command";
  mark.text = "set all vendor=<script>alert(1)</script>\x01";
  mark.revision = 3;
  run.recorder.mark(mark);
  run.away(20);
  run.run(3);
  run.run_failing(5);
  run.recorder.finish(run.now());
  json document = run.document();
  results::judge(document, thresholds);
  return document;
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST(Markup, FindsWhatIsWrong) {
  EXPECT_EQ(wrong_in_markup("<a b=\"1\"><c/>x &amp; y</a>"), "");
  EXPECT_NE(wrong_in_markup("<a>"), "");
  EXPECT_NE(wrong_in_markup("<a></b>"), "");
  EXPECT_NE(wrong_in_markup("<a>1 < 2</a>"), "");
  EXPECT_NE(wrong_in_markup("<a>x & y</a>"), "");
  EXPECT_NE(wrong_in_markup("<a b=1></a>"), "");
  EXPECT_NE(wrong_in_markup("<img src=\"https://example.org/x.png\"/>"), "");
}

TEST(Junit, HasACaseForEachThresholdAndOneForValidity) {
  const std::string xml = junit_xml(judged({"p99(meter.ack) < 100ms", "loss == 0", "p99(x.ack) < 1s"}));
  EXPECT_EQ(wrong_in_markup(xml), "") << xml;
  EXPECT_TRUE(xml.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"));
  EXPECT_NE(xml.find("tests=\"4\" failures=\"2\" errors=\"0\""), std::string::npos) << xml;
  EXPECT_EQ(count_of(xml, "<testcase "), 4U);
  EXPECT_NE(xml.find("name=\"p99(meter.ack) &lt; 100ms\""), std::string::npos);
  EXPECT_NE(xml.find("<failure message=\"nothing was measured\""), std::string::npos);
  EXPECT_NE(xml.find("demo &lt;&amp;&quot;&gt;"), std::string::npos) << "whatever the fleet is called";
}

TEST(Junit, ThresholdsOfInvalidResultsAreErrors) {
  json document = judged({"p99(meter.ack) < 100ms"});
  results::judge(document, {"p99(meter.ack) < 100ms"}, {"a worker had to be killed"});
  const std::string xml = junit_xml(document);
  EXPECT_EQ(wrong_in_markup(xml), "");
  EXPECT_NE(xml.find("tests=\"2\" failures=\"1\" errors=\"1\""), std::string::npos) << xml;
  EXPECT_NE(xml.find("a worker had to be killed"), std::string::npos);
}

TEST(Csv, HasARowForEachPointWithTheGapMarked) {
  const json document = judged({});
  const auto records = csv_records(series_csv(document));
  ASSERT_EQ(records.size(), document["series"]["at_s"].size() + 1);
  const auto& head = records.front();
  EXPECT_EQ(head[0], "at_s");
  EXPECT_EQ(head[2], "gap");
  std::size_t sent = 0;
  while (sent < head.size() && head[sent] != "sent_per_s") ++sent;
  ASSERT_LT(sent, head.size());
  std::size_t gaps = 0;
  for (std::size_t i = 1; i < records.size(); ++i) {
    ASSERT_EQ(records[i].size(), head.size()) << "every row has all columns";
    if (records[i][2] == "1") {
      ++gaps;
      EXPECT_EQ(records[i][sent], "");
    } else {
      EXPECT_EQ(records[i][sent], "100.0");
    }
  }
  EXPECT_EQ(gaps, 1U);
}

TEST(Csv, QuotesWhatNeedsIt) {
  EXPECT_EQ(csv_field("plain"), "plain");
  EXPECT_EQ(csv_field("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_field("say \"x\""), "\"say \"\"x\"\"\"");
  EXPECT_EQ(csv_field("=1+1"), "'=1+1");
}

TEST(Html, IsOneWellFormedPageThatNeedsNothingElse) {
  const std::string page = report_html(judged({"p99(meter.ack) < 100ms", "loss == 0"}));
  EXPECT_EQ(wrong_in_markup(page), "");
  EXPECT_EQ(page.find("http://"), std::string::npos);
  EXPECT_EQ(page.find("https://"), std::string::npos);
  EXPECT_EQ(page.find("src="), std::string::npos);
  EXPECT_NE(page.find("1 of 2 thresholds met"), std::string::npos);
  EXPECT_GE(count_of(page, "<figure class=\"chart\""), 5U);
  EXPECT_NE(page.find("class=\"gap\""), std::string::npos);
  EXPECT_NE(page.find("class=\"mark\""), std::string::npos);
  EXPECT_EQ(page.find("<script>alert"), std::string::npos) << "what operators write is text";
  EXPECT_NE(page.find("&lt;script&gt;alert"), std::string::npos);
  EXPECT_NE(page.find("prefers-color-scheme:dark"), std::string::npos);
}

TEST(Html, ShowsWhyResultsAreInvalid) {
  json document = judged({});
  results::judge(document, {}, {"a worker was <busy>"});
  const std::string page = report_html(document);
  EXPECT_EQ(wrong_in_markup(page), "");
  EXPECT_NE(page.find("a worker was &lt;busy&gt;"), std::string::npos);
}

TEST(Html, OfAnEmptyOrOddDocumentIsStillAPage) {
  for (const char* text :
       {"{}", R"({"series":{"at_s":[1,"x",null],"columns":{"sent_per_s":[1],"ack.p99_us":"no"}},
    "marks":[7,{"at_s":1e300}],"latencies":[[]],"thresholds":[1],"totals":{"reports":{"a":7}}})"}) {
    EXPECT_EQ(wrong_in_markup(report_html(json::parse(text))), "") << text;
    EXPECT_EQ(wrong_in_markup(junit_xml(json::parse(text))), "") << text;
    EXPECT_FALSE(series_csv(json::parse(text)).empty());
  }
}

TEST(Chart, DrawsNothingWithoutAValue) {
  Chart chart;
  chart.at_s = {1, 2};
  chart.lines = {{"a", {std::nan(""), std::nan("")}, false}};
  EXPECT_EQ(render_chart(chart, 1), "");
}

TEST(Chart, OfFiguresThatNoAxisHoldsEnds) {
  Chart chart;
  chart.at_s = {1, 2};
  chart.lines = {{"a", {1.7e308, 5}, false}};
  for (const Axis axis : {Axis::per_second, Axis::latency, Axis::part, Axis::count}) {
    chart.axis = axis;
    EXPECT_LT(render_chart(chart, 1).size(), 10'000U);
  }
}

TEST(Chart, APointThatStandsAloneIsSeen) {
  Chart chart;
  const double none = std::nan("");
  chart.at_s = {1, 2, 3, 4, 5};
  chart.lines = {{"a", {7, none, 5, 6, none}, false}};
  std::string svg = render_chart(chart, 1);
  EXPECT_EQ(count_of(svg, "<circle"), 1U);
  EXPECT_EQ(wrong_in_markup(svg), "");
  chart.at_s = {7};
  chart.lines = {{"a", {7}, false}};
  svg = render_chart(chart, 1);
  EXPECT_EQ(count_of(svg, "<circle"), 1U);
  EXPECT_EQ(wrong_in_markup(svg), "");
}

TEST(Chart, SaysHowManyLinesItLeavesOut) {
  Chart chart;
  chart.remark = "of each";
  chart.at_s = {1, 2};
  for (int i = 0; i < 8; ++i) chart.lines.push_back({"line " + std::to_string(i), {1, 2}, false});
  EXPECT_NE(render_chart(chart, 1).find("<p>of each</p>"), std::string::npos);
  for (int i = 8; i < 20; ++i) chart.lines.push_back({"line " + std::to_string(i), {1, 2}, false});
  chart.lines.push_back({"without a value", {std::nan(""), std::nan("")}, false});
  const std::string svg = render_chart(chart, 1);
  EXPECT_NE(svg.find("<p>of each; the 8 largest of 20</p>"), std::string::npos);
  EXPECT_EQ(svg.find("line 8"), std::string::npos);
}

TEST(Html, OfARunWithoutOneIntervalSaysSo) {
  const std::string page = report_html(json::parse("{}"));
  EXPECT_NE(page.find("there is nothing to draw"), std::string::npos);
  EXPECT_EQ(page.find("<h2>Latencies</h2>"), std::string::npos) << "a table without a row";
  EXPECT_NE(report_html(judged({})).find("<h2>Latencies</h2>"), std::string::npos);
}

TEST(Chart, ShowsEveryMarkAndNumbersThatDoNotLieOnEachOther) {
  Chart chart;
  chart.at_s = {0, 200};
  chart.lines = {{"a", {1, 2}, false}};
  for (int i = 1; i <= 200; ++i) chart.marks.push_back({static_cast<double>(i), "set", i});
  const std::string svg = render_chart(chart, 1);
  const auto count = [&svg](std::string_view part) {
    std::size_t found = 0;
    for (std::size_t at = 0; (at = svg.find(part, at)) != std::string::npos; ++at) ++found;
    return found;
  };
  EXPECT_EQ(count("<g class=\"mark many\">"), 200U);
  EXPECT_GT(count("y=\"12\" text-anchor=\"middle\">"), 30U);
  EXPECT_LT(count("y=\"12\" text-anchor=\"middle\">"), 50U);
  // Numbers grow wider: 199 of three digits would not fit where 1 and 6 do.
  double before = 0;
  std::size_t digits = 0;
  for (std::size_t at = 0; (at = svg.find("\" y=\"12\" text-anchor=\"middle\">", at)) != std::string::npos;
       ++at) {
    const std::size_t from = svg.rfind("x=\"", at) + 3;
    const double x = std::stod(svg.substr(from, at - from));
    const std::size_t text = svg.find('>', at) + 1;
    const std::size_t width = svg.find('<', text) - text;
    if (digits > 0) {
      EXPECT_GE(x - before, 3.5 * static_cast<double>(width + digits) + 5) << svg.substr(text, width);
    }
    before = x;
    digits = width;
  }
}

TEST(Chart, ThinsLongSeriesOutAndKeepsTheWorst) {
  Chart chart;
  chart.axis = Axis::count;
  Line line{"a", {}, true};
  for (int i = 0; i < 7'200; ++i) {
    chart.at_s.push_back(i);
    line.values.push_back(i == 3'333 ? 987 : 1);
  }
  chart.lines = {line};
  const std::string svg = render_chart(chart, 1);
  EXPECT_NE(svg.find("\"987\""), std::string::npos);
  EXPECT_LT(svg.size(), 40'000U);
  EXPECT_EQ(wrong_in_markup(svg), "");
}

TEST(Escape, KeepsTextAndReplacesWhatXmlCannotHold) {
  EXPECT_EQ(escaped("a<b>&\"'"), "a&lt;b&gt;&amp;&quot;&#39;");
  EXPECT_EQ(escaped("\xE4\xBD\xA0"), "\xE4\xBD\xA0");
  EXPECT_EQ(escaped(std::string("\x00", 1)), "\xEF\xBF\xBD");
  EXPECT_EQ(escaped("\xC0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(escaped("\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(escaped("\xE4\xBD"), "\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(Files, AreAllWritten) {
  std::string dir = ::testing::TempDir() + "vfleet-report-XXXXXX";
  ASSERT_NE(::mkdtemp(dir.data()), nullptr);
  const json document = judged({"loss == 0"});
  ASSERT_TRUE(write_report(dir + "/a/b", document));
  std::stringstream text;
  text << std::ifstream(dir + "/a/b/results.json").rdbuf();
  EXPECT_EQ(json::parse(text.str(), nullptr, false), document);
  for (const char* name : {"junit.xml", "series.csv", "report.html"})
    EXPECT_TRUE(std::filesystem::exists(dir + "/a/b/" + name)) << name;
  EXPECT_FALSE(write_report(dir + "/a/b/results.json", document)) << "a file in the way is an error";
  EXPECT_FALSE(check_report_dir(dir + "/a/b/results.json"));
  EXPECT_TRUE(check_report_dir(dir + "/c"));
  EXPECT_TRUE(std::filesystem::is_empty(dir + "/c"));
  std::filesystem::remove_all(dir);
}

TEST(Files, OnAFullDiskAreWholeOrNotThereAndOlderOnesAreNotTakenForThem) {
  std::string dir = ::testing::TempDir() + "vfleet-report-XXXXXX";
  ASSERT_NE(::mkdtemp(dir.data()), nullptr);
  ASSERT_TRUE(write_report(dir, judged({"loss == 0"})));
  const json document = judged({"loss == 0", "errors == 0"});
  const std::string verdict = junit_xml(document);
  {
    const test::SmallFiles full(verdict.size());
    const Status written = write_report(dir, document);
    ASSERT_FALSE(written);
    EXPECT_NE(written.error().detail.find("results.json: File too large"), std::string::npos)
        << written.error().detail;
    EXPECT_NE(written.error().detail.find("report.html: "), std::string::npos);
    EXPECT_EQ(written.error().detail.find("junit.xml"), std::string::npos);
  }
  std::stringstream text;
  text << std::ifstream(dir + "/junit.xml").rdbuf();
  EXPECT_EQ(text.str(), verdict);
  std::vector<std::string> names;
  for (const auto& each : std::filesystem::directory_iterator(dir)) names.push_back(each.path().filename());
  EXPECT_EQ(names, std::vector<std::string>{"junit.xml"});
  {
    const test::SmallFiles full(0);
    EXPECT_FALSE(check_report_dir(dir));
  }
  std::filesystem::remove_all(dir);
}

}  // namespace
}  // namespace vfleet::control::report
