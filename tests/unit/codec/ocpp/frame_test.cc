#include "simulator/codec/ocpp/frame.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "simulator/codec/ocpp/date_time.h"
#include "simulator/codec/ocpp/message_id.h"
#include "simulator/codec/ocpp/validate.h"
#include "tests/bench/counting_new.h"

namespace vfleet::codec::ocpp {
namespace {

using Kind = Frame::Kind;

std::string told(std::string_view text) {
  const Frame frame = read_frame(text);
  const auto part = [](std::string_view value) { return "|" + std::string(value); };
  switch (frame.kind) {
    case Kind::call:
      return "call" + part(frame.id) + part(frame.action) + part(frame.payload);
    case Kind::result:
      return "result" + part(frame.id) + part(frame.payload);
    case Kind::error:
      return "error" + part(frame.id) + part(frame.code) + part(frame.description) + part(frame.details);
    case Kind::unknown_type:
      return "unknown";
    case Kind::corrupt:
      break;
  }
  return "corrupt" + part(frame.wants_answer() ? frame.id : "-") + part(to_string(frame.fault)) +
         part(frame.reason);
}

TEST(OcppFrame, ReadsTheThreeMessages) {
  EXPECT_EQ(told(R"([2,"19223201","BootNotification",{"a":[1,"]"]}])"),
            R"(call|19223201|BootNotification|{"a":[1,"]"]})");
  EXPECT_EQ(told(" [ 3 , \"1\" , { } ] \n"), "result|1|{ }");
  EXPECT_EQ(told(R"([4,"1","NotSupported","no \"luck\"",{"x":1}])"),
            R"(error|1|NotSupported|no \"luck\"|{"x":1})");
}

TEST(OcppFrame, ACallerrorMayEndEarly) {
  EXPECT_EQ(told(R"([4,"1","NotSupported"])"), "error|1|NotSupported||");
  EXPECT_EQ(told(R"([4,"1","NotSupported","text"])"), "error|1|NotSupported|text|");
}

TEST(OcppFrame, AnUnknownMessageTypeIsNoMistake) {
  EXPECT_EQ(told(R"([5,"1","x"])"), "unknown");
  EXPECT_EQ(told("[17"), "unknown");
  EXPECT_EQ(told("[2.0,\"1\",\"Heartbeat\",{}]"), "unknown");
}

TEST(OcppFrame, WhatIsWrongIsToldAndWhetherItCanBeAnswered) {
  const std::string formation = "|FormationViolation|";
  EXPECT_EQ(told(""), "corrupt|-" + formation + "no JSON array");
  EXPECT_EQ(told("{}"), "corrupt|-" + formation + "no JSON array");
  EXPECT_EQ(told("[]"), "corrupt|-" + formation + "does not begin with the number of a message type");
  EXPECT_EQ(told(R"(["2","1","Heartbeat",{}])"),
            "corrupt|-" + formation + "does not begin with the number of a message type");
  EXPECT_EQ(told(R"([2,7,"Heartbeat",{}])"), "corrupt|-" + formation + "the id is no string");
  EXPECT_EQ(told(R"([2,"","Heartbeat",{}])"), "corrupt|-" + formation + "the id is empty");
  EXPECT_EQ(told(R"([2,"1234567890123456789012345678901234567","Heartbeat",{}])"),
            "corrupt|1234567890123456789012345678901234567" + formation + "the id is too long");
  EXPECT_EQ(told("[2,\"" + std::string(300, 'x') + "\",\"Heartbeat\",{}]"),
            "corrupt|-" + formation + "the id is too long");
  EXPECT_EQ(told(R"([2,"1"])"), "corrupt|1|ProtocolError|a CALL without an action");
  EXPECT_EQ(told(R"([2,"1",5,{}])"), "corrupt|1|ProtocolError|a CALL without an action");
  EXPECT_EQ(told(R"([2,"1","Heartbeat"])"), "corrupt|1|ProtocolError|a CALL without a payload");
  EXPECT_EQ(told(R"([2,"1","Heartbeat",{},1])"), "corrupt|1" + formation + "has more elements than its type");
  EXPECT_EQ(told(R"([2,"1","Heartbeat",{}]])"), "corrupt|1" + formation + "more follows behind the array");
  EXPECT_EQ(told(R"([2,"1","Heartbeat",{])"), "corrupt|1" + formation + "no JSON");
  EXPECT_EQ(told(R"([2,"1","Heartbeat",{})"), "corrupt|1" + formation + "no JSON");
  EXPECT_EQ(told("[2,\"1\",\"Heart\xff\",{}]"), "corrupt|1" + formation + "no JSON");
  EXPECT_EQ(told(R"([3,"1"])"), "corrupt|-|ProtocolError|a CALLRESULT without a payload");
  EXPECT_EQ(told(R"([4,"1"])"), "corrupt|-|ProtocolError|a CALLERROR without an error code");
  EXPECT_EQ(told(R"([4,"1","x",5,{}])"),
            "corrupt|-" + formation + "a CALLERROR whose description is no string");
  EXPECT_EQ(told(R"([4,"1","x"]x)"), "corrupt|-" + formation + "more follows behind the array");
}

