// What the HTTP uplink does beyond sending: logins and their tokens, pools, uploads, compression, methods.
#include <fmt/format.h>
#include <zlib.h>

#include <set>

#include "simulator/core/base64.h"
#include "tests/integration/uplink/http_server.h"
#include "tests/integration/uplink/uplink_fixture.h"
#include "tests/support/free_port.h"

namespace vfleet::uplink {
namespace {

using namespace std::chrono_literals;
using test::HttpReply;
using test::HttpRequest;

class HttpFeatures : public test::UplinkFixture {
 protected:
  void SetUp() override {
    values_["url"].data = server_->url();
    values_["backoff.first"].data = Duration(20ms);
    values_["backoff.max"].data = Duration(100ms);
    server_->answer = [this](const HttpRequest& request) {
      requests_.push_back({std::string(request.head), std::string(request.body), request.connection});
      return answer_(requests_.back().head);
    };
  }

  struct Seen {
    std::string head;
    std::string body;
    std::size_t connection;
  };

  void set(const std::string& path, std::string text) { values_[path].data = std::move(text); }

  std::unique_ptr<Link> connected_link(LinkKey key = 1) {
    if (uplink_ == nullptr) make_uplink("http", values_);
    auto link = make_link(key);
    link->open();
    EXPECT_TRUE(run_until([&] { return link->up(); }));
    return link;
  }

  static Accepted send(Link& link, std::uint32_t seq, std::string_view type = "meter",
                       std::string_view body = "{}") {
    return link.send({.seq = seq}, {.type = type, .body = body, .report = body});
  }

  bool settled(std::size_t reports) {
    return run_until([&] { return owner_.settled == reports; });
  }

  [[nodiscard]] std::string token_of(std::size_t request) const {
    const std::string& head = requests_.at(request).head;
    constexpr std::string_view kHeader = "\r\nAuthorization: Bearer ";
    const std::size_t at = head.find(kHeader);
    return at == std::string::npos
               ? ""
               : head.substr(at + kHeader.size(), head.find("\r\n", at + 2) - at - kHeader.size());
  }

  static HttpReply answer(int status, const std::string& body) {
    return {.bytes =
                fmt::format("HTTP/1.1 {} Word\r\nContent-Length: {}\r\n\r\n{}", status, body.size(), body)};
  }

  std::unique_ptr<test::HttpServer> server_ = std::make_unique<test::HttpServer>(loop_, test::free_port());
  std::function<HttpReply(const std::string& head)> answer_ = [](const std::string&) { return HttpReply{}; };
  std::vector<Seen> requests_;
  config::Values values_;
};

// Logins.

class HttpLogin : public HttpFeatures {
 protected:
  void SetUp() override {
    HttpFeatures::SetUp();
    set("url", server_->url("/{report.type}"));
    set("login.report", "login");
    set("login.token", "data.token");
    set("login.expires", "data.seconds");
    answer_ = [this](const std::string& head) {
      if (!head.starts_with("POST /login")) return HttpReply{};
      ++logins_;
      return answer(200, fmt::format(R"({{"data":{{"token":"t{}","seconds":{}}}}})", logins_, seconds_));
    };
  }

