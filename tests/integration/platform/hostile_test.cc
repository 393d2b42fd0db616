// Clients and processes that behave as nobody should.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "simulator/core/clock.h"
#include "simulator/loop/asio_loop.h"
#include "simulator/platform/roles/tcp_role.h"
#include "simulator/platform/roles/websocket_role.h"
#include "simulator/platform/stream/server.h"
#include "tests/integration/platform/platform_process.h"

namespace vfleet::platform {
namespace {

using nlohmann::json;

constexpr std::string_view kUpgrade =
    "GET /pile-1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/// A server in this process, with limits that a test can reach.
template <class Role>
struct Serving {
  RealClock clock;
  loop::AsioLoop loop{clock};
  Platform platform{clock, 1};
  Role role;
  stream::Server server;

  template <class... Arguments>
  explicit Serving(const stream::Limits& limits, Arguments... arguments)
      : role(platform, arguments...), server(loop, role, limits) {
    role.serve_on(server);
  }

  /// The client's end of a new connection.
  stream::Fd connect(int buffer = 0) {
    int ends[2] = {-1, -1};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    if (buffer != 0) ::setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    server.adopt(stream::Fd(ends[1]), {});
    return stream::Fd(ends[0]);
  }
  /// Runs the loop until `good` holds; false when it never did.
  template <class Good>
  bool until(Good good) {
    const TimePoint deadline = clock.now() + kPatience;
    loop::CallbackTimer look(loop, [&] {
      if (good() || clock.now() > deadline) return loop.stop();
      look.arm_in(std::chrono::milliseconds(5));
    });
    look.arm_in(Duration::zero());
    loop.run();
    return good();
  }
};

bool say(const stream::Fd& client, std::string_view bytes) {
  return ::send(client.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

/// What can be read now.
std::string hear(const stream::Fd& client) {
  std::string out;
  char bytes[65536];
  for (ssize_t got = 0; (got = ::recv(client.get(), bytes, sizeof bytes, MSG_DONTWAIT)) > 0;)
    out.append(bytes, static_cast<std::size_t>(got));
  return out;
}

std::size_t occurrences(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string_view::npos; at += part.size()) ++count;
  return count;
}

using Tcp = Serving<TcpRole>;
using WebSocket = Serving<WebSocketRole>;

TEST(PlatformHostile, FramesWithoutEndOfManyConnectionsAreBoundedTogether) {
  Tcp serving({.partial_bytes_max = 64U * 1024}, codec::framing::Kind::lines, true);
  const stream::Fd first = serving.connect();
  const stream::Fd second = serving.connect();
  const stream::Fd third = serving.connect();
  const std::string part(30U * 1024, 'x');
  ASSERT_TRUE(say(first, part) && say(second, part) && say(third, part));
  EXPECT_TRUE(serving.until([&] { return serving.server.counts().refused == 1; }));
  EXPECT_EQ(serving.server.counts().open, 2U);
}

TEST(PlatformHostile, FragmentsWithoutEndOfManyConnectionsAreBoundedTogether) {
  WebSocket serving({.partial_bytes_max = 64U * 1024}, true);
  // A binary frame of 32 KiB, masked with zeros, that says there is more.
  const std::string fragment = std::string("\x02\xfe\x80\x00\x00\x00\x00\x00", 8) + std::string(0x8000, 'x');
  const stream::Fd first = serving.connect();
  const stream::Fd second = serving.connect();
  const stream::Fd third = serving.connect();
  for (const stream::Fd* each : {&first, &second, &third})
    ASSERT_TRUE(say(*each, std::string(kUpgrade) + fragment));
  EXPECT_TRUE(serving.until([&] { return serving.server.counts().refused >= 1; }));
  EXPECT_LE(serving.server.counts().open, 2U);
}

TEST(PlatformHostile, AFrameThatTricklesInIsTimedOut) {
  Tcp serving({.message_timeout = std::chrono::milliseconds(300)}, codec::framing::Kind::lines, true);
  const stream::Fd client = serving.connect();
  EXPECT_TRUE(serving.until([&] {
    (void)say(client, "x");
    return serving.server.counts().timed_out == 1;
  }));
  EXPECT_EQ(serving.server.counts().open, 0U);
}

TEST(PlatformHostile, AClientThatSendsWholeFramesAllTheTimeIsNotTimedOut) {
  Tcp serving({.message_timeout = std::chrono::milliseconds(300)}, codec::framing::Kind::lines, true);
  const stream::Fd client = serving.connect();
  std::uint64_t seq = 0;
  const TimePoint begin = serving.clock.now();
  // The end of each frame comes with the beginning of the next one.
  std::string rest;
  EXPECT_TRUE(serving.until([&] {
    const std::string report = make_report("pile-1", ++seq) + "\n";
    (void)say(client, rest + report.substr(0, 20));
    rest = report.substr(20);
    (void)hear(client);
    return serving.clock.now() - begin > std::chrono::milliseconds(1500);
  }));
  EXPECT_EQ(serving.server.counts().timed_out, 0U);
  EXPECT_EQ(serving.server.counts().open, 1U);
}

TEST(PlatformHostile, CommandsForAClientThatDoesNotReadWaitUntilItDoes) {
  constexpr std::size_t kCommands = 60;
  Tcp serving({.output_bytes_max = 64U * 1024}, codec::framing::Kind::lines, false);
  const stream::Fd client = serving.connect(8192);
  ASSERT_TRUE(say(client, make_report("pile-1", 1) + "\n"));
  ASSERT_TRUE(serving.until([&] { return serving.role.counts().frames == 1; }));
  const std::string data = "{\"text\":\"" + std::string(16U * 1024, 'x') + "\"}";
  for (std::size_t i = 0; i < kCommands; ++i)
    ASSERT_TRUE(serving.platform.send_down("pile-1", "update", data)) << i;
  EXPECT_LT(serving.platform.commands().counts().delivered, kCommands);

  std::string heard;
  std::uint64_t seq = 1;
  EXPECT_TRUE(serving.until([&] {
    heard += hear(client);
    (void)say(client, make_report("pile-1", ++seq) + "\n");
    return occurrences(heard, "\"cmd-") == kCommands;
  })) << occurrences(heard, "\"cmd-");
  EXPECT_EQ(serving.platform.commands().counts().delivered, kCommands);
}

TEST(PlatformHostile, ADeviceIdOfAnyBytesEndsNothing) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{}, std::vector<std::string>{"--processes", "2"}}) {
    PlatformProcess platform(arguments);
    EXPECT_EQ(platform.call("POST", "/devices/%ff%fe/commands", R"({"type":"reboot"})")["code"], 400);
    EXPECT_EQ(platform.figures()["received"], 0);
  }
}

