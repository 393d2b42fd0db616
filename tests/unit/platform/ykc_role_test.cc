#include "simulator/platform/roles/ykc/ykc_role.h"

#include <gtest/gtest.h>

#include "tests/unit/platform/pile_frames.h"

namespace vfleet::platform::ykc {
namespace {

struct YkcRoleTest : testing::Test {
  ManualClock clock;
  Platform platform{clock, 1};
  YkcSettings settings;
  YkcPlatform ykc{platform, settings, {}};
  YkcRole role{platform, ykc};
  stream::Client client;
  std::string out;
  stream::Taken last;

  YkcRoleTest() {
    client.number = 77;
    role.connected(client);
  }
  void TearDown() override { role.gone(client); }
  void send(std::string bytes, std::size_t size = 1U << 20U) {
    for (std::size_t at = 0; at < bytes.size(); at += size) {
      std::string in = bytes.substr(at, size);
      do {
        last = role.take(client, in, out);
        in.erase(0, last.used);
      } while (last.more);
      EXPECT_EQ(in, "");
      if (last.then != stream::Taken::Then::keep) return;
    }
  }
};

TEST_F(YkcRoleTest, AnswersInAnyPiecesAndPassesOverNoise) {
  const std::string login = make("login");
  const std::string all =
      login + std::string("noise\x68\0", 7) + make("heartbeat") + make("heartbeat", {}, 6);
  send(all);
  const std::string whole = out;
  EXPECT_GT(whole.size(), 40U);
  EXPECT_EQ(platform.complaints().by_kind().at("not_ykc"), 1U);
  for (const std::size_t size : {1U, 3U, 50U}) {
    role.gone(client);
    role.connected(client);
    out.clear();
    send(all, size);
    EXPECT_EQ(out, whole) << size;
  }
  EXPECT_EQ(role.counts().frames, 12U);
  EXPECT_EQ(role.counts().skipped_bytes, 28U);
}

TEST_F(YkcRoleTest, SendsWhatWaitsBehindTheLogin) {
  settings.set_clock = false;
  ASSERT_TRUE(platform.commands().queue(kPile, "restart", "{}"));
  send(make("login"));
  codec::ykc::FrameReader reader;
  codec::ykc::FrameReader::Totals totals;
  std::string_view rest = out;
  EXPECT_EQ(codec::ykc::parse_frame(reader.next(rest, totals))->type, 0x02);
  EXPECT_EQ(codec::ykc::parse_frame(reader.next(rest, totals))->type, 0x92);
}

TEST_F(YkcRoleTest, MisbehavesAsItIsTold) {
  const auto misbehave = [&](const char* json) {
    platform.misbehaviour().set(MisbehaviourSettings::from_json(json).value(), clock.now());
    out.clear();
  };
  send(make("login"));
  misbehave(R"({"garbage_ratio":1,"for_requests":1})");
  send(make("heartbeat"));
  EXPECT_EQ(codec::ykc::parse_frame(out), std::nullopt);
  misbehave(R"({"delay_ms":50,"for_requests":1})");
  std::string in = make("heartbeat") + make("heartbeat");
  last = role.take(client, in, out);
  EXPECT_TRUE(last.more);
  EXPECT_EQ(last.delay, std::chrono::milliseconds(50));
  misbehave(R"({"refuse_ratio":1,"for_requests":1})");
  send(make("heartbeat"));
  EXPECT_EQ(last.then, stream::Taken::Then::cut);
  EXPECT_EQ(platform.figures().refused, 1U);
}

}  // namespace
}  // namespace vfleet::platform::ykc