  int logins_ = 0;
  int seconds_ = 3600;
};

TEST_F(HttpLogin, HoldsReportsUntilTheLoginIsAnsweredAndGivesThemItsToken) {
  const auto link = connected_link();
  EXPECT_EQ(send(*link, 1), Accepted::yes);  // before the login
  EXPECT_EQ(send(*link, 2, "login"), Accepted::yes);
  EXPECT_EQ(send(*link, 3), Accepted::yes);
  EXPECT_EQ(link->pending(), 3u);
  ASSERT_TRUE(settled(3));
  ASSERT_EQ(requests_.size(), 3u);
  EXPECT_TRUE(requests_[0].head.starts_with("POST /login"));
  EXPECT_EQ(token_of(0), "");
  EXPECT_EQ(token_of(1), "t1");
  EXPECT_EQ(token_of(2), "t1");
  EXPECT_EQ(owner_.events, (std::vector<std::string>{"1 up", "1 wanted login", "1 sent 2", "1 acked 2",
                                                     "1 sent 1", "1 acked 1", "1 sent 3", "1 acked 3"}));
}

TEST_F(HttpLogin, AsksForALoginWhenNoneComes) {
  const auto link = connected_link();
  (void)send(*link, 1);
  (void)send(*link, 2);
  EXPECT_EQ(owner_.wanted, 1u);
  EXPECT_TRUE(requests_.empty());
  (void)send(*link, 3, "login");
  ASSERT_TRUE(settled(3));
  EXPECT_EQ(token_of(1), "t1");
}

TEST_F(HttpLogin, LogsInAgainAfterA401) {
  bool revoked = false;
  const auto good = answer_;
  answer_ = [&](const std::string& head) {
    if (head.find("Bearer t1") != std::string::npos && revoked) return answer(401, "{}");
    return good(head);
  };
  const auto link = connected_link();
  (void)send(*link, 1, "login");
  (void)send(*link, 2);
  ASSERT_TRUE(settled(2));
  revoked = true;
  (void)send(*link, 3);
  ASSERT_TRUE(settled(3));
  EXPECT_TRUE(owner_.has("1 refused 3"));
  EXPECT_EQ(owner_.wanted, 1u);
  (void)send(*link, 4);
  (void)send(*link, 5, "login");
  ASSERT_TRUE(settled(5));
  EXPECT_TRUE(owner_.has("1 acked 4"));
  EXPECT_EQ(token_of(requests_.size() - 1), "t2");
}

TEST_F(HttpLogin, RenewsATokenThatEndsSoonAndHoldsNothingMeanwhile) {
  seconds_ = 20;  // less than login.renew_before
  const auto link = connected_link();
  (void)send(*link, 1, "login");
  ASSERT_TRUE(settled(1));
  (void)send(*link, 2);
  (void)send(*link, 3);
  ASSERT_TRUE(settled(3));
  EXPECT_EQ(owner_.wanted, 1u);
  EXPECT_EQ(token_of(2), "t1");
  (void)send(*link, 4, "login");
  (void)send(*link, 5);
  ASSERT_TRUE(settled(5));
  EXPECT_EQ(token_of(4), "t2");
}

TEST_F(HttpLogin, AsksAgainAfterARefusalButNotAtOnce) {
  int refusals = 2;
  const auto good = answer_;
  answer_ = [&](const std::string& head) { return refusals-- > 0 ? answer(403, "no") : good(head); };
  values_["backoff.first"].data = Duration(50ms);
  const auto link = connected_link();
  owner_.on_wanted = [&](LinkKey, std::string_view) { loop_.post([&] { (void)send(*link, 100, "login"); }); };
  (void)send(*link, 1);
  ASSERT_TRUE(settled(1));
  EXPECT_EQ(counter("logins_failed_total"), 1u);
  std::uint32_t seq = 1;
  ASSERT_TRUE(run_until([&] {
    if (link->pending() < 50) (void)send(*link, ++seq);
    return owner_.fates[Fate::acked] >= 2;
  }));
  EXPECT_EQ(counter("logins_failed_total"), 2u);
  EXPECT_LE(owner_.wanted, 4u) << "it spun";
  ASSERT_TRUE(run_until([&] { return link->pending() == 0; }));
}

TEST_F(HttpLogin, TellsOnceWhyReportsWait) {
  std::vector<std::string> said;
  UplinkEnvironment environment{loop_, network_.get(), 42};
  environment.warn = [&](std::string_view text) { said.emplace_back(text); };
  auto made = find_uplink("http")->make(environment, values_, owner_);
  ASSERT_TRUE(made) << made.error().detail;
  uplink_ = std::move(*made);
  answer_ = [](const std::string&) { return answer(200, "{}"); };
  const auto link = connected_link();
  (void)send(*link, 1, "login");
  (void)send(*link, 2, "login");
  ASSERT_TRUE(settled(2));
  ASSERT_EQ(said.size(), 1u);
  EXPECT_NE(said[0].find("pile-1 has no text at data.token (login.token)"), std::string::npos) << said[0];
}

TEST_F(HttpLogin, SendsWithoutATokenWhenTheDeviceHasNoSuchReport) {
  owner_.knows_wanted = false;
  const auto link = connected_link();
  (void)send(*link, 1);
  ASSERT_TRUE(settled(1));
  EXPECT_TRUE(owner_.has("1 acked 1"));
  EXPECT_EQ(token_of(0), "");
}

TEST_F(HttpLogin, KeepsATokenForEachDevice) {
  const auto first = connected_link(1);
  const auto second = connected_link(2);
  (void)send(*first, 1, "login");
  ASSERT_TRUE(settled(1));
  (void)send(*second, 1, "login");
  ASSERT_TRUE(settled(2));
  (void)send(*first, 2);
  ASSERT_TRUE(settled(3));
  (void)send(*second, 2);
  ASSERT_TRUE(settled(4));
  EXPECT_EQ(token_of(2), "t1");
  EXPECT_EQ(token_of(3), "t2");
}

TEST_F(HttpLogin, EvictsWhatWaitedForItWhenTheLinkIsClosed) {
  const auto link = connected_link();
  (void)send(*link, 1);
  link->close(false);
  EXPECT_TRUE(owner_.has("1 evicted 1"));
  EXPECT_EQ(owner_.events.back(), "1 down closed");
}

// Pools.

class HttpPoolTest : public HttpFeatures {
 protected:
  void SetUp() override {
    HttpFeatures::SetUp();
    set("connections", "pool");
    values_["pool.size"].data = std::int64_t{2};
  }
};

TEST_F(HttpPoolTest, SharesItsConnectionsAndKeepsTheOrderOfEachDevice) {
  std::vector<std::unique_ptr<Link>> links;
  for (LinkKey key = 1; key <= 10; ++key) links.push_back(connected_link(key));
  std::map<LinkKey, std::uint32_t> next;
  owner_.on_settled = [&](LinkKey key, const Ticket& ticket, Fate) { EXPECT_EQ(ticket.seq, ++next[key]); };
  for (std::uint32_t seq = 1; seq <= 5; ++seq) {
    for (const auto& link : links) EXPECT_EQ(send(*link, seq), Accepted::yes);
  }
  ASSERT_TRUE(settled(50));
  EXPECT_EQ(owner_.fates[Fate::acked], 50u);
  std::set<std::size_t> used;
  for (const Seen& each : requests_) used.insert(each.connection);
  EXPECT_EQ(used, (std::set<std::size_t>{1, 2}));
}

TEST_F(HttpPoolTest, ServesDevicesInTurn) {
  values_["pool.size"].data = std::int64_t{1};
  set("url", server_->url("/{device.id}"));
  const auto first = connected_link(1);
  const auto second = connected_link(2);
  for (std::uint32_t seq = 1; seq <= 3; ++seq) (void)send(*first, seq);
  for (std::uint32_t seq = 1; seq <= 3; ++seq) (void)send(*second, seq);
  ASSERT_TRUE(settled(6));
  std::string order;
  for (const Seen& each : requests_) order += each.head[std::string_view("POST /pile-").size()];
  EXPECT_EQ(order, "121212") << "a device that has much to say holds the others up";
}

TEST_F(HttpPoolTest, StaysUpWhileAnyConnectionStands) {
  const auto link = connected_link();
  ASSERT_TRUE(run_until([&] { return server_->open_connections() == 2; }));
  answer_ = [&](const std::string&) { return HttpReply{.bytes = "", .close = true}; };
  (void)send(*link, 1);
  ASSERT_TRUE(settled(1));
  EXPECT_TRUE(owner_.has("1 connection_lost 1"));
  EXPECT_TRUE(link->up());
  answer_ = [](const std::string&) { return HttpReply{}; };
  (void)send(*link, 2);
  ASSERT_TRUE(settled(2));
  EXPECT_TRUE(owner_.has("1 acked 2"));
  EXPECT_TRUE(owner_.downs.empty());
}

TEST_F(HttpPoolTest, TellsEveryDeviceOnceWhenTheServerHasGoneAndWhenItIsBack) {
  const std::uint16_t port = server_->port();
  std::vector<std::unique_ptr<Link>> links;
  for (LinkKey key = 1; key <= 5; ++key) links.push_back(connected_link(key));
  server_.reset();
  ASSERT_TRUE(
      run_until([&] { return counter("connect_failures_total{reason=\"connection_refused\"}") >= 6; }));
  std::size_t downs = 0;
  for (const auto& [reason, n] : owner_.downs) downs += n;
  EXPECT_EQ(downs, 5u);
  for (const auto& link : links) EXPECT_EQ(send(*link, 1), Accepted::offline);
  server_ = std::make_unique<test::HttpServer>(loop_, port);
  ASSERT_TRUE(run_until([&] { return owner_.ups == 10; }));
  for (const auto& link : links) EXPECT_EQ(send(*link, 2), Accepted::yes);
  ASSERT_TRUE(settled(5));
}

TEST_F(HttpPoolTest, MayLoseADeviceWhileItsRequestIsOut) {
  answer_ = [](const std::string&) { return HttpReply{.delay = 20ms}; };
  values_["pool.size"].data = std::int64_t{1};
  auto gone = connected_link(1);
  const auto other = connected_link(2);
  (void)send(*gone, 1);
  (void)send(*other, 1);
  gone.reset();
  ASSERT_TRUE(settled(1));
  EXPECT_TRUE(owner_.has("2 acked 1"));
  EXPECT_FALSE(owner_.has("1 acked 1"));
  EXPECT_EQ(server_->connections(), 1u);
}

TEST_F(HttpPoolTest, ClosesItsConnectionsWithTheLastDevice) {
  const auto first = connected_link(1);
  const auto second = connected_link(2);
  ASSERT_TRUE(run_until([&] { return server_->open_connections() == 2; }));
  first->close(true);
  second->close(false);
  ASSERT_TRUE(run_until([&] { return server_->open_connections() == 0; }));
  second->open();
  ASSERT_TRUE(run_until([&] { return second->up(); }));
  EXPECT_EQ(send(*second, 1), Accepted::yes);
  ASSERT_TRUE(settled(1));
}

TEST_F(HttpPoolTest, TimesARequestOutAndGoesOn) {
  values_["timeout"].data = Duration(50ms);
  answer_ = [this](const std::string&) {
    return requests_.size() == 1 ? HttpReply{.delay = 5s} : HttpReply{};
  };
  const auto link = connected_link();
  (void)send(*link, 1);
  (void)send(*link, 2);
  ASSERT_TRUE(settled(2));
  EXPECT_TRUE(owner_.has("1 timed_out 1"));
  EXPECT_TRUE(owner_.has("1 acked 2"));
}

// Bodies.

TEST_F(HttpFeatures, UploadsAPictureAsMultipart) {
  const std::string picture("\xff\xd8\xff\x00\r\n--x", 9);
  set("multipart.snapshot",
      "meta(type=application/json) = {\"n\":{seq},\"device\":{device.id}}\n"
      "file(filename={data.name}, type=image/jpeg) @ {data.image}\n");
  const auto link = connected_link();
  const std::string report =
      fmt::format(R"({{"seq":4,"data":{{"name":"a.jpg","image":"{}"}}}})", base64_encode(picture));
  (void)send(*link, 1, "snapshot", report);
  (void)send(*link, 2, "meter", report);
  ASSERT_TRUE(settled(2));
  EXPECT_NE(requests_[0].head.find("\r\nContent-Type: multipart/form-data; boundary="), std::string::npos);
  EXPECT_NE(requests_[0].body.find("\r\n\r\n{\"n\":4,\"device\":\"pile-1\"}\r\n"), std::string::npos);
  EXPECT_NE(requests_[0].body.find("name=\"file\"; filename=\"a.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n" +
                                   picture + "\r\n"),
            std::string::npos);
  EXPECT_EQ(requests_[1].body, report);
}

TEST_F(HttpFeatures, EvictsAReportWhosePictureIsNone) {
  set("multipart.snapshot", "file @ {data.image}");
  const auto link = connected_link();
  EXPECT_EQ(send(*link, 1, "snapshot", R"({"data":{"image":"not base64!"}})"), Accepted::yes);
  EXPECT_TRUE(owner_.has("1 evicted 1"));
  EXPECT_TRUE(requests_.empty());
}

TEST_F(HttpFeatures, CompressesLargeBodiesWhenToldTo) {
  values_["gzip"].data = true;
  values_["gzip_min"].data = std::int64_t{100};
  const auto link = connected_link();
  const std::string large(5000, 'x');
  (void)send(*link, 1, "meter", large);
  (void)send(*link, 2, "meter", "{}");
  ASSERT_TRUE(settled(2));
  EXPECT_NE(requests_[0].head.find("\r\nContent-Encoding: gzip\r\n"), std::string::npos);
  std::string back(large.size() + 1, '\0');
  z_stream stream{};
  ASSERT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(requests_[0].body.data());
  stream.avail_in = static_cast<uInt>(requests_[0].body.size());
  stream.next_out = reinterpret_cast<Bytef*>(back.data());
  stream.avail_out = static_cast<uInt>(back.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  back.resize(stream.total_out);
  inflateEnd(&stream);
  EXPECT_EQ(back, large);
  EXPECT_EQ(requests_[1].head.find("Content-Encoding"), std::string::npos);
  EXPECT_EQ(requests_[1].body, "{}");
}

TEST_F(HttpFeatures, TellsAReportInTheUrlWithoutABody) {
  set("method", "GET");
  set("url", server_->url("/{device.id}?soc={data.soc}&t={report.type}"));
  const auto link = connected_link();
  (void)send(*link, 1, "meter", R"({"data":{"soc":12.5}})");
  ASSERT_TRUE(settled(1));
  EXPECT_TRUE(requests_[0].head.starts_with("GET /pile-1?soc=12.5&t=meter HTTP/1.1\r\n"));
  EXPECT_EQ(requests_[0].body, "");
}

TEST_F(HttpFeatures, NamesMistakesOfTheseSettings) {
  set("multipart.snapshot", "what");
  set("login.report", "login");
  set("login.token", "");
  set("token", "t");
  const UplinkEnvironment environment{loop_, network_.get()};
  const auto made = find_uplink("http")->make(environment, values_, owner_);
  ASSERT_FALSE(made);
  for (const char* word : {"multipart.snapshot", "login.token", "token and login.report"}) {
    EXPECT_NE(made.error().detail.find(word), std::string::npos) << made.error().detail;
  }
}

}  // namespace
}  // namespace vfleet::uplink
