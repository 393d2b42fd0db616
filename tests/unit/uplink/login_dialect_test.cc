#include "tests/support/login_dialect.h"

#include "simulator/codec/websocket/handshake.h"
#include "simulator/codec/websocket/message_reader.h"
#include "tests/support/simulated_uplink.h"

namespace vfleet::uplink {
namespace {

using namespace std::chrono_literals;
using test::SimulatedConnection;
namespace ws = codec::websocket;

/// A dialect over WebSocket and over TCP, against a platform that a test moves message by message.
class LoginDialect : public test::SimulatedUplink, public testing::WithParamInterface<bool> {
 protected:
  LoginDialect() {
    values_["url"].data = std::string(over_websocket() ? "ws://127.0.0.1:7000/" : "tcp://127.0.0.1:7000");
    values_["backoff.first"].data = Duration(1s);
    values_["backoff.max"].data = Duration(64s);
    values_["connect_timeout"].data = Duration(3s);
    values_["ack.timeout"].data = Duration(4s);
    server_.received = [this](SimulatedConnection& c, std::string_view bytes) { take(c, bytes); };
    const UplinkEnvironment environment{.loop = loop_, .network = &network_, .seed = 42};
    if (over_websocket()) values_["ping.every"].data = Duration(0s);
    const UplinkKind kind = over_websocket() ? test::login_over_websocket() : test::login_over_tcp();
    uplink_ = kind.make(environment, values_, owner_).value();
    link_ = make_link();
  }

  static bool over_websocket() { return GetParam(); }

  void take(SimulatedConnection& c, std::string_view bytes) {
    c.inbox += bytes;
    if (over_websocket()) {
      if (!readers_.contains(c.number())) {
        const std::size_t size = ws::head_size(c.inbox);
        if (size == 0) return;
        std::string out;
        ws::append_answer(ws::read_request(c.inbox.substr(0, size))->key, {}, out);
        c.inbox.erase(0, size);
        readers_[c.number()];
        c.send(out);
      }
      std::string in = std::exchange(c.inbox, {});
      std::span<char> rest(in);
      for (ws::Event e = readers_[c.number()].next(rest); e.kind == ws::Event::Kind::text;
           e = readers_[c.number()].next(rest)) {
        heard(e.payload);
      }
      return;
    }
    while (!c.inbox.empty()) {
      const std::size_t size = test::login_frame_size(c.inbox);
      if (size == 0 || size > c.inbox.size()) return;
      numbers_.push_back(static_cast<std::uint8_t>(c.inbox[1]));
      heard(std::string_view(c.inbox).substr(4, size - 4));
      c.inbox.erase(0, size);
    }
  }

  void heard(std::string_view message) {
    heard_.emplace_back(message);
    if (const auto found = script_.find(heard_.back()); found != script_.end()) say(found->second);
  }

  void say(std::string_view text) {
    std::string out = over_websocket() ? std::string() : "~" + test::login_frame(text, 0);
    if (over_websocket()) ws::append_frame(ws::Role::server, ws::Opcode::text, text, 0, out);
    server_.connections().back()->send(out);
  }

  void logged_in() {
    script_["login pile-1"] = "welcome";
    link_->open();
    loop_.run_for(100ms);
    ASSERT_TRUE(link_->up());
    heard_.clear();
  }
  Accepted send(std::uint32_t seq, std::string_view type = "meter") {
    return link_->send({.seq = seq}, {.type = type, .body = "x"});
  }
  using Texts = std::vector<std::string>;

