// Reports that wait for a login which the platform refuses at first.
#include "tests/support/simulated_uplink.h"

namespace vfleet::uplink {
namespace {

using namespace std::chrono_literals;
using test::SimulatedConnection;
using test::SimulatedServer;

class HttpLogin : public test::SimulatedUplink, public testing::WithParamInterface<const char*> {
 protected:
  HttpLogin() {
    values_["url"].data = std::string("http://127.0.0.1:8080/{report.type}");
    values_["connections"].data = std::string(GetParam());
    values_["login.report"].data = std::string("login");
    values_["login.token"].data = std::string("token");
    values_["backoff.first"].data = Duration(1s);
    values_["backoff.max"].data = Duration(4s);
    owner_.on_wanted = [this](LinkKey, std::string_view) {
      loop_.post([this] { EXPECT_EQ(send(100, "login"), Accepted::yes); });
    };
    server_.received = [this](SimulatedConnection& c, std::string_view bytes) {
      c.inbox += bytes;
      for (std::size_t at; (at = c.inbox.find("\r\n\r\n{}")) != std::string::npos;) {
        const std::string request = c.inbox.substr(0, at);
        c.inbox.erase(0, at + 6);
        if (request.starts_with("POST /login ")) {
          ++logins_;
          c.send(refuses_ ? "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
                          : "HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{\"token\":\"t-1\"}");
          continue;
        }
        EXPECT_NE(request.find("Authorization: Bearer t-1"), std::string::npos) << request;
        ++reports_;
        c.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
      }
    };
    make_uplink("http", values_);
    link_ = make_link();
    link_->open();
    EXPECT_TRUE(loop_.run_until([&] { return link_->up(); }, 5s));
  }

  Accepted send(std::uint32_t seq, std::string_view type = "status") {
    return link_->send({.seq = seq}, {.type = type, .body = "{}"});
  }

  config::Values values_;
  SimulatedServer& server_ = network_.listen(8080);
  bool refuses_ = true;
  std::size_t logins_ = 0;
  std::size_t reports_ = 0;
  std::unique_ptr<Link> link_;
};

TEST_P(HttpLogin, WhatWaitsGoesOutWhenALaterLoginSucceedsThoughNoReportComes) {
  for (std::uint32_t seq = 1; seq <= 3; ++seq) ASSERT_EQ(send(seq), Accepted::yes);
  loop_.run_for(30s);
  EXPECT_GE(logins_, 4u);
  EXPECT_LE(logins_, 300u);
  EXPECT_EQ(reports_, 0u);
  EXPECT_EQ(link_->pending(), 3u);
  EXPECT_EQ(counter("logins_failed_total"), logins_);
  refuses_ = false;
  ASSERT_TRUE(loop_.run_until([&] { return reports_ == 3; }, 10s));
  loop_.run_for(1s);
  EXPECT_EQ(link_->pending(), 0u);
  const std::size_t so_far = logins_;
  loop_.run_for(60s);
  EXPECT_EQ(logins_, so_far) << "nothing waits any more";
}

TEST_P(HttpLogin, WhatWaitsFailsWhenTheLinkCloses) {
  ASSERT_EQ(send(1), Accepted::yes);
  loop_.run_for(3s);
  link_->close(true);
  ASSERT_TRUE(loop_.run_until([&] { return owner_.downs["closed"] == 1; }, 30s));
  EXPECT_EQ(link_->pending(), 0u);
  EXPECT_TRUE(owner_.has("1 evicted 1"));
  const std::size_t so_far = logins_;
  loop_.run_for(60s);
  EXPECT_EQ(logins_, so_far);
}

INSTANTIATE_TEST_SUITE_P(Connections, HttpLogin, testing::Values("device", "pool"),
                         [](const auto& each) { return std::string(each.param); });

}  // namespace
}  // namespace vfleet::uplink
