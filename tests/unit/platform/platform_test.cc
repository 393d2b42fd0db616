#include "simulator/platform/platform.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "simulator/platform/api.h"
#include "simulator/platform/roles/http_ingest.h"

namespace vfleet::platform {
namespace {

using nlohmann::json;

std::string report(const std::string& device, std::uint64_t seq, const std::string& type = "meter",
                   const std::string& data = "{}", const std::string& id = {}) {
  std::string text;
  codec::json::Writer writer(text);
  codec::envelope::begin(
      writer, {.device = device, .boot = 1, .seq = seq, .due_us = 5, .sent_us = 9, .type = type, .id = id});
  writer.raw(data);
  codec::envelope::finish(writer);
  return text;
}

struct PlatformTest : testing::Test {
  ManualClock clock;
  Platform platform{clock, 1};
  Api api{platform, [] { return Counters(); }};
  HttpIngest ingest{platform, api};

  json get(std::string_view target) { return json::parse(api.answer("GET", target, {}).body); }
  std::uint32_t status(std::string_view method, std::string_view target, std::string_view body = {}) {
    return api.answer(method, target, body).status;
  }

  http::Next next;
  std::string post(std::string_view body, std::string_view target = "/ingest",
                   std::string_view method = "POST") {
    http::Request request;
    request.head.method = method;
    request.head.target = target;
    request.body = body;
    std::string out;
    next = ingest.handle(request, out);
    return out;
  }
};

TEST_F(PlatformTest, AReportThatComesTwiceHasArrivedOnce) {
  post(report("pile-1", 1));
  post(report("pile-1", 1));
  ASSERT_EQ(status("POST", "/misbehave", R"({"refuse_ratio":1,"for_requests":1})"), 200U);
  post(report("pile-1", 2));  // turned away
  post(report("pile-1", 2));
  const json figures = get("/figures");
  EXPECT_EQ(figures["received"], 3);
  EXPECT_EQ(figures["refused"], 1);
  EXPECT_EQ(figures["duplicates"], 1);
  EXPECT_EQ(figures["latency"]["due"]["count"], 2) << "of the first arrival";
  ASSERT_EQ(figures["arrivals"].size(), 1U);
  EXPECT_EQ(figures["arrivals"][0]["due"]["count"], 2);
}

TEST_F(PlatformTest, CountsReportsAndChecksTheirSequence) {
  EXPECT_TRUE(post(report("pile-1", 1)).ends_with("\r\n\r\n{\"code\":0}"));
  post(report("pile-1", 2, "status"));
  post(report("pile-1", 5), "/ingest/any/where?x=1");
  post(report("pile-2", 1), "/v1/devices/pile-2/meter", "PUT");
  const json figures = get("/figures");
  EXPECT_EQ(figures["received"], 4);
  EXPECT_EQ(figures["by_type"], (json{{"meter", 3}, {"status", 1}}));
  EXPECT_EQ(figures["devices"], 2);
  EXPECT_EQ(figures["gaps"], 1);
  EXPECT_EQ(figures["missing"], 2);
}

TEST_F(PlatformTest, CountsRegistersThatGoBackButNotReportsThatComeLate) {
  const auto meter = [](std::uint64_t seq, const char* wh) {
    return report("pile-1", seq, "meter", std::string(R"({"energy_wh":)") + wh + "}");
  };
  post(meter(1, "1.0"));
  post(meter(3, "3.0"));
  post(meter(2, "2.0"));
  post(meter(2, "2.0"));
  EXPECT_EQ(get("/figures")["regressions"], 0);
  post(meter(4, "2.9"));
  EXPECT_EQ(get("/figures")["regressions"], 1);
  const std::string line = Snapshot::of(platform, {}).to_line(platform);
  EXPECT_NE(line.find("regressions 1"), std::string::npos) << line;
  ASSERT_EQ(status("POST", "/reset"), 200U);
  EXPECT_EQ(get("/figures")["regressions"], 0);
}

TEST_F(PlatformTest, AnswersGarbageWithAnErrorAndCountsIt) {
  const std::string bad[] = {"",
                             "{}",
                             "hello",
                             report("pile-1", 0),
                             report("pile-1", 1ULL << 32),
                             report("", 1),
                             report("pile-1", 1, "")};
  for (const std::string& body : bad) EXPECT_TRUE(post(body).starts_with("HTTP/1.1 400 ")) << body;
  EXPECT_TRUE(post(report("pile-1", 1), "/v1/devices/pile-2/meter").starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(post(report("pile-1", 1), "/v1/devices/pile-1/status").starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(post(report("pile-1", 1), "/v1/devices/pile-1").starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(post(report("pile-1", 1), "/ingest", "GET").starts_with("HTTP/1.1 405 "));
  EXPECT_TRUE(post(report("pile-1", 1), "/ingested").starts_with("HTTP/1.1 404 "));
  EXPECT_EQ(get("/figures")["malformed"], 10);
  EXPECT_EQ(get("/figures")["received"], 0);
  EXPECT_EQ(get("/reports?type=malformed&limit=10000")["reports"].size(), 10U);
}

TEST_F(PlatformTest, ShowsADeviceWithItsReports) {
  for (std::uint64_t seq = 1; seq <= 20; ++seq)
    post(report("pile-1", seq, "meter", "{\"n\":" + std::to_string(seq) + "}"));
  const json device = get("/devices/pile-1");
  EXPECT_EQ(device["boot"], 1);
  EXPECT_EQ(device["last_seq"], 20);
  EXPECT_EQ(device["last"]["meter"]["data"]["n"], 20);
  EXPECT_EQ(device["last"]["meter"]["text"], report("pile-1", 20, "meter", "{\"n\":20}"));
  ASSERT_EQ(device["reports"].size(), 16U);
  EXPECT_EQ(device["reports"][0]["seq"], 5);
  EXPECT_EQ(device["reports"][15]["seq"], 20);
  EXPECT_EQ(status("GET", "/devices/pile-2"), 404U);
}

TEST_F(PlatformTest, FindsAFaultByItsCode) {
  post(report("pile-1", 1, "fault", R"({"code":"over_temperature"})"));
  post(report("pile-1", 2, "meter"));
  post(report("pile-2", 1, "fault", R"({"code":"ground_fault"})"));
  const json found = get("/reports?type=fault&data.code=over_temperature")["reports"];
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0]["device"], "pile-1");
  EXPECT_EQ(get("/figures")["faults"], 2);
  EXPECT_EQ(status("GET", "/reports?limit=0"), 400U);
  EXPECT_EQ(status("GET", "/reports?limit=x"), 400U);
}

TEST_F(PlatformTest, SendsACommandDownAndMatchesItsAnswer) {
  const auto queued =
      api.answer("POST", "/devices/pile-1/commands", R"({"type":"reboot","data":{"delay_s":3}})");
  ASSERT_EQ(queued.status, 200U);
  const std::string id = json::parse(queued.body)["id"];
  EXPECT_EQ(get("/commands/" + id)["state"], "queued");
  EXPECT_TRUE(post(report("pile-2", 1)).ends_with("{\"code\":0}"));
  EXPECT_TRUE(post(report("pile-1", 1))
                  .ends_with(R"({"code":0,"commands":[{"id":")" + id +
                             R"(","type":"reboot","data":{"delay_s":3}}]})"));
  EXPECT_EQ(get("/commands/" + id)["state"], "delivered");
  EXPECT_TRUE(post(report("pile-1", 2)).ends_with("{\"code\":0}"));
  post(report("pile-1", 3, "answer", R"({"code":0})", id));
  EXPECT_EQ(get("/commands/" + id)["state"], "answered");
  EXPECT_EQ(get("/commands/" + id)["answer"], (json{{"code", 0}}));
}

