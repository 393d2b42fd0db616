#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/contract_peer.h"
#include "tests/support/simulated_uplink.h"

namespace vfleet::uplink {

/// Every uplink that connects, on virtual time, against a platform that speaks its protocol. A clause is a
/// TEST_P in a file beside this one; a new uplink joins by a line in tests/support/contract_peers.cc.
class Contract : public test::SimulatedUplink, public testing::WithParamInterface<test::ContractEntry> {
 protected:
  Contract() {
    values_["url"].data = entry().url;
    server_.delay = std::chrono::milliseconds(5);
    server_.accepted = [this](test::SimulatedConnection& c) {
      if (on_accepted) on_accepted(c);
    };
    server_.received = [this](test::SimulatedConnection& c, std::string_view bytes) {
      peer_->take(c.number(), bytes,
                  {.say = [&c](std::string_view text) { c.send(text); }, .close = [&c] { c.close(); }});
    };
    server_.closed = [this](test::SimulatedConnection& c) { peer_->gone(c.number()); };
  }

  [[nodiscard]] static const test::ContractEntry& entry() { return GetParam(); }

  void make() {
    const UplinkEnvironment environment{
        .loop = loop_, .network = &network_, .seed = 42, .warn = [this](std::string_view text) {
          warnings_.emplace_back(text);
        }};
    auto made = entry().kind.make(environment, values_, owner_);
    ASSERT_TRUE(made) << made.error().detail;
    uplink_ = std::move(*made);
  }

  /// So many links, opened.
  void start(LinkKey links = 1) {
    make();
    for (LinkKey key = 1; key <= links; ++key) links_.push_back(make_link(key));
    for (const auto& each : links_) each->open();
  }
  /// One link, up.
  void started() {
    start();
    ASSERT_TRUE(comes_up());
    loop_.run_for(std::chrono::milliseconds(100));
  }
  [[nodiscard]] bool comes_up(Duration within = std::chrono::minutes(1)) {
    return loop_.run_until([this] { return link().up(); }, within);
  }

  [[nodiscard]] Link& link() const { return *links_.front(); }
  [[nodiscard]] test::SimulatedConnection& connection() const { return *server_.connections().back(); }

  [[nodiscard]] static std::string body(std::uint32_t seq) {
    return "{\"seq\":" + std::to_string(seq) + ",\"data\":{\"power_w\":11000}}";
  }
  Accepted report(Link& link, std::uint32_t seq) {
    const std::string text = body(seq);
    const Accepted accepted = link.send({.seq = seq}, {.type = "meter", .body = text, .report = text});
    ++answers_[accepted];
    return accepted;
  }
  Accepted report(std::uint32_t seq) { return report(link(), seq); }
  /// Reports that were accepted.
  [[nodiscard]] std::size_t accepted() const {
    const auto found = answers_.find(Accepted::yes);
    return found == answers_.end() ? 0 : found->second;
  }
  /// What becomes of a report that arrived.
  [[nodiscard]] static Fate done() { return entry().acked ? Fate::acked : Fate::handed_over; }
  [[nodiscard]] std::size_t done_count() { return owner_.fates[done()]; }

  config::Values values_ = entry().settings;
  test::SimulatedServer& server_ = network_.listen(7000);
  std::unique_ptr<test::ContractPeer> peer_ = entry().make_peer();
  std::function<void(test::SimulatedConnection&)> on_accepted;
  std::map<Accepted, std::size_t> answers_;
  std::vector<std::unique_ptr<Link>> links_;
};

}  // namespace vfleet::uplink
