#include "simulator/platform/roles/ykc/ykc_platform.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "simulator/codec/ykc/text.h"
#include "tests/unit/platform/pile_frames.h"

namespace vfleet::platform::ykc {
namespace {

using codec::ykc::Frame;
using nlohmann::json;
using namespace std::chrono_literals;

constexpr const char* kOrder = "32010600019236012603011600000000";

std::string from_hex(std::string_view digits) {
  std::string out;
  EXPECT_TRUE(codec::ykc::append_bytes(digits, out));
  return out;
}

struct YkcPlatformTest : testing::Test, Line {
  ManualClock clock;
  Platform platform{clock, 1};
  YkcSettings settings;
  YkcPlatform ykc{platform, settings, {}};
  YkcPlatform::Connection connection{this, 7, {}};
  std::string out;  // all that was sent at last
  std::vector<std::uint64_t> ended;
  YkcPlatform::Taken last;

  bool send(std::uint64_t, std::string_view bytes) override {
    out += bytes;
    return true;
  }
  void end(std::uint64_t link) override { ended.push_back(link); }

  /// The frames that a frame is answered with, as JSON.
  json say(const std::string& bytes) {
    out.clear();
    last = ykc.take(connection, bytes,
                    {.way = Way::ykc, .down = nullptr, .link = 7, .type = {}, .device = {}}, out);
    return sent();
  }
  json sent() {
    json frames = json::array();
    codec::ykc::FrameReader reader;
    codec::ykc::FrameReader::Totals totals;
    std::string_view rest = out;
    for (auto frame = reader.next(rest, totals); !frame.empty(); frame = reader.next(rest, totals)) {
      std::string hex;
      codec::ykc::append_hex(frame, hex);
      frames.push_back(json::parse(json_of_hex(hex).value()));
    }
    EXPECT_EQ(totals.skipped_bytes, 0U);
    return frames;
  }
  void log_in() {
    settings.set_clock = false;
    EXPECT_EQ(say(make("login", {{"guns", "2"}})).at(0)["data"]["result"], "ok");
  }
  json realtime(const Fields& fields) {
    Fields all = {{"gun", "01"}, {"plugged", "yes"}};
    all.insert(all.end(), fields.begin(), fields.end());
    return say(make("realtime", all));
  }
  [[nodiscard]] std::uint64_t complaints(const std::string& kind) const {
    const auto found = platform.complaints().by_kind().find(kind);
    return found == platform.complaints().by_kind().end() ? 0 : found->second;
  }
  [[nodiscard]] std::string first_complaint(const std::string& kind) const {
    const auto rows = platform.complaints().find(kind, kPile, 1);
    return rows.empty() ? "" : rows.front()->about + ": " + rows.front()->what;
  }
  [[nodiscard]] std::size_t all_complaints() const { return platform.complaints().find({}, {}, 100).size(); }
  /// What adds up: 2 kWh in flat time (09:00 to 10:00) at 0.7 + 0.4.
  static Fields bill(const std::string& order) {
    return {{"order", order},
            {"gun", "01"},
            {"start_time", "2026-03-01T15:10:00"},
            {"end_time", "2026-03-01T15:50:00"},
            {"flat_price", "1.1"},
            {"flat_energy", "2.0"},
            {"flat_adjusted_energy", "2.0"},
            {"flat_amount", "2.2"},
            {"meter_start", "100.5"},
            {"meter_end", "102.5"},
            {"energy", "2.0"},
            {"adjusted_energy", "2.0"},
            {"cost", "2.2"},
            {"trade_mark", "app"},
            {"trade_time", "2026-03-01T15:50:00"},
            {"stop_reason", "app"}};
  }
  static Fields with(Fields fields, const std::string& name, const std::string& value) {
    for (auto& [field, old] : fields)
      if (field == name) old = value;
    return fields;
  }
  /// An order that runs; its number.
  std::string begin_order() {
    EXPECT_TRUE(platform.commands().queue(kPile, "remote_start", R"({"gun":1})"));
    out.clear();
    EXPECT_TRUE(ykc.commands_wait(kPile));
    const json start = sent().at(0);
    EXPECT_EQ(start["name"], "remote_start");
    const std::string order = start["data"]["order"];
    say(make("remote_start_answer", {{"order", order}, {"gun", "01"}, {"result", "ok"}}));
    return order;
  }
};

TEST_F(YkcPlatformTest, AnswersAGoldenLoginAndSetsTheClock) {
  const std::string login = from_hex(
      "68220000000132010600019236000210"
      "56312E302E3000000100000000000000000000"
      "04E4E1");
  const json answers = say(login);
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers[0]["name"], "login_answer");
  EXPECT_EQ(answers[0]["data"], (json{{"pile", kPile}, {"result", "ok"}}));
  EXPECT_EQ(answers[1]["name"], "set_clock");
  EXPECT_EQ(answers[1]["data"]["time"], "2026-03-01T16:00:00") << "eight hours east";
  ASSERT_NE(last.logged_in, nullptr);
  EXPECT_EQ(last.logged_in->id, kPile);
  EXPECT_EQ(platform.figures().received, 1U);
  EXPECT_EQ(platform.types().name(1), "ykc_login");
  say(make("set_clock_answer", {{"time", "2026-03-01T16:00:00"}}));
  EXPECT_EQ(ykc.counts().frames_answered, 1U);
  EXPECT_EQ(platform.figures().received, 1U) << "an answer is no report";
  EXPECT_EQ(all_complaints(), 0U);
}

TEST_F(YkcPlatformTest, AnswersInTheCrcOrderOfThePile) {
  settings.set_clock = false;
  const auto order_of = [&](codec::ykc::CrcOrder theirs) {
    say(make("login", {}, 5, theirs));
    return codec::ykc::parse_frame(out)->crc_order;
  };
  EXPECT_EQ(order_of(codec::ykc::CrcOrder::high_first), codec::ykc::CrcOrder::high_first);
  EXPECT_EQ(order_of(codec::ykc::CrcOrder::low_first), codec::ykc::CrcOrder::low_first);
  settings.crc = YkcSettings::Crc::high;
  EXPECT_EQ(order_of(codec::ykc::CrcOrder::low_first), codec::ykc::CrcOrder::high_first);
}

TEST_F(YkcPlatformTest, RepeatsTheSequenceOfTheQuestion) {
  log_in();
  EXPECT_EQ(say(make("heartbeat", {{"gun", "02"}}, 0x71AD)).at(0)["sequence"], 0x71AD);
  EXPECT_EQ(sent().at(0)["data"]["gun"], 2);
  settings.swapped_echo = true;
  EXPECT_EQ(say(make("heartbeat", {}, 0x71AD)).at(0)["sequence"], 0xAD71);
}

TEST_F(YkcPlatformTest, TakesNothingBeforeTheLogin) {
  EXPECT_EQ(say(make("heartbeat")), json::array());
  EXPECT_EQ(complaints("before_login"), 1U);
  EXPECT_EQ(platform.figures().malformed, 1U);
  settings.login = false;
  EXPECT_EQ(say(make("login")).at(0)["data"]["result"], "failed");
  EXPECT_TRUE(last.end);
  EXPECT_EQ(platform.figures().refused, 1U);
  EXPECT_EQ(ykc.counts().logins_refused, 1U);
}

TEST_F(YkcPlatformTest, ComplainsOfFramesThatAreNone) {
  log_in();
  std::string encrypted;
  codec::ykc::append_frame({.encryption = 1, .type = 3, .body = "123456789"}, encrypted);
  say(encrypted);
  std::string strange;
  codec::ykc::append_frame({.type = 0x77, .body = "123456789"}, strange);
  say(strange);
  say(make("heartbeat_answer"));
  std::string short_one;
  codec::ykc::append_frame({.type = 3, .body = from_hex(kPile)}, short_one);
  EXPECT_EQ(say(short_one).size(), 1U) << "what is there is taken";
  EXPECT_EQ(complaints("not_ykc"), 3U);
  EXPECT_EQ(complaints("deviation"), 1U);
  EXPECT_EQ(platform.figures().malformed, 3U);
}

TEST_F(YkcPlatformTest, GivesThePileItsBillingModel) {
  log_in();
  EXPECT_EQ(say(make("model_check", {{"model", "0000"}})).at(0)["data"]["result"], "differs");
  EXPECT_EQ(say(make("model_check", {{"model", "0100"}})).at(0)["data"]["result"], "same");
  const json model = say(make("model_request")).at(0);
  EXPECT_EQ(model["name"], "model_answer");
  EXPECT_EQ(model["data"]["model"], "0100");
  EXPECT_EQ(model["data"]["flat_energy_price"], 0.7);
  EXPECT_EQ(model["data"]["flat_service_price"], 0.4);
  EXPECT_EQ(model["data"]["rates"].size(), 48U);
}

TEST_F(YkcPlatformTest, AllowsCardsAndVinsByTheirPatterns) {
  log_in();
  settings.cards = {"0000*", "LSV*"};
  settings.refused_cards = {"*BAD"};
  const auto ask = [&](const Fields& fields) { return say(make("start_request", fields)).at(0)["data"]; };
  json answer = ask({{"gun", "01"}, {"how", "card"}, {"card", "00000000D14B0A54"}});
  EXPECT_EQ(answer["result"], "ok");
  EXPECT_EQ(answer["order"].get<std::string>().substr(0, 28), "3201060001923601260301160000");
  EXPECT_EQ(answer["logical_card"], "0000000000000000") << "it has decimal digits only";
  answer = ask({{"gun", "01"}, {"how", "card"}, {"card", "0000000010000042"}});
  EXPECT_EQ(answer["logical_card"], "0000000010000042");
  EXPECT_EQ(ask({{"gun", "02"}, {"how", "vin"}, {"vin", "LSV0123456789ABCD"}})["result"], "ok");
  answer = ask({{"gun", "01"}, {"how", "card"}, {"card", "0000000000000BAD"}});
  EXPECT_EQ(answer["result"], "failed");
  EXPECT_EQ(answer["reason"], "no_account");
  EXPECT_EQ(ask({{"gun", "01"}, {"how", "vin"}, {"vin", "WXX"}})["reason"], "vin_unknown");
  EXPECT_EQ(ykc.counts().cards_refused, 2U);
  EXPECT_EQ(ykc.counts().orders_made, 3U);
}

TEST_F(YkcPlatformTest, AcceptsABillThatAddsUpOnce) {
  log_in();
  say(make("model_request"));
  const std::string order = begin_order();
  realtime({{"order", order}, {"state", "charging"}, {"energy", "1.5"}, {"cost", "1.65"}});
  realtime({{"order", order}, {"state", "charging"}, {"energy", "1.9"}, {"cost", "2.09"}});
  const std::string frame = make("bill", bill(order));
  EXPECT_EQ(say(frame).at(0)["data"], (json{{"order", order}, {"result", "ok"}}));
  EXPECT_EQ(say(frame).at(0)["data"]["result"], "ok");
  EXPECT_EQ(all_complaints(), 0U) << first_complaint("bill_mismatch");
  EXPECT_EQ(ykc.counts().bills, 1U);
  EXPECT_EQ(ykc.counts().bills_repeated, 1U);
  EXPECT_EQ(ykc.counts().energy_wh, 2000U);
  EXPECT_EQ(ykc.counts().cost_cents, 220U);
  EXPECT_EQ(platform.figures().refused, 0U);
}

TEST_F(YkcPlatformTest, NamesThePileWhoseBillDoesNotAddUp) {
  log_in();
  say(make("model_request"));
  const auto mistake = [&](const std::string& name, const std::string& value) {
    const std::string order = begin_order();
    realtime({{"order", order}, {"state", "charging"}, {"energy", "1.5"}, {"cost", "1.65"}});
    EXPECT_EQ(say(make("bill", with(bill(order), name, value))).at(0)["data"]["result"], "illegal") << name;
    const std::string text = first_complaint("bill_mismatch");
    return text.substr(text.find(": ", text.find("order")) + 2);
  };
  EXPECT_EQ(mistake("flat_amount", "2.3"), "2.0000 kWh at 1.10000 cost 2.2000 yuan, not 2.3000 (flat)");
  EXPECT_EQ(mistake("flat_price", "1.2"), "the flat price is 1.20000, the tariff's 1.10000");
  EXPECT_EQ(mistake("energy", "2.1"), "energy is 2.1000 kWh, its periods make 2.0000");
  EXPECT_EQ(mistake("meter_end", "103"), "energy is 2.0000 kWh, the meter went on by 2.5000");
  EXPECT_EQ(mistake("cost", "2.5"), "cost is 2.5000 yuan, its periods make 2.2000");
  EXPECT_EQ(mistake("end_time", "2026-03-01T15:00:00"), "it ends before it starts");
  EXPECT_EQ(ykc.counts().bills, 6U);
  EXPECT_EQ(complaints("bill_mismatch"), 6U);
  EXPECT_EQ(platform.figures().refused, 6U);
}

TEST_F(YkcPlatformTest, HoldsABillAgainstWhatItWasTold) {
  log_in();
  say(make("model_request"));
  std::string order = begin_order();
  realtime({{"order", order}, {"state", "charging"}, {"energy", "2.5"}, {"cost", "2.75"}});
  say(make("bill", bill(order)));
  EXPECT_NE(first_complaint("bill_mismatch").find("energy is 2.0000 kWh, 0x13 told 2.5000"),
            std::string::npos);
  // It ends after 40 minutes; in the last two of them no more than 33 kWh can have come.
  const auto fields = [](const std::string& number, const char* energy, const char* amount, const char* end) {
    Fields out = bill(number);
    for (const char* name : {"flat_energy", "flat_adjusted_energy", "energy", "adjusted_energy"})
      out = with(out, name, energy);
    for (const char* name : {"flat_amount", "cost"}) out = with(out, name, amount);
    return with(out, "meter_end", end);
  };
  order = begin_order();
  realtime({{"order", order},
            {"state", "charging"},
            {"energy", "1"},
            {"cost", "1.1"},
            {"charging_minutes", "39"}});
  say(make("bill", fields(order, "50", "55", "150.5")));
  EXPECT_NE(first_complaint("bill_mismatch").find("0x13 told 1.0000 shortly before the end"),
            std::string::npos);
  order = begin_order();
  realtime({{"order", order},
            {"state", "charging"},
            {"energy", "1"},
            {"cost", "1.1"},
            {"charging_minutes", "36"}});
  EXPECT_EQ(say(make("bill", fields(order, "50", "55", "150.5"))).at(0)["data"]["result"], "ok");
  order = begin_order();
  Fields night = with(bill(order), "start_time", "2026-03-01T01:10:00");
  EXPECT_EQ(say(make("bill", with(night, "end_time", "2026-03-01T01:50:00"))).at(0)["data"]["result"],
            "illegal");
  EXPECT_NE(first_complaint("bill_mismatch").find("2.0000 kWh in flat time, which there was not"),
            std::string::npos);
}

TEST_F(YkcPlatformTest, SeesRealTimeDataThatCannotBe) {
  log_in();
  say(make("model_request"));
  const std::string order = begin_order();
  realtime({{"order", order}, {"state", "charging"}, {"energy", "1.5"}, {"cost", "1.65"}});
  realtime({{"order", order}, {"state", "charging"}, {"energy", "1.4"}, {"cost", "1.54"}});
  EXPECT_EQ(complaints("energy_back"), 1U);
  realtime({{"order", order}, {"state", "charging"}, {"energy", "2.0"}, {"cost", "9"}});
  EXPECT_EQ(first_complaint("cost_mismatch"), "ykc_realtime: 2.0000 kWh cannot cost 9.0000 yuan");
  realtime({{"order", order}, {"state", "idle"}, {"energy", "2.0"}, {"cost", "2.2"}});
  realtime({{"order", order}, {"state", "charging"}, {"energy", "2.0"}, {"cost", "2.2"}});
  EXPECT_EQ(complaints("charging_after_end"), 1U);
}

TEST_F(YkcPlatformTest, AnswersBillsAsItIsTold) {
  log_in();
  const std::string good = make("bill", bill(kOrder));
  const std::string bad = make("bill", with(bill("32010600019236012603011600000001"), "cost", "5"));
  settings.bills = YkcSettings::Bills::unanswered;
  EXPECT_EQ(say(good), json::array());
  settings.bills = YkcSettings::Bills::refused;
  EXPECT_EQ(say(good).at(0)["data"]["result"], "illegal");
  settings.bills = YkcSettings::Bills::accepted;
  EXPECT_EQ(say(good).at(0)["data"]["result"], "ok");
  EXPECT_EQ(say(bad).at(0)["data"]["result"], "ok");
  EXPECT_EQ(complaints("bill_mismatch"), 1U);
  EXPECT_EQ(ykc.counts().bills, 2U);
  EXPECT_EQ(ykc.counts().bills_elsewhere, 2U) << "orders that it has not made";
}

TEST_F(YkcPlatformTest, SendsFramesOfOperatorsAndKeepsTheAnswers) {
  log_in();
  const auto command = [&](const char* type, const char* data) {
    const std::string id = platform.commands().queue(kPile, type, data).value();
    out.clear();
    EXPECT_TRUE(ykc.commands_wait(kPile));
    return id;
  };
  std::string id = command("0x44", R"({"cards":[{"logical_card":"1"},{"logical_card":"2"}]})");
  EXPECT_EQ(sent().at(0)["data"]["cards"].size(), 2U);
  EXPECT_EQ(platform.commands().find(id)->state, DownCommand::State::delivered);
  say(make("offline_cards_answer", {{"result", "failed"}, {"reason", "full"}}));
  EXPECT_EQ(json::parse(platform.commands().find(id)->answer)["data"]["reason"], "full");
  id = command("realtime_request", "{}");
  realtime({{"state", "idle"}});
  EXPECT_EQ(json::parse(platform.commands().find(id)->answer)["data"]["state"], "idle");
  EXPECT_EQ(platform.figures().received, 2U) << "data that were asked for are a report";
  id = command("ykc_restart", R"({"when":"raw:07"})");
  EXPECT_EQ(sent().at(0)["data"]["when"], 7);
  id = command("remote_start", R"({"guns":1})");
  EXPECT_NE(platform.commands().find(id)->answer.find("guns"), std::string::npos);
  id = command("nonsense", "{}");
  EXPECT_NE(platform.commands().find(id)->answer.find("no frame of YKC"), std::string::npos);
  command("raw", "\"68 04\"");
  EXPECT_EQ(out, from_hex("6804"));
  clock.advance(31s);
  ykc.tick();
  EXPECT_EQ(ykc.counts().frames_timed_out, 1U);
}

TEST_F(YkcPlatformTest, GoesByTheModelThatItHasSet) {
  log_in();
  say(make("model_request"));
  ASSERT_TRUE(platform.commands().queue(kPile, "set_model", R"({"flat_energy_price":0.9})"));
  ASSERT_TRUE(ykc.commands_wait(kPile));
  say(make("set_model_answer", {{"result", "ok"}}));
  const std::string order = begin_order();
  Fields dearer = with(with(with(bill(order), "flat_price", "1.3"), "flat_amount", "2.6"), "cost", "2.6");
  EXPECT_EQ(say(make("bill", dearer)).at(0)["data"]["result"], "ok") << first_complaint("bill_mismatch");
}

TEST_F(YkcPlatformTest, BeginsAndEndsChargesByItself) {
  log_in();
  settings.sessions_per_s = 1;
  realtime({{"state", "idle"}});
  clock.advance(1s);
  out.clear();
  ykc.tick();
  json start = sent().at(0);
  EXPECT_EQ(start["name"], "remote_start");
  EXPECT_EQ(start["data"]["gun"], 1);
  EXPECT_EQ(start["data"]["balance"], 100.0);
  settings.sessions_per_s = 0;
  const std::string order = start["data"]["order"];
  say(make("remote_start_answer", {{"order", order}, {"gun", "01"}, {"result", "ok"}}));
  realtime({{"order", order}, {"state", "charging"}});
  EXPECT_EQ(ykc.counts().sessions_started, 1U);
  out.clear();
  clock.advance(60s);
  ykc.tick();
  EXPECT_EQ(sent().at(0)["name"], "remote_stop");
  say(make("remote_stop_answer", {{"gun", "01"}, {"result", "ok"}}));
  realtime({{"order", order}, {"state", "idle"}});
  out.clear();
  clock.advance(60s);
  ykc.tick();
  EXPECT_EQ(out, "");
  EXPECT_EQ(ykc.counts().sessions_stopped, 1U);
  EXPECT_EQ(platform.figures().received, 4U) << "answers are no reports";
  say(make("remote_start_answer", {{"order", order}, {"gun", "01"}, {"result", "ok"}}));
  EXPECT_EQ(platform.figures().received, 5U) << "one that nobody waits for is";
}

TEST_F(YkcPlatformTest, EndsTheOldConnectionOfAPileThatComesAgain) {
  log_in();
  YkcPlatform::Connection other{this, 8, {}};
  ykc.take(other, make("login"), {.way = Way::ykc, .down = nullptr, .link = 8, .type = {}, .device = {}},
           out);
  EXPECT_EQ(ended, std::vector<std::uint64_t>{7});
  say(make("heartbeat"));
  EXPECT_EQ(complaints("before_login"), 1U) << "it is on the other one";
  ykc.gone(connection);
  EXPECT_EQ(ykc.connected(), 1U);
  ykc.gone(other);
  EXPECT_EQ(ykc.connected(), 0U);
}

}  // namespace
}  // namespace vfleet::platform::ykc
