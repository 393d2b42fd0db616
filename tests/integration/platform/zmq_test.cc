#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <zmq.hpp>

#include "tests/integration/platform/platform_process.h"

namespace vfleet::platform {
namespace {

using nlohmann::json;

TEST(PlatformZmq, TakesTenThousandReports) {
  PlatformProcess platform({"--zmq", "tcp://127.0.0.1:0"});
  zmq::context_t context(1);
  zmq::socket_t push(context, zmq::socket_type::push);
  push.set(zmq::sockopt::linger, 10'000);
  push.connect(platform.listening("zmq"));
  for (std::uint64_t seq = 1; seq <= 1000; ++seq) {
    for (int device = 0; device < 10; ++device) {
      ASSERT_TRUE(
          push.send(zmq::buffer(make_report("pile-" + std::to_string(device), seq)), zmq::send_flags::none));
    }
  }
  ASSERT_TRUE(platform.figures_become([](const json& f) { return f["received"] == 10'000; }));
  const json figures = platform.figures();
  EXPECT_EQ(figures["zmq"]["messages"], 10'000);
  EXPECT_EQ(figures["devices"], 10);
  EXPECT_EQ(figures["gaps"], 0);
  EXPECT_EQ(figures["duplicates"], 0);
}

TEST(PlatformZmq, CountsWhatIsNoReport) {
  const auto path = std::filesystem::temp_directory_path() / ("vfleet-zmq-" + std::to_string(::getpid()));
  PlatformProcess platform({"--zmq", "ipc://" + path.string()});
  zmq::context_t context(1);
  zmq::socket_t push(context, zmq::socket_type::push);
  push.connect(platform.listening("zmq"));
  push.send(zmq::str_buffer("no report"), zmq::send_flags::none);
  push.send(zmq::str_buffer("two"), zmq::send_flags::sndmore);
  push.send(zmq::str_buffer("frames"), zmq::send_flags::none);
  push.send(zmq::message_t(), zmq::send_flags::none);
  push.send(zmq::buffer(make_report("pile-1", 1)), zmq::send_flags::none);
  ASSERT_TRUE(platform.figures_become([](const json& f) { return f["received"] == 1; }));
  EXPECT_EQ(platform.figures()["malformed"], 3);
  const json refused = platform.call("POST", "/devices/pile-1/commands", R"({"type":"reboot"})");
  EXPECT_EQ(refused["code"], 409);
  std::filesystem::remove(path);
}

TEST(PlatformZmq, TakesWhatIsOnItsWayBeforeItEnds) {
  PlatformProcess platform({"--json", "--zmq", "tcp://127.0.0.1:0"});
  zmq::context_t context(1);
  zmq::socket_t push(context, zmq::socket_type::push);
  push.connect(platform.listening("zmq"));
  push.send(zmq::buffer(make_report("pile-1", 1)), zmq::send_flags::none);
  ASSERT_TRUE(platform.figures_become([](const json& f) { return f["received"] == 1; }));
  for (std::uint64_t seq = 2; seq <= 5000; ++seq) {
    ASSERT_TRUE(push.send(zmq::buffer(make_report("pile-1", seq)), zmq::send_flags::none));
  }
  const json last = json::parse(platform.end(SIGTERM), nullptr, false);
  EXPECT_EQ(platform.exit_status(), 0);
  EXPECT_EQ(last["received"], 5000);
  EXPECT_EQ(last["missing"], 0);
}

}  // namespace
}  // namespace vfleet::platform