TEST(OcppFrame, ACorruptAnswerTellsWhatItWasMeantToBe) {
  const Frame frame = read_frame(R"([3,"1",{"a":}])");
  EXPECT_EQ(frame.kind, Kind::corrupt);
  EXPECT_EQ(frame.meant, Kind::result);
  EXPECT_EQ(frame.id, "1");
  EXPECT_FALSE(frame.wants_answer());
}

TEST(OcppFrame, LongIdsAreTakenWhereASettingAllowsThem) {
  const std::string text = R"([2,"1234567890123456789012345678901234567","Heartbeat",{}])";
  EXPECT_EQ(read_frame(text, {.id_most = 40}).kind, Kind::call);
  EXPECT_EQ(read_frame("[3,\"\xe5\x85\x85\",{}]", {.id_most = 1}).kind, Kind::result);
}

TEST(OcppFrame, WritesWhatItReads) {
  Buffer out;
  json::Writer call(out);
  begin_call(call, "id-1", "Authorize");
  call.begin_object().key("idTag").text("a").end_object();
  finish(call);
  EXPECT_EQ(out, R"([2,"id-1","Authorize",{"idTag":"a"}])");
  EXPECT_EQ(told(out), R"(call|id-1|Authorize|{"idTag":"a"})");
  out.clear();
  json::Writer result(out);
  begin_result(result, R"(q\"1)");
  result.begin_object().end_object();
  finish(result);
  EXPECT_EQ(out, R"([3,"q\"1",{}])");
  out.clear();
  write_error(out, "7", ErrorCode::occurrence_constraint_violation, Spelling::corrected, "idTag: is missing",
              R"({"path":"idTag"})");
  EXPECT_EQ(out, R"([4,"7","OccurrenceConstraintViolation","idTag: is missing",{"path":"idTag"}])");
  out.clear();
  std::string long_text;
  for (int i = 0; i < 300; ++i) long_text += "\xe5\x85\x85";
  write_error(out, "7", ErrorCode::generic_error, Spelling::as_published, long_text);
  EXPECT_EQ(nlohmann::json::parse(out)[3].get<std::string>(), long_text.substr(0, 255 * 3));
}

TEST(OcppFrame, AMeterValuesIsWrittenReadAndCheckedWithoutAllocation) {
  Buffer out;
  const MessageIds ids(99);
  std::uint64_t before = 0;
  std::uint32_t good = 0;
  for (std::uint32_t i = 0; i < 100; ++i) {
    if (i == 1) before = bench::allocations();
    out.clear();
    json::Writer writer(out);
    begin_call(writer, text(ids.make({1, i})), to_string(Action::MeterValues));
    writer.begin_object().key("connectorId").integer(1).key("transactionId").integer(4711);
    writer.key("meterValue").begin_array().begin_object().key("timestamp");
    write_date_time(writer, WallTime{} + std::chrono::seconds(i), 3);
    writer.key("sampledValue").begin_array();
    for (const std::string_view phase : {"L1", "L2", "L3"}) {
      writer.begin_object().key("value").text("230.1").key("measurand").text("Voltage");
      writer.key("phase").text(phase).key("unit").text("V").end_object();
    }
    writer.end_array().end_object().end_array().end_object();
    finish(writer);
    const Frame frame = read_frame(out);
    if (frame.kind == Kind::call && !validate(message(Action::MeterValues).request, frame.payload)) ++good;
  }
  EXPECT_EQ(bench::allocations(), before);
  EXPECT_EQ(good, 100U);
}

TEST(OcppMessageId, HasTheFormOfAUuidVersion4AndIsNeverMadeTwice) {
  const MessageIds ids(0x1234);
  std::set<std::string> made;
  for (std::uint32_t boot = 0; boot < 20; ++boot) {
    for (std::uint32_t counter = 0; counter < 500; ++counter) {
      const MessageId id = ids.make({boot, counter});
      const std::string_view as_text = text(id);
      ASSERT_EQ(as_text.size(), 36U);
      ASSERT_TRUE(as_text[8] == '-' && as_text[13] == '-' && as_text[18] == '-' && as_text[23] == '-')
          << as_text;
      ASSERT_EQ(as_text[14], '4');
      ASSERT_NE(std::string_view("89ab").find(as_text[19]), std::string_view::npos) << as_text;
      ASSERT_TRUE(made.emplace(as_text).second) << as_text;
    }
  }
  // The second half alone differs already: it is boot and counter, shuffled.
  std::set<std::string> halves;
  for (const std::string& id : made) halves.insert(id.substr(19));
  EXPECT_EQ(halves.size(), made.size());
}

