#include "simulator/config/threshold.h"

#include <gtest/gtest.h>

#include "simulator/config/measure_names.h"

namespace vfleet::config {
namespace {

struct Good {
  const char* text;
  const char* shown;
  MeasureKind kind;
  Comparison comparison;
  double value;
  bool share;
};

TEST(Threshold, ReadsEveryMeasure) {
  const std::vector<Good> table{
      {"p99(meter.ack) < 300ms", "p99(meter.ack) < 300ms", MeasureKind::quantile, Comparison::less, 0.3,
       false},
      {"  p999( charging_pile.meter.send )<=1s ", "p999(charging_pile.meter.send) <= 1s",
       MeasureKind::quantile, Comparison::at_most, 1, false},
      {"max(ack) < 2min", "max(ack) < 2min", MeasureKind::max, Comparison::less, 120, false},
      {"mean(mqtt/cam.*.ack)<5ms", "mean(mqtt/cam.*.ack) < 5ms", MeasureKind::mean, Comparison::less, 0.005,
       false},
      {"count(meter.ack) > 1000", "count(meter.ack) > 1000", MeasureKind::samples, Comparison::more, 1000,
       false},
      {"p90(arrival) < 50ms", "p90(arrival) < 50ms", MeasureKind::quantile, Comparison::less, 0.05, false},
      {"p50(lateness)<1ms", "p50(lateness) < 1ms", MeasureKind::quantile, Comparison::less, 0.001, false},
      {"rate >= 5000/s", "rate >= 5000/s", MeasureKind::rate, Comparison::at_least, 5000, false},
      {"rate(meter) >= 600/min", "rate(meter) >= 600/min", MeasureKind::rate, Comparison::at_least, 10,
       false},
      {"loss == 0", "loss == 0", MeasureKind::loss, Comparison::equal, 0, false},
      {"loss < 0.1%", "loss < 0.1%", MeasureKind::loss, Comparison::less, 0.001, true},
      {"errors == 0", "errors == 0", MeasureKind::errors, Comparison::equal, 0, false},
      {"errors(timed_out) != 3", "errors(timed_out) != 3", MeasureKind::errors, Comparison::unequal, 3,
       false},
      {"not_sent(late) < 1%", "not_sent(late) < 1%", MeasureKind::not_sent, Comparison::less, 0.01, true},
      {"link_downs(connect_timed_out) == 0", "link_downs(connect_timed_out) == 0", MeasureKind::link_downs,
       Comparison::equal, 0, false},
      {"online >= 99%", "online >= 99%", MeasureKind::online, Comparison::at_least, 0.99, true},
      {"utilisation<80%", "utilisation < 80%", MeasureKind::utilisation, Comparison::less, 0.8, true},
      {"duplicates == 0", "duplicates == 0", MeasureKind::duplicates, Comparison::equal, 0, false},
  };
  for (const Good& row : table) {
    const auto read = parse_threshold(row.text);
    ASSERT_TRUE(read) << row.text << ": " << to_string(read.error());
    EXPECT_EQ(read->text, row.shown);
    EXPECT_EQ(read->measure.kind, row.kind) << row.text;
    EXPECT_EQ(read->comparison, row.comparison) << row.text;
    EXPECT_DOUBLE_EQ(read->value, row.value) << row.text;
    EXPECT_EQ(read->share, row.share) << row.text;
    EXPECT_EQ(parse_threshold(read->text), read) << "what it shows reads as the same: " << row.text;
  }
}

TEST(Threshold, WhatIsShownCanBeReadAgainHoweverLongItIs) {
  // Without spaces it is short enough, as it is shown it is not.
  const std::string tight = "p99(" + std::string(285, 'm') + ".ack)<=1ms";
  ASSERT_EQ(tight.size(), 299U);
  const auto refused = parse_threshold(tight);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "longer than 300 characters");
  EXPECT_FALSE(parse_change("p99(" + std::string(285, 'm') + ".ack)>+10%"));
  const auto fits = parse_threshold("p99(" + std::string(280, 'm') + ".ack)<=1ms");
  ASSERT_TRUE(fits);
  EXPECT_EQ(parse_threshold(fits->text), fits);
}

TEST(Threshold, NamesUplinkTypeReportAndWay) {
  const auto whole = parse_threshold("p999(mqtt/charging_pile.meter.ack) < 1s");
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->measure.uplink, "mqtt");
  EXPECT_EQ(whole->measure.type, "charging_pile");
  EXPECT_EQ(whole->measure.report, "meter");
  EXPECT_EQ(whole->measure.way, Way::ack);
  EXPECT_DOUBLE_EQ(whole->measure.quantile, 0.999);
  for (const auto& [text, way] :
       {std::pair{"p95(arrival) < 3ms", Way::arrival}, std::pair{"p99(meter.arrival) < 300ms", Way::arrival},
        std::pair{"max(http/pile.meter.answer) < 1s", Way::answer}}) {
    const auto read = parse_threshold(text);
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(read->measure.way, way) << text;
  }
  const auto dropped = parse_threshold("dropped(meter) < 1%");
  ASSERT_TRUE(dropped);
  EXPECT_EQ(dropped->measure.kind, MeasureKind::dropped);
  EXPECT_TRUE(dropped->share);
  const auto all = parse_threshold("p5(*.send) < 1s");
  ASSERT_TRUE(all);
  EXPECT_EQ(all->measure.report, "");
  EXPECT_EQ(all->measure.way, Way::send);
  EXPECT_DOUBLE_EQ(all->measure.quantile, 0.05);
}