std::vector<pid_t> children_of(pid_t parent) {
  const std::string id = std::to_string(parent);
  std::ifstream file("/proc/" + id + "/task/" + id + "/children");
  std::vector<pid_t> out;
  for (pid_t child = 0; file >> child;) out.push_back(child);
  return out;
}

TEST(PlatformHostile, EndsAlthoughOneProcessWasKilledAndAnotherHangs) {
  PlatformProcess platform({"--processes", "2"});
  const std::vector<pid_t> members = children_of(platform.pid());
  ASSERT_EQ(members.size(), 2U);
  ASSERT_EQ(::kill(members[0], SIGSTOP), 0);
  ASSERT_EQ(::kill(members[1], SIGKILL), 0);
  EXPECT_EQ(platform.end(0), "") << "figures of some would pass for those of all";
  EXPECT_EQ(platform.exit_status(), 1);
  EXPECT_NE(::kill(members[0], 0), 0) << "a process that hung was left behind";
}

TEST(PlatformHostile, AnswersWhatCameBeforeARequestThatAnotherProcessAnswers) {
  PlatformProcess platform({"--processes", "2"});
  RawClient client(platform.port());
  std::string requests;
  for (std::uint64_t seq = 1; seq <= 300; ++seq) requests += make_post(make_report("pile-1", seq));
  requests += "GET /figures HTTP/1.1\r\nHost: x\r\n\r\n";
  ASSERT_TRUE(client.send(requests));
  for (std::uint64_t seq = 1; seq <= 300; ++seq) {
    const std::string answer = client.response();
    ASSERT_EQ(body_of(answer), "{\"code\":0}") << seq;
  }
  EXPECT_EQ(json::parse(body_of(client.response()), nullptr, false)["received"], 300);
}

}  // namespace
}  // namespace vfleet::platform
