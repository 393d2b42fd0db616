// Piles and the stand-in for their platform, one against the other: whole charges, bills that add up, and
// bills that an operator spoils.
#include "simulator/codec/ykc/frame.h"
#include "simulator/platform/roles/ocpp/csms.h"
#include "simulator/platform/roles/ykc/ykc_platform.h"
#include "tests/unit/devices/charging_pile/ocpp16/ocpp_world.h"
#include "tests/unit/devices/charging_pile/ykc/ykc_world.h"

namespace vfleet::pile {
namespace {

std::uint64_t complaints(const platform::Platform& platform, const std::string& kind) {
  const auto& kinds = platform.complaints().by_kind();
  const auto found = kinds.find(kind);
  return found == kinds.end() ? 0 : found->second;
}
std::string all_complaints(const platform::Platform& platform) {
  std::string out;
  for (const auto* each : platform.complaints().find({}, {}, 20))
    out += each->kind + ": " + each->what + "\n";
  return out;
}

/// A pile of YKC at the stand-in: frames go to and fro as bytes.
class YkcPair : platform::ykc::Line {
 public:
  explicit YkcPair(config::Values values = {}) : world(std::move(values)) {
    // The stand-in's clock stands still: the pile's is not set by it.
    settings.set_clock = false;
    for (unsigned type = 1; type < 256; type += 2) {
      world.answers[static_cast<std::uint8_t>(type)] = [this](const ykc::SentFrame& frame) {
        std::string out;
        (void)standin.take(connection, frame.wire,
                           {.way = platform::Way::ykc, .down = nullptr, .link = 7, .type = {}, .device = {}},
                           out);
        (void)send(7, out);
      };
    }
  }
  bool send(std::uint64_t, std::string_view bytes) override {
    codec::ykc::FrameReader reader;
    codec::ykc::FrameReader::Totals totals;
    for (auto frame = reader.next(bytes, totals); !frame.empty(); frame = reader.next(bytes, totals))
      world.platform_bytes(std::string(frame));
    return true;
  }
  void end(std::uint64_t) override {}
  void order(const std::string& type, const std::string& data) {
    ASSERT_TRUE(known.commands().queue(ykc::YkcWorld::kPile, type, data));
    ASSERT_TRUE(standin.commands_wait(ykc::YkcWorld::kPile));
    world.run(0s);
  }
  void charge() {
    ASSERT_TRUE(world.plug(1));
    order("remote_start", R"({"gun":1})");
    ASSERT_EQ(world.state("session"), "true");
    world.run(10min);
    order("remote_stop", R"({"gun":1})");
    world.run(10s);
    ASSERT_TRUE(world.on("unplug", 1));
    world.run(10s);
  }

  ManualClock clock;
  platform::Platform known{clock, 1};
  platform::YkcSettings settings;
  platform::ykc::YkcPlatform standin{known, settings, {}};
  platform::ykc::YkcPlatform::Connection connection{this, 7, {}};
  ykc::YkcWorld world;
};

TEST(Standin, ChecksTheBillsOfAYkcPileAndFindsNothing) {
  YkcPair pair;
  pair.world.log_in();
  pair.charge();
  EXPECT_EQ(pair.standin.counts().bills_checked, 1U);
  EXPECT_EQ(pair.world.state("ykc_bills"), "0") << "it was confirmed";
  EXPECT_EQ(all_complaints(pair.known), "");
}

TEST(Standin, FindsABillOfYkcThatAnOperatorSpoilt) {
  const ykc::Fields spoilt[] = {{{"cost", "99.5"}},
                                {{"energy", "1.5"}},
                                {{"meter_end", "1.5"}},
                                {{"flat_price", "7.5"}, {"flat_energy", "1.0"}},
                                {{"end_time", "2001-01-01T00:00:00"}}};
  for (const ykc::Fields& fields : spoilt) {
    YkcPair pair;
    pair.world.log_in();
    pair.charge();
    ASSERT_EQ(all_complaints(pair.known), "");
    // Of another order: the same one again would be the same bill.
    ykc::Fields all = {{"order", "32010600000001012011211200009999"}};
    all.insert(all.end(), fields.begin(), fields.end());
    ASSERT_TRUE(pair.world.trigger_frame("ykc_bill", all));
    pair.world.run(0s);
    EXPECT_EQ(complaints(pair.known, "bill_mismatch"), 1U) << fields.front().first;
    EXPECT_EQ(pair.world.verdict_of(0x3B), "refused");
  }
}

TEST(Standin, AndAPileSpeakYkcThatNobodyElseReads) {
  const std::string key = "0123456789ABCDEFFEDCBA9876543210";
  for (const bool cbc : {false, true}) {
    const std::string mode = cbc ? "cbc" : "ecb";
    const std::string padding = cbc ? "zeros" : "pkcs7";
    YkcPair pair({{"ykc.cipher_key", text(key)},
                  {"ykc.cipher_mode", text(mode)},
                  {"ykc.cipher_padding", text(padding)},
                  {"ykc.strict", boolean(true)}});
    platform::ConverseSettings settings;
    ASSERT_TRUE(settings.merge(R"({"ykc":{"set_clock":false,"cipher_key":")" + key + R"(","cipher_mode":")" +
                               mode + R"(","cipher_padding":")" + padding + R"("}})"));
    EXPECT_EQ(settings.to_json().find(key), std::string::npos) << "it is not shown";
    pair.settings = settings.ykc;
    pair.world.log_in();
    pair.charge();
    EXPECT_EQ(pair.standin.counts().bills_checked, 1U);
    EXPECT_EQ(all_complaints(pair.known), "");
    EXPECT_EQ(pair.world.state("ykc_not_understood"), "0");
    for (const ykc::SentFrame& each : pair.world.frames()) {
      EXPECT_EQ(each.encryption, 1) << int{each.type};
      EXPECT_EQ(each.wire.find("\x32\x01\x06"), std::string::npos) << "the pile's number can be read";
    }
    // Without the key nothing is understood, on either side.
    pair.settings.cipher = nullptr;
    pair.world.run(15s);
    EXPECT_GT(complaints(pair.known, "not_ykc"), 0U);
    pair.world.platform(0x12, {{"pile", ykc::YkcWorld::kPile}, {"gun", "1"}});
    pair.world.run(0s);
    EXPECT_EQ(pair.world.state("ykc_not_understood"), "1") << "strict: it must be encrypted";
  }
}