  config::Values values_;
  test::SimulatedServer& server_ = network_.listen(7000);
  std::map<std::size_t, ws::MessageReader> readers_;
  std::map<std::string, std::string> script_;  // what is answered to what
  Texts heard_;
  std::vector<std::uint8_t> numbers_;  // of frames
  std::unique_ptr<Link> link_;
};

INSTANTIATE_TEST_SUITE_P(Over, LoginDialect, testing::Bool(),
                         [](const auto& each) { return each.param ? "WebSocket" : "Tcp"; });

TEST_P(LoginDialect, IsUpOnlyWhenItIsLetIn) {
  link_->open();
  loop_.run_for(1s);
  EXPECT_EQ(heard_, Texts{"login pile-1"});
  EXPECT_FALSE(link_->up());
  EXPECT_EQ(send(1), Accepted::offline);
  EXPECT_TRUE(owner_.events.empty());
  say("welcome");
  loop_.run_for(1ms);
  EXPECT_TRUE(link_->up());
  EXPECT_EQ(owner_.events, Texts{"1 up"});
}

TEST_P(LoginDialect, GivesUpALoginThatIsNotAnswered) {
  link_->open();
  loop_.run_for(3001ms);
  EXPECT_EQ(owner_.events, Texts{"1 down handshake_timed_out"});
}

TEST_P(LoginDialect, WaitsLongerEachTimeItIsRefused) {
  script_["login pile-1"] = "refused";
  link_->open();
  loop_.run_for(30min);
  // A wait is 32 s on average once the ceiling is reached: a refusal is no sign of health.
  EXPECT_GT(owner_.downs["login_refused"], 30u);
  EXPECT_LT(owner_.downs["login_refused"], 100u);
  EXPECT_EQ(counter("connect_failures_total{reason=\"login_refused\"}"), owner_.downs["login_refused"]);
  EXPECT_EQ(owner_.ups, 0u);
}

TEST_P(LoginDialect, StaysConnectedWhileItIsToldToLogInLater) {
  script_["login pile-1"] = "later 60";
  link_->open();
  loop_.run_for(5min + 1s);
  EXPECT_EQ(heard_, Texts(6, "login pile-1"));
  EXPECT_EQ(server_.accepted_count(), 1u);
  EXPECT_TRUE(owner_.events.empty()) << "neither up nor down";
  say("call 1 who");
  loop_.run_for(1s);
  EXPECT_EQ(owner_.events, Texts{"1 message 1 who"}) << "it can be asked meanwhile";
  script_["login pile-1"] = "welcome";
  loop_.run_for(1min);
  EXPECT_TRUE(link_->up());
  loop_.run_for(1s);
  server_.connections().back()->reset();
  ASSERT_TRUE(loop_.run_until([&] { return owner_.ups == 2; }, 1min)) << "and logs in again";
}

TEST_P(LoginDialect, ALinkOnHoldMayBeClosedOrLost) {
  script_["login pile-1"] = "later 60";
  link_->open();
  loop_.run_for(1s);
  server_.connections().back()->reset();
  loop_.run_for(1ms);
  EXPECT_EQ(owner_.events, Texts{"1 down reset"});
  ASSERT_TRUE(loop_.run_until([&] { return server_.accepted_count() == 2; }, 10s));
  loop_.run_for(10s);
  link_->close(true);
  EXPECT_EQ(owner_.events, (Texts{"1 down reset", "1 down closed"}));
  loop_.run_for(10min);
  EXPECT_EQ(server_.accepted_count(), 2u);
}

TEST_P(LoginDialect, AsksOneQuestionAtATimeAndIsAnsweredByNumber) {
  logged_in();
  for (std::uint32_t seq = 1; seq <= 3; ++seq) EXPECT_EQ(send(seq), Accepted::yes);
  loop_.run_for(10ms);
  EXPECT_EQ(heard_, Texts{"report 1 x"});
  say("ok 3");  // nobody asked
  loop_.run_for(10ms);
  EXPECT_EQ(owner_.settled, 0u);
  EXPECT_EQ(counter("late_answers_total"), 1u);
  say("ok 1");
  loop_.run_for(10ms);
  say("no 2");
  loop_.run_for(10ms);
  EXPECT_EQ(heard_, (Texts{"report 1 x", "report 2 x", "report 3 x"}));
  EXPECT_TRUE(owner_.has("1 acked 1"));
  EXPECT_TRUE(owner_.has("1 refused 2"));
  EXPECT_EQ(link_->pending(), 1u);
}

TEST_P(LoginDialect, AnswersThePlatformWhileItsOwnQuestionWaits) {
  logged_in();
  owner_.on_message = [&](LinkKey, std::string_view) { EXPECT_EQ(send(9, "answer"), Accepted::yes); };
  EXPECT_EQ(send(1), Accepted::yes);
  EXPECT_EQ(send(2), Accepted::yes);
  loop_.run_for(10ms);
  say("call 77 stop");
  loop_.run_for(10ms);
  EXPECT_EQ(heard_, (Texts{"report 1 x", "answer x"})) << "ahead of what waits";
  EXPECT_EQ(owner_.events, (Texts{"1 up", "1 sent 1", "1 message 77 stop", "1 sent 9", "1 handed_over 9"}));
  EXPECT_EQ(link_->pending(), 2u);
}

TEST_P(LoginDialect, RefusesAnAnswerToAPeerThatReadsNothing) {
  logged_in();
  server_.window = 1;
  server_.connections().back()->read(false);
  EXPECT_EQ(send(1), Accepted::yes);
  EXPECT_EQ(send(9, "answer"), Accepted::queue_full);
  EXPECT_EQ(link_->pending(), 1u);
}

TEST_P(LoginDialect, ItsHeartbeatTakesItsTurnAmongTheQuestions) {
  logged_in();
  loop_.run_for(9s);
  EXPECT_EQ(send(1), Accepted::yes);
  loop_.run_for(1s);
  EXPECT_EQ(heard_, Texts{"report 1 x"}) << "it is due and waits";
  EXPECT_EQ(send(2), Accepted::yes);
  say("ok 1");
  loop_.run_for(10ms);
  EXPECT_EQ(heard_, (Texts{"report 1 x", "beat"})) << "it goes before the next report";
  say("beaten");
  loop_.run_for(10ms);
  EXPECT_EQ(heard_, (Texts{"report 1 x", "beat", "report 2 x"}));
  loop_.run_for(4s);
  EXPECT_TRUE(owner_.has("1 timed_out 2"));
  EXPECT_TRUE(link_->up()) << "by its own rule a late answer ends nothing";
  loop_.run_for(12s);
  EXPECT_EQ(owner_.downs["heartbeat_timed_out"], 1u);
}

TEST_P(LoginDialect, NumbersItsFramesAsTheyLeaveOnEachConnection) {
  if (over_websocket()) {
    // Frames are masked there: they have no place for a number. Its messages come through as they are.
    logged_in();
    EXPECT_EQ(send(1), Accepted::yes);
    loop_.run_for(10ms);
    EXPECT_EQ(heard_, Texts{"report 1 x"});
    return;
  }
  script_["report 1 x"] = "ok 1";
  logged_in();
  EXPECT_EQ(send(1), Accepted::yes);
  loop_.run_for(10ms);
  EXPECT_EQ(send(2), Accepted::yes);
  EXPECT_EQ(send(3), Accepted::yes);  // waits, and leaves on the next connection
  loop_.run_for(10ms);
  server_.connections().back()->reset();
  ASSERT_TRUE(loop_.run_until([&] { return owner_.ups == 2; }, 2min));
  loop_.run_for(10ms);
  EXPECT_EQ(heard_, (Texts{"report 1 x", "report 2 x", "login pile-1", "report 3 x"}));
  EXPECT_EQ(numbers_, (std::vector<std::uint8_t>{0, 1, 2, 0, 1}));
}

}  // namespace
}  // namespace vfleet::uplink
