// The real process, seen from raw sockets.
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>

#include "simulator/codec/http/gzip.h"
#include "simulator/core/clock.h"
#include "simulator/core/random.h"
#include "tests/integration/platform/platform_process.h"

namespace vfleet::platform {
namespace {

using nlohmann::json;

constexpr std::string_view kTaken = "{\"code\":0}";

TEST(PlatformHttp, TakesReportsOnOneConnectionAndCountsThem) {
  PlatformProcess platform;
  RawClient client(platform.port());
  for (std::uint64_t seq = 1; seq <= 100; ++seq) {
    ASSERT_EQ(body_of(client.request("POST", "/ingest", make_report("pile-1", seq))), kTaken);
  }
  const json figures = platform.figures();
  EXPECT_EQ(figures["received"], 100);
  EXPECT_EQ(figures["devices"], 1);
  EXPECT_EQ(figures["missing"], 0);
  EXPECT_EQ(figures["latency"]["sent"]["count"], 100);
  EXPECT_LT(figures["latency"]["due"]["max_us"], 20'000'000);
}

TEST(PlatformHttp, AnswersPipelinedRequestsInOrder) {
  PlatformProcess platform;
  RawClient client(platform.port());
  std::string requests;
  for (std::uint64_t seq = 1; seq <= 2000; ++seq) requests += make_post(make_report("pile-1", seq));
  requests += "GET /devices/pile-1 HTTP/1.1\r\n\r\n";
  ASSERT_TRUE(client.send(requests));
  for (int i = 0; i < 2000; ++i) ASSERT_EQ(body_of(client.response()), kTaken) << i;
  EXPECT_EQ(json::parse(body_of(client.response()))["last_seq"], 2000);
}

TEST(PlatformHttp, AnswersAClientThatAsksForMuchBeforeItReads) {
  PlatformProcess platform;
  RawClient client(platform.port());
  for (std::uint64_t seq = 1; seq <= 20; ++seq) {
    client.request("POST", "/ingest",
                   make_report("pile-1", seq, "meter", R"({"text":")" + std::string(800, 'x') + "\"}"));
  }
  // Some 20 KB of answer to each 36 bytes of request: far more than the socket's buffers hold.
  constexpr int kRequests = 1500;
  std::string requests;
  for (int i = 0; i < kRequests; ++i) requests += "GET /devices/pile-1 HTTP/1.1\r\n\r\n";
  ASSERT_TRUE(client.send(requests));
  for (int i = 0; i < kRequests; ++i) ASSERT_GT(client.response().size(), 10'000U) << i;
  EXPECT_EQ(platform.figures()["http"]["bad_requests"], 0);
}

TEST(PlatformHttp, TakesRequestsInPiecesOfAnySize) {
  PlatformProcess platform;
  RawClient client(platform.port());
  Random random(3, 0, "pieces");
  for (std::uint64_t seq = 1; seq <= 30; ++seq) {
    const std::string request = make_post(make_report("pile-1", seq));
    for (std::size_t at = 0; at < request.size();) {
      const std::size_t size = std::min(request.size() - at, static_cast<std::size_t>(1 + random.below(40)));
      ASSERT_TRUE(client.send(std::string_view(request).substr(at, size)));
      at += size;
    }
    ASSERT_EQ(body_of(client.response()), kTaken);
  }
  EXPECT_EQ(platform.figures()["received"], 30);
}

TEST(PlatformHttp, TakesALargeBodyAndSaysContinue) {
  PlatformProcess platform;
  RawClient client(platform.port());
  const std::string body =
      make_report("cam-1", 1, "snapshot", "{\"jpeg\":\"" + std::string(3'000'000, 'A') + "\"}");
  client.send("POST /ingest HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: " +
              std::to_string(body.size()) + "\r\n\r\n");
  EXPECT_EQ(client.response(), "HTTP/1.1 100 Continue\r\n\r\n");
  ASSERT_TRUE(client.send(body));
  EXPECT_EQ(body_of(client.response()), kTaken);
}

TEST(PlatformHttp, TakesReportsThatAreCompressed) {
  PlatformProcess platform;
  RawClient client(platform.port());
  const auto post = [&](const std::string& body, const std::string& encoding) {
    client.send("POST /ingest HTTP/1.1\r\nContent-Encoding: " + encoding +
                "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    return client.response();
  };
  codec::http::Gzip gzip;
  std::string packed;
  ASSERT_TRUE(gzip.compress(make_report("cam-1", 1), packed));
  EXPECT_EQ(body_of(post(packed, "gzip")), kTaken);
  EXPECT_TRUE(post(packed.substr(0, packed.size() / 2), "gzip").starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(post(packed, "br").starts_with("HTTP/1.1 415 "));
  ASSERT_TRUE(gzip.compress(std::string(std::size_t{5} << 20U, ' '), packed));
  EXPECT_TRUE(post(packed, "gzip").starts_with("HTTP/1.1 413 "));
  const json figures = platform.call("GET", "/figures");
  EXPECT_EQ(figures["received"], 1);
  EXPECT_EQ(figures["malformed"], 3);
}

TEST(PlatformHttp, RefusesWhatIsTooLargeAndCloses) {
  PlatformProcess platform;
  {
    RawClient client(platform.port());
    client.send("POST /ingest HTTP/1.1\r\nContent-Length: 4194305\r\n\r\n");
    EXPECT_TRUE(client.response().starts_with("HTTP/1.1 413 "));
    client.rest();
    EXPECT_TRUE(client.closed());
  }
  {
    RawClient client(platform.port());
    client.send("GET / HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n");
    EXPECT_TRUE(client.response().starts_with("HTTP/1.1 431 "));
    client.rest();
    EXPECT_TRUE(client.closed());
  }
  {
    RawClient client(platform.port());
    client.send("POST /ingest HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
    EXPECT_TRUE(client.response().starts_with("HTTP/1.1 411 "));
  }
  EXPECT_EQ(platform.figures()["http"]["bad_requests"], 3);
}

TEST(PlatformHttp, SurvivesGarbage) {
  PlatformProcess platform;
  Random random(5, 0, "garbage");
  for (int i = 0; i < 100; ++i) {
    RawClient client(platform.port());
    std::string bytes = random.chance(0.5) ? make_post(make_report("pile-1", 1)) : std::string();
    for (std::uint64_t n = random.below(300); n > 0; --n) bytes += static_cast<char>(random.next());
    client.send(bytes);
    if (random.chance(0.5)) client.send("\r\n\r\n");
  }
  EXPECT_TRUE(platform.figures_become([](const json& f) { return f["http"]["open"] == 1; }));
  EXPECT_EQ(body_of(RawClient(platform.port()).request("POST", "/ingest", make_report("pile-2", 1))), kTaken);
}

TEST(PlatformHttp, AnswersAMalformedReportAndGoesOn) {
  PlatformProcess platform;
  RawClient client(platform.port());
  EXPECT_TRUE(client.request("POST", "/ingest", "this is no report").starts_with("HTTP/1.1 400 "));
  EXPECT_EQ(body_of(client.request("POST", "/ingest", make_report("pile-1", 1))), kTaken);
  EXPECT_EQ(platform.figures()["malformed"], 1);
}

TEST(PlatformHttp, CountsSequencesExactly) {
  PlatformProcess platform;
  RawClient client(platform.port());
  // 4, 5 missing and 5 comes late; 7 twice; 9, 10 missing.
  for (const std::uint64_t seq : {1, 2, 3, 6, 5, 7, 7, 8, 11})
    client.request("POST", "/ingest", make_report("a", seq));
  for (const std::uint64_t seq : {1, 2}) client.request("POST", "/ingest", make_report("b", seq));
  const json figures = platform.figures();
  EXPECT_EQ(figures["received"], 11);
  EXPECT_EQ(figures["gaps"], 2);
  EXPECT_EQ(figures["missing"], 3);
  EXPECT_EQ(figures["duplicates"], 1);
  EXPECT_EQ(figures["reordered"], 1);
  EXPECT_EQ(platform.call("POST", "/reset")["code"], 0);
  EXPECT_EQ(platform.figures()["missing"], 0);
}

TEST(PlatformHttp, SendsACommandDownAndShowsTheAnswer) {
  PlatformProcess platform;
  RawClient client(platform.port());
  client.request("POST", "/ingest", make_report("cam-1", 1));
  const std::string id =
      platform.call("POST", "/devices/cam-1/commands", R"({"type":"ptz","data":{"pan":0.5}})")["id"];
  EXPECT_EQ(platform.call("GET", "/commands/" + id)["state"], "queued");
  const json answer = json::parse(body_of(client.request("POST", "/ingest", make_report("cam-1", 2))));
  ASSERT_EQ(answer["commands"].size(), 1U);
  EXPECT_EQ(answer["commands"][0], (json{{"id", id}, {"type", "ptz"}, {"data", {{"pan", 0.5}}}}));
  EXPECT_EQ(platform.call("GET", "/commands/" + id)["state"], "delivered");
  client.request("POST", "/ingest", make_report("cam-1", 3, "answer", R"({"code":0})", id));
  const json command = platform.call("GET", "/commands/" + id);
  EXPECT_EQ(command["state"], "answered");
  EXPECT_EQ(command["answer"]["code"], 0);
}

TEST(PlatformHttp, HoldsManyConnections) {
  PlatformProcess platform;
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 500; ++i) clients.push_back(std::make_unique<RawClient>(platform.port()));
  for (std::uint64_t seq = 1; seq <= 3; ++seq) {
    for (std::size_t i = 0; i < clients.size(); ++i) {
      ASSERT_TRUE(clients[i]->send(make_post(make_report("pile-" + std::to_string(i), seq))));
    }
    for (auto& client : clients) ASSERT_EQ(body_of(client->response()), kTaken);
  }
  const json figures = platform.figures();
  EXPECT_EQ(figures["received"], 1500);
  EXPECT_EQ(figures["http"]["open"], 501);
}

TEST(PlatformHttp, ClosesConnectionsPastTheLimit) {
  PlatformProcess platform({"--max-connections", "2"});
  RawClient one(platform.port());
  ASSERT_EQ(body_of(one.request("POST", "/ingest", make_report("a", 1))), kTaken);
  RawClient two(platform.port());
  ASSERT_EQ(body_of(two.request("POST", "/ingest", make_report("a", 2))), kTaken);
  RawClient three(platform.port());
  three.rest();
  EXPECT_TRUE(three.closed());
  EXPECT_EQ(json::parse(body_of(one.request("GET", "/figures")))["http"]["refused"], 1);
}

TEST(PlatformHttp, ClosesIdleConnections) {
  PlatformProcess platform({"--idle-timeout", "100ms"});
  RawClient client(platform.port());
  ASSERT_EQ(body_of(client.request("POST", "/ingest", make_report("a", 1))), kTaken);
  EXPECT_EQ(client.rest(), "");
  EXPECT_TRUE(client.closed());
}

TEST(PlatformHttp, ClosesWhenTheClientAsksForIt) {
  PlatformProcess platform;
  RawClient client(platform.port());
  const std::string body = make_report("a", 1);
  client.send("POST /ingest HTTP/1.1\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) +
              "\r\n\r\n" + body);
  const std::string answer = client.rest();
  EXPECT_TRUE(client.closed());
  EXPECT_EQ(body_of(answer), kTaken);
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);
}

struct PlatformMisbehaves : testing::Test {
  PlatformProcess platform;
  RawClient client{platform.port()};
  std::uint64_t seq = 0;

  void tell(const json& how) {
    ASSERT_TRUE(platform.call("POST", "/misbehave", how.dump()).contains("delay_ms"));
  }
  std::string post(RawClient& from) { return from.request("POST", "/ingest", make_report("pile-1", ++seq)); }
};

TEST_F(PlatformMisbehaves, DelaysAnswers) {
  tell({{"delay_ms", 150}, {"for_requests", 1}});
  const RealClock clock;
  const TimePoint begin = clock.now();
  EXPECT_EQ(body_of(post(client)), kTaken);
  EXPECT_GE(clock.now() - begin, std::chrono::milliseconds(150));
  EXPECT_EQ(body_of(post(client)), kTaken);
  EXPECT_EQ(platform.figures()["misbehaviour"]["delayed"], 1);
}

TEST_F(PlatformMisbehaves, KeepsTheOrderOfAnswersWhenItDelays) {
  tell({{"delay_ms", 50}, {"for_requests", 1}});
  client.send(make_post(make_report("pile-1", 1)) + "GET /devices/pile-1 HTTP/1.1\r\n\r\n");
  EXPECT_EQ(body_of(client.response()), kTaken);
  EXPECT_EQ(json::parse(body_of(client.response()))["last_seq"], 1);
}

TEST_F(PlatformMisbehaves, RefusesWithTheStatusItWasTold) {
  tell({{"refuse_ratio", 1}, {"refuse_status", 429}, {"match_type", "meter"}, {"match_device", "pile-*"}});
  EXPECT_TRUE(post(client).starts_with("HTTP/1.1 429 "));
  EXPECT_EQ(body_of(client.request("POST", "/ingest", make_report("pile-2", 1, "status"))), kTaken);
  EXPECT_EQ(body_of(client.request("POST", "/ingest", make_report("cam-1", 1))), kTaken);
  EXPECT_EQ(platform.call("DELETE", "/misbehave")["code"], 0);
  EXPECT_EQ(body_of(post(client)), kTaken);
  EXPECT_EQ(platform.figures()["missing"], 0);
}

TEST_F(PlatformMisbehaves, CutsBeforeWithinAndAfterTheAnswer) {
  std::size_t sizes[3] = {};
  int i = 0;
  for (const char* point : {"before_answer", "within_answer", "after_answer"}) {
    tell({{"cut_ratio", 1}, {"cut_point", point}, {"for_requests", 1}});
    RawClient other(platform.port());
    other.send(make_post(make_report("pile-1", ++seq)));
    sizes[i++] = other.rest().size();
    EXPECT_TRUE(other.closed());
  }
  EXPECT_EQ(sizes[0], 0U);
  EXPECT_GT(sizes[1], 0U);
  EXPECT_GT(sizes[2], sizes[1]);
  EXPECT_EQ(platform.figures()["received"], 3);
}

TEST_F(PlatformMisbehaves, AnswersNonsense) {
  tell({{"garbage_ratio", 1}});
  for (int i = 0; i < 20; ++i) {
    RawClient other(platform.port());
    const std::string answer = post(other);
    EXPECT_TRUE(json::parse(body_of(answer), nullptr, false).is_discarded() ||
                answer.find("Content-Length: 18446744073709551616") != std::string::npos)
        << answer;
  }
  EXPECT_EQ(platform.figures()["misbehaviour"]["garbage"], 20);
}

TEST(PlatformProcessLife, WritesThePortFileAndPrintsASummary) {
  const auto file = std::filesystem::temp_directory_path() / ("vfleet-port-" + std::to_string(::getpid()));
  PlatformProcess platform({"--port-file", file.string()});
  int port = 0;
  std::ifstream(file) >> port;
  std::filesystem::remove(file);
  EXPECT_EQ(port, platform.port());
  RawClient client(platform.port());
  client.request("POST", "/ingest", make_report("a", 1));
  const std::string last = platform.end(SIGTERM);
  EXPECT_EQ(platform.exit_status(), 0);
  EXPECT_TRUE(last.starts_with("received 1 reports of 1 devices; missing 0")) << last;
  EXPECT_EQ(std::count(last.begin(), last.end(), '\n'), 1);
}

TEST(PlatformProcessLife, EndsInOrderWithClientsAndDelayedAnswersOpen) {
  PlatformProcess platform({"--json"});
  RawClient idle(platform.port());
  RawClient waiting(platform.port());
  ASSERT_FALSE(platform.call("POST", "/misbehave", R"({"delay_ms":600000})").is_discarded());
  waiting.send(make_post(make_report("a", 1)));
  ASSERT_TRUE(platform.figures_become([](const json& f) { return f["received"] == 1; }));
  const json last = json::parse(platform.end(SIGINT), nullptr, false);
  EXPECT_EQ(platform.exit_status(), 0);
  EXPECT_EQ(last["received"], 1);
  idle.rest();
  EXPECT_TRUE(idle.closed());
}

TEST(PlatformProcessLife, SaysWhenItsPortIsTaken) {
  PlatformProcess platform;
  PlatformProcess quiet({"--quiet"});
  EXPECT_EQ(quiet.end(SIGTERM), "");
  const char* folder = std::getenv("VFLEET_BIN_DIR");
  const std::string command = std::string(folder == nullptr ? "build/dev/bin" : folder) +
                              "/vfleet-platform --http 127.0.0.1:" + std::to_string(platform.port()) +
                              " 2>&1";
  FILE* pipe = ::popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  char text[512] = {};
  ASSERT_NE(std::fgets(text, sizeof text, pipe), nullptr);
  EXPECT_NE(std::string(text).find("cannot listen on 127.0.0.1:"), std::string::npos) << text;
  EXPECT_EQ(WEXITSTATUS(::pclose(pipe)), 1);
}

}  // namespace
}  // namespace vfleet::platform
