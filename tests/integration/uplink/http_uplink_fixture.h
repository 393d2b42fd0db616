#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "tests/integration/uplink/http_server.h"
#include "tests/integration/uplink/uplink_fixture.h"
#include "tests/support/free_port.h"

namespace vfleet::uplink {

/// The HTTP uplink against platforms that misbehave.
class HttpUplinkTest : public test::UplinkFixture {
 protected:
  void SetUp() override {
    values_["url"].data = server_->url();
    values_["backoff.first"].data = Duration(std::chrono::milliseconds(20));
    values_["backoff.max"].data = Duration(std::chrono::milliseconds(100));
  }

  void set(const std::string& path, config::Value value) { values_[path] = std::move(value); }

  std::unique_ptr<Link> open_link(LinkKey key = 1) {
    if (uplink_ == nullptr) make_uplink("http", values_);
    auto link = make_link(key);
    link->open();
    return link;
  }

  std::unique_ptr<Link> connected_link() {
    auto link = open_link();
    EXPECT_TRUE(run_until([&] { return link->up(); }));
    return link;
  }

  static Accepted send(Link& link, std::uint32_t seq, std::string_view body = "{}") {
    return link.send({.seq = seq}, {.type = "status", .body = body});
  }

  // Some of them end, and one comes back where it was.
  std::unique_ptr<test::HttpServer> server_ = std::make_unique<test::HttpServer>(loop_, test::free_port());
  config::Values values_;
};

}  // namespace vfleet::uplink