/// A charge point at the stand-in's CSMS.
class OcppPair : platform::ocpp::Line {
 public:
  OcppPair() {
    charge_point = csms.came("pile-00001", *this, 7);
    for (const char* action :
         {"BootNotification", "StartTransaction", "MeterValues", "StopTransaction", "StatusNotification"}) {
      world.replies[action] = [this, action](const json& payload) { return answer(action, payload); };
    }
  }
  void call_waits(std::uint64_t) override {}
  void end(std::uint64_t) override {}
  std::optional<json> answer(const std::string& action, const json& payload) {
    std::string out;
    const std::string id = "id-" + std::to_string(++ids);
    (void)csms.take(
        *charge_point, json({2, id, action, payload}).dump(), false,
        {.way = platform::Way::ocpp, .down = nullptr, .link = 7, .type = {}, .device = "pile-00001"}, out);
    const json said = json::parse(out, nullptr, false);
    if (said.is_discarded() || said[0] != 3) return json{{"error", said.is_array() ? said[2] : json("none")}};
    return said[2];
  }

  ManualClock clock;
  platform::Platform known{clock, 1};
  platform::OcppSettings settings;
  platform::ocpp::Csms csms{known, settings, {}};
  platform::ocpp::ChargePoint* charge_point = nullptr;
  OcppWorld world;
  int ids = 0;
};

TEST(Standin, ChecksTheTransactionsOfAChargePointAndFindsNothing) {
  OcppPair pair;
  pair.world.accept();
  (void)pair.world.charge();
  pair.world.run_for(10min);
  ASSERT_TRUE(pair.world.on("stop", 1));
  pair.world.run_for(1s);
  EXPECT_EQ(pair.csms.counts().transactions_checked, 1U);
  EXPECT_EQ(all_complaints(pair.known), "");
}

TEST(Standin, FindsATransactionThatAnOperatorSpoilt) {
  {
    OcppPair pair;
    pair.world.accept();
    (void)pair.world.charge();
    pair.world.run_for(10min);
    const std::int64_t transaction = pair.charge_point->open.at(0).id;
    ASSERT_TRUE(pair.world.operate("StopTransaction",
                                   {{"transactionId", std::to_string(transaction)}, {"meterStop", "0"}}));
    pair.world.run_for(1s);
    EXPECT_EQ(complaints(pair.known, "energy_mismatch"), 1U) << all_complaints(pair.known);
  }
  OcppPair pair;
  pair.world.accept();
  (void)pair.world.charge();
  pair.world.run_for(10min);
  const std::int64_t transaction = pair.charge_point->open.at(0).id;
  ASSERT_TRUE(pair.world.operate(
      "StopTransaction", {{"transactionId", std::to_string(transaction)}, {"meterStop", "99999999"}}));
  pair.world.run_for(2min);
  EXPECT_GE(complaints(pair.known, "register_back"), 1U)
      << "the next reading is below it: " << all_complaints(pair.known);
}

}  // namespace
}  // namespace vfleet::pile