TEST(OcppMessageId, TellsWhichIdOfItsOwnOneIs) {
  const MessageIds ids(0x1234);
  const MessageIds others(0x1235);
  for (const auto origin : {MessageIds::Origin{0, 0}, {7, 12345}, {(1U << 30) - 1, 0xffffffffU}}) {
    std::string id(text(ids.make(origin)));
    const auto found = ids.find(id);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->boot, origin.boot);
    EXPECT_EQ(found->counter, origin.counter);
    EXPECT_FALSE(others.find(id));
    for (char& c : id) c = static_cast<char>(std::toupper(c));
    EXPECT_TRUE(ids.find(id));
    id[0] = id[0] == '0' ? '1' : '0';
    EXPECT_FALSE(ids.find(id));
  }
  EXPECT_FALSE(ids.find(""));
  EXPECT_FALSE(ids.find("not-an-id"));
  EXPECT_FALSE(ids.find(std::string(36, '-')));
  EXPECT_FALSE(ids.find("xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx"));
  EXPECT_FALSE(ids.find("000000000-000-0000-0000-000000000000"));
}

std::string written(WallTime time, int digits = 0) {
  Buffer out;
  json::Writer writer(out);
  write_date_time(writer, time, digits);
  return out;
}

std::string read_back(std::string_view text) {
  const auto time = read_date_time(text);
  return time ? written(time->at, 6) + (time->zone ? "" : " without zone") : "none";
}

TEST(OcppDateTime, IsWrittenInUtcWithZ) {
  using namespace std::chrono;
  const WallTime time =
      sys_days{year{2026} / 3 / 1} + hours(8) + minutes(5) + seconds(9) + microseconds(1999);
  EXPECT_EQ(written(time), R"("2026-03-01T08:05:09Z")");
  EXPECT_EQ(written(time, 3), R"("2026-03-01T08:05:09.001Z")");
  EXPECT_EQ(written(time, 6), R"("2026-03-01T08:05:09.001999Z")");
  EXPECT_EQ(written(WallTime{} - microseconds(1), 6), R"("1969-12-31T23:59:59.999999Z")");
  EXPECT_EQ(written(sys_days{year{2024} / 2 / 29}), R"("2024-02-29T00:00:00Z")");
  EXPECT_EQ(written(WallTime::max()), R"("9999-12-31T23:59:59Z")");
  EXPECT_EQ(written(WallTime::min()), R"("0000-01-01T00:00:00Z")");
}

TEST(OcppDateTime, IsReadWithFractionsAndOffsets) {
  EXPECT_EQ(read_back("2026-03-01T08:00:00Z"), R"("2026-03-01T08:00:00.000000Z")");
  EXPECT_EQ(read_back("2026-03-01t08:00:00.5z"), R"("2026-03-01T08:00:00.500000Z")");
  EXPECT_EQ(read_back("2026-03-01 08:00:00.123456789+08:00"), R"("2026-03-01T00:00:00.123456Z")");
  EXPECT_EQ(read_back("2026-03-01T08:00:00-0330"), R"("2026-03-01T11:30:00.000000Z")");
  EXPECT_EQ(read_back("2026-03-01T08:00:00+01"), R"("2026-03-01T07:00:00.000000Z")");
  EXPECT_EQ(read_back("2026-03-01T08:00:00"), R"("2026-03-01T08:00:00.000000Z" without zone)");
  EXPECT_EQ(read_back("2016-12-31T23:59:60Z"), R"("2017-01-01T00:00:00.000000Z")");
  for (const char* bad :
       {"", "2026", "2026-03-01", "2026-03-01T08:00", "2026-3-1T08:00:00Z", "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z", "2026-03-01T24:00:00Z", "2026-03-01T08:60:00Z", "2026-03-01T08:00:60Z",
        "2026-03-01T08:00:00.Z", "2026-03-01T08:00:00+24:00", "2026-03-01T08:00:00+08:60",
        "2026-03-01T08:00:00+8", "2026-03-01T08:00:00Zx", "2026-03-01T08:00:00+08:", "x026-03-01T08:00:00Z",
        "2026-03-01X08:00:00Z", "-026-03-01T08:00:00Z"})
    EXPECT_EQ(read_back(bad), "none") << bad;
}

TEST(OcppDateTime, WhatIsWrittenIsReadBackTheSame) {
  using namespace std::chrono;
  for (std::int64_t us = -5'000'000'000'000'000; us < 5'000'000'000'000'000; us += 33'333'333'333'337) {
    const WallTime time{microseconds(us)};
    const std::string text = written(time, 6);
    const auto back = read_date_time(std::string_view(text).substr(1, text.size() - 2));
    ASSERT_TRUE(back) << text;
    EXPECT_EQ(back->at, time) << text;
  }
}

}  // namespace
}  // namespace vfleet::codec::ocpp
