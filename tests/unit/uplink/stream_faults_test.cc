// "KIND.misbehave" of links that are plain streams.
#include "tests/support/simulated_uplink.h"

namespace vfleet::uplink {
namespace {

using namespace std::chrono_literals;
using test::SimulatedConnection;
using test::SimulatedServer;

class StreamFaultsTest : public test::SimulatedUplink {
 protected:
  StreamFaultsTest() {
    values_["url"].data = std::string("tcp://127.0.0.1:9000");
    values_["backoff.first"].data = Duration(100ms);
    server_.received = [this](SimulatedConnection& c, std::string_view bytes) {
      seen_ += bytes;
      c.send("hello\n");
    };
  }

  void connect() {
    make_uplink("tcp", values_);
    link_ = make_link();
    link_->open();
    ASSERT_TRUE(loop_.run_until([&] { return link_->up(); }, 5s));
  }

  Status misbehave(const std::string& kind, std::map<std::string, config::Value> more = {}) {
    config::Values args;
    for (const config::Key& key : find_uplink("tcp")->action("tcp.misbehave")->args) {
      args.emplace(key.path, key.initial);
    }
    more["kind"].data = kind;
    for (const auto& [name, value] : more) args.insert_or_assign(name, value);
    return link_->act({.action = "tcp.misbehave", .args = args});
  }

  std::string seen_after(std::string_view text) {
    seen_.clear();
    EXPECT_EQ(link_->send({.seq = 1}, {.type = "status", .body = text}), Accepted::yes);
    loop_.run_for(50ms);
    return seen_;
  }

  config::Values values_;
  SimulatedServer& server_ = network_.listen(9000);
  std::string seen_;
  std::unique_ptr<Link> link_;
};

TEST_F(StreamFaultsTest, CutsAtAnyByteAndConnectsAgain) {
  connect();
  for (std::int64_t at = 0; at <= 4; ++at) {
    ASSERT_TRUE(misbehave("cut", {{"after_bytes", {at}}}));
    EXPECT_EQ(seen_after("abcd"), std::string("abcd\n").substr(0, static_cast<std::size_t>(at)));
    EXPECT_EQ(owner_.downs["cut_on_purpose"], static_cast<std::size_t>(at) + 1);
    ASSERT_TRUE(loop_.run_until([&] { return link_->up(); }, 5s));
  }
  EXPECT_EQ(counter("misbehaved_total{kind=\"cut\"}"), 5u);
  EXPECT_EQ(seen_after("abcd"), "abcd\n");
}

TEST_F(StreamFaultsTest, CountsBytesOverSeveralMessages) {
  connect();
  ASSERT_TRUE(misbehave("cut", {{"after_bytes", {std::int64_t{7}}}}));
  EXPECT_EQ(seen_after("abcd"), "abcd\n");
  EXPECT_EQ(seen_after("efgh"), "ef");
}

TEST_F(StreamFaultsTest, TurnsBytesOver) {
  connect();
  ASSERT_TRUE(misbehave("flip", {{"after_bytes", {std::int64_t{6}}}, {"times", {std::int64_t{2}}}}));
  EXPECT_EQ(seen_after("abcd"), "abcd\n");
  EXPECT_EQ(seen_after("efgh"), std::string("e") + static_cast<char>(~'f') + static_cast<char>(~'g') + "h\n");
  EXPECT_EQ(seen_after("ijkl"), "ijkl\n");
}

TEST_F(StreamFaultsTest, DropsWhatIsSentUntilItIsToldOtherwise) {
  connect();
  ASSERT_TRUE(misbehave("drop", {{"times", {std::int64_t{0}}}}));
  EXPECT_EQ(seen_after("a"), "");
  EXPECT_EQ(seen_after("b"), "");
  ASSERT_TRUE(misbehave("none"));
  EXPECT_EQ(seen_after("c"), "c\n");
  EXPECT_EQ(owner_.settled, 3u);
}

TEST_F(StreamFaultsTest, SendsRawBytesHangsUpAndGoesDeaf) {
  connect();
  ASSERT_TRUE(misbehave("raw", {{"bytes", {std::string("68 69 0A")}}}));
  loop_.run_for(50ms);
  EXPECT_EQ(seen_, "hi\n");
  ASSERT_TRUE(misbehave("deaf"));
  const std::size_t heard = owner_.events.size();
  (void)seen_after("a");
  EXPECT_FALSE(owner_.has("1 message hello") && owner_.events.size() > heard + 2) << "nothing new is heard";
  ASSERT_TRUE(misbehave("none"));
  loop_.run_for(50ms);
  EXPECT_TRUE(owner_.has("1 message hello"));
  ASSERT_TRUE(misbehave("hang_up"));
  EXPECT_EQ(owner_.downs["hung_up_on_purpose"], 1u);
  EXPECT_FALSE(misbehave("deaf")) << "not connected";
}

}  // namespace
}  // namespace vfleet::uplink