struct Bad {
  const char* text;
  std::size_t column;
  const char* part;
  const char* hint;
};

TEST(Threshold, SaysWhereAMistakeIsAndWhatWasMeant) {
  const std::vector<Bad> table{
      {"", 1, "expected p50", ""},
      {"lost == 0", 1, "unknown measure 'lost'", "loss"},
      {"utilization < 80%", 1, "unknown measure", "utilisation"},
      {"p99 < 300ms", 5, "p99 needs a latency", ""},
      {"p99(meter) < 300ms", 5, "says no way", "meter.ack"},
      {"p99(meter.akc) < 300ms", 11, "'akc' says no way", "ack"},
      {"p99(meter.ack < 300ms", 4, "there is no ')'", ""},
      {"p99() < 300ms", 5, "nothing between", ""},
      {"p99(.ack) < 3ms", 5, "there is no report", ""},
      {"p99(/meter.ack) < 3ms", 5, "no uplink before", ""},
      {"p99(a b.ack) < 3ms", 6, "expected [UPLINK/]", ""},
      {"p99(meter.lateness) < 3ms", 5, "all reports together", "lateness"},
      {"online(meter) >= 1%", 7, "takes nothing", ""},
      {"rate(mqtt/meter) > 1/s", 6, "not by uplink", ""},
      {"errors(time_out) == 0", 8, "unknown reason 'time_out'", "timed_out"},
      {"errors(offline) == 0", 8, "unknown reason", ""},
      {"loss = 0", 6, "expected <, <=", "=="},
      {"loss", 5, "expected <, <=", ""},
      {"loss ==", 8, "nothing to compare with", ""},
      {"p99(ack) < 300", 12, "'300': expected a duration", ""},
      {"rate >= 5000", 9, "expected a rate", ""},
      {"rate >= -1/s", 9, "expected a rate", ""},
      {"loss == zero", 9, "expected a number", ""},
      {"p99(ack) < 1s 2", 12, "expected a duration", ""},
      {"online >= 99% ok", 11, "expected a part", ""},
  };
  for (const Bad& row : table) {
    const auto read = parse_threshold(row.text);
    ASSERT_FALSE(read) << row.text;
    EXPECT_EQ(read.error().column, row.column) << row.text << ": " << read.error().message;
    EXPECT_NE(read.error().message.find(row.part), std::string::npos)
        << row.text << ": " << read.error().message;
    EXPECT_EQ(read.error().hint, row.hint) << row.text;
  }
}

TEST(Threshold, ChecksNamesAgainstTheFleet) {
  const MeasureNames names{{"http", "mqtt"}, {"pile.meter", "pile.status", "cam.status"}, false};
  const auto wrong = [&](const std::string& text) {
    const auto read = parse_threshold(text);
    EXPECT_TRUE(read) << text;
    const auto good = check_names(read->measure, text, names);
    return good ? std::string("good") : std::to_string(good.error().column) + ": " + to_string(good.error());
  };
  EXPECT_EQ(wrong("p99(meter.ack) < 1s"), "good");
  EXPECT_EQ(wrong("p99(http/cam.status.ack) < 1s"), "good");
  EXPECT_EQ(wrong("p99(ack) < 1s"), "good");
  EXPECT_EQ(wrong("p99(htpp/meter.ack) < 1s"),
            "5: no group uses an uplink 'htpp': there is http, mqtt (did you mean 'http'?)");
  EXPECT_EQ(wrong("p99(cam.meter.ack) < 1s"), "9: no report 'meter': there is status");
  EXPECT_EQ(wrong("rate(pole.meter) > 1/s"),
            "6: no group is of type 'pole': there is pile, cam (did you mean 'pile'?)");
  EXPECT_EQ(wrong("rate(metre) > 1/s"),
            "6: no report 'metre': there is meter, status (did you mean 'meter'?)");
}

TEST(Change, IsRelativeOrADifference) {
  const auto relative = parse_change("p99(meter.ack) > +10%");
  ASSERT_TRUE(relative);
  EXPECT_TRUE(relative->relative);
  EXPECT_DOUBLE_EQ(relative->value, 0.1);
  EXPECT_EQ(relative->comparison, Comparison::more);
  const auto less = parse_change("rate < -5%");
  ASSERT_TRUE(less);
  EXPECT_DOUBLE_EQ(less->value, -0.05);
  const auto difference = parse_change("max(ack) > 20ms");
  ASSERT_TRUE(difference);
  EXPECT_FALSE(difference->relative);
  EXPECT_DOUBLE_EQ(difference->value, 0.02);
  const auto points = parse_change("utilisation > +5%");
  ASSERT_TRUE(points);
  EXPECT_FALSE(points->relative) << "parts differ by percentage points";
  EXPECT_FALSE(parse_change("p99(ack) > +-3%"));
  EXPECT_FALSE(parse_change("p99(ack) > +"));
  EXPECT_FALSE(parse_change("p99(ack) > 10"));
}

TEST(Comparison, IsWhatItsSignSays) {
  EXPECT_TRUE(holds(Comparison::less, 1, 2));
  EXPECT_FALSE(holds(Comparison::less, 2, 2));
  EXPECT_TRUE(holds(Comparison::at_most, 2, 2));
  EXPECT_TRUE(holds(Comparison::at_least, 2, 2));
  EXPECT_FALSE(holds(Comparison::more, 2, 2));
  EXPECT_TRUE(holds(Comparison::equal, 0, 0));
  EXPECT_TRUE(holds(Comparison::unequal, 1, 0));
}

}  // namespace
}  // namespace vfleet::config