TEST_F(PlatformTest, RefusesCommandsThatMakeNoSense) {
  EXPECT_EQ(status("POST", "/devices/pile-1/commands", ""), 400U);
  EXPECT_EQ(status("POST", "/devices/pile-1/commands", "{}"), 400U);
  EXPECT_EQ(status("POST", "/devices/pile-1/commands", R"({"type":""})"), 400U);
  EXPECT_EQ(status("POST", "/devices/pile%ff/commands", R"({"type":"reboot"})"), 400U) << "no UTF-8";
  EXPECT_EQ(status("GET", "/devices/pile-1/commands"), 405U);
  EXPECT_EQ(status("GET", "/commands/cmd-1"), 404U);
  const std::string text = report("pile-9", 1);
  platform.accept(platform.read(text).value(), text, Way::zmq);
  EXPECT_EQ(status("POST", "/devices/pile-9/commands", R"({"type":"reboot"})"), 409U);
}

TEST_F(PlatformTest, RefusedReportsAreNotMissing) {
  ASSERT_EQ(status("POST", "/misbehave", R"({"refuse_ratio":1,"refuse_status":503,"for_requests":1})"), 200U);
  EXPECT_TRUE(post(report("pile-1", 1)).starts_with("HTTP/1.1 503 "));
  post(report("pile-1", 2));
  EXPECT_EQ(get("/figures")["received"], 1);
  EXPECT_EQ(get("/figures")["refused"], 1);
  EXPECT_EQ(get("/figures")["missing"], 0);
}

TEST_F(PlatformTest, CutsWhereItWasToldTo) {
  using Then = http::Next::Then;
  const std::string whole = post(report("pile-1", 1));
  for (const char* point : {"before_answer", "within_answer", "after_answer"}) {
    ASSERT_EQ(status("POST", "/misbehave", json{{"cut_ratio", 1}, {"cut_point", point}}.dump()), 200U);
    const std::string got = post(report("pile-1", 2));
    EXPECT_EQ(next.then, Then::cut);
    EXPECT_TRUE(whole.starts_with(got));
    EXPECT_EQ(got.empty(), point == std::string_view("before_answer"));
    EXPECT_EQ(got == whole, point == std::string_view("after_answer"));
  }
  EXPECT_EQ(status("DELETE", "/misbehave"), 200U);
  EXPECT_EQ(post(report("pile-1", 3)), whole);
  EXPECT_EQ(next.then, Then::keep);
}

TEST_F(PlatformTest, KeepsCommandsForAnAnswerThatArrives) {
  ASSERT_EQ(status("POST", "/devices/pile-1/commands", R"({"type":"reboot"})"), 200U);
  ASSERT_EQ(status("POST", "/misbehave", R"({"garbage_ratio":1,"for_requests":1,"delay_ms":20})"), 200U);
  EXPECT_EQ(post(report("pile-1", 1)).find("reboot"), std::string::npos);
  EXPECT_EQ(next.delay, std::chrono::milliseconds(20));
  EXPECT_NE(post(report("pile-1", 2)).find("reboot"), std::string::npos);
}

TEST_F(PlatformTest, ResetKeepsSequencesAndForgetDropsThem) {
  post(report("pile-1", 1));
  post(report("pile-1", 3));
  ASSERT_EQ(status("POST", "/reset"), 200U);
  EXPECT_EQ(get("/figures")["received"], 0);
  EXPECT_EQ(get("/figures")["missing"], 0);
  post(report("pile-1", 4));
  EXPECT_EQ(get("/figures")["missing"], 0);
  EXPECT_EQ(get("/figures")["gaps"], 0);
  ASSERT_EQ(status("POST", "/reset?forget=1"), 200U);
  EXPECT_EQ(get("/figures")["devices"], 0);
  post(report("pile-1", 1));
  EXPECT_EQ(get("/figures")["duplicates"], 0);
  EXPECT_EQ(status("POST", "/reset?forget=x"), 400U);
}

TEST_F(PlatformTest, ErrorsAreJsonWithAMessage) {
  for (const char* target : {"/", "/nothing", "/devices", "/%zz", "/figures/x"}) {
    const auto answer = api.answer("GET", target, {});
    EXPECT_GE(answer.status, 400U) << target;
    EXPECT_TRUE(json::parse(answer.body)["message"].is_string()) << target;
  }
  EXPECT_EQ(status("DELETE", "/figures"), 405U);
  EXPECT_EQ(status("GET", "/reset"), 405U);
  EXPECT_EQ(status("PUT", "/misbehave"), 405U);
  EXPECT_EQ(status("POST", "/misbehave", "{\"a\":1}"), 400U);
}

TEST_F(PlatformTest, ShowsBytesThatAreNoUtf8) {
  post(report("pile-1", 1, "fault", "{\"a\":\"\xff\xfe\"}"));
  EXPECT_EQ(get("/reports?type=fault")["reports"].size(), 1U);
  EXPECT_EQ(get("/devices/pile-1")["last_seq"], 1);
}

TEST_F(PlatformTest, NestingWithoutEndIsNotShownAndNotTaken) {
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  std::string text = report("pile-1", 1, "fault");
  const std::size_t data = text.find("\"data\":{") + 8;
  ASSERT_LT(data, text.size());
  text.insert(data, "\"deep\":" + deep + (text[data] == '}' ? "" : ","));
  post(text);
  EXPECT_TRUE(get("/devices/pile-1")["last"]["fault"]["data"].is_null());
  EXPECT_EQ(get("/reports?data.code=1")["reports"].size(), 0U);
  const std::string command = R"({"type":"reboot","data":{"deep":)" + deep + "}}";
  EXPECT_EQ(status("POST", "/devices/pile-1/commands", command), 400U);
  EXPECT_EQ(status("POST", "/misbehave", R"({"delay_ms":)" + deep + "}"), 400U);
}

TEST_F(PlatformTest, MeasuresRatesOverWholeSeconds) {
  for (std::uint64_t seq = 1; seq <= 50; ++seq) post(report("pile-1", seq));
  clock.advance(std::chrono::seconds(1));
  const json figures = get("/figures");
  EXPECT_EQ(figures["rates"]["meter"]["1s"], 50);
  EXPECT_EQ(figures["rate"]["10s"], 5);
  EXPECT_EQ(figures["latency"]["sent"]["count"], 50);
}

}  // namespace
}  // namespace vfleet::platform
