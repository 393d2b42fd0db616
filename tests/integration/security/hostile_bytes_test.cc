// Bytes from strangers on each tcp port: noise, half a handshake, silence, too much of everything.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <zmq.hpp>

#include "simulator/core/random.h"
#include "tests/integration/security/remote_fleet.h"

namespace vfleet::security_test {
namespace {

using fleet_test::count;
using fleet_test::eventually;
using fleet_test::expect_counts;

const std::string kFleet =
    "fleet: noise\ngroups:\n" + fleet_test::group("pile", "charging_pile", 40, "'null'");

/// A TCP connection that sends what it is told and nothing else.
class Raw {
 public:
  explicit Raw(int port) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to = {};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
  }
  ~Raw() {
    if (fd_ >= 0) ::close(fd_);
  }
  Raw(Raw&& other) noexcept : fd_(std::exchange(other.fd_, -1)), connected_(other.connected_) {}
  Raw& operator=(Raw&&) = delete;

  [[nodiscard]] bool connected() const { return connected_; }
  bool send(const std::string& bytes) { return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) >= 0; }
  /// Whether the other side closes within `patience`.
  bool closed_within(milliseconds patience) {
    char bytes[4096];
    pollfd item{fd_, POLLIN, 0};
    while (::poll(&item, 1, static_cast<int>(patience.count())) > 0) {
      if (::recv(fd_, bytes, sizeof bytes, 0) <= 0) return true;
    }
    return false;
  }

 private:
  int fd_ = -1;
  bool connected_ = false;
};

int port_of(const std::string& endpoint) {
  return std::stoi(endpoint.substr(endpoint.rfind(':') + 1));
}

std::string noise(Random& random, std::size_t bytes) {
  std::string out;
  while (out.size() < bytes) out += static_cast<char>(random.next());
  return out;
}

/// ZMTP 3.1, mechanism as given, 64 bytes.
std::string greeting(const std::string& mechanism, char minor = 1) {
  std::string out("\xff\0\0\0\0\0\0\0\x01\x7f\x03", 11);
  out += minor;
  out += mechanism + std::string(20 - mechanism.size(), '\0');
  return out + std::string(32, '\0');
}

std::size_t descriptors(pid_t pid) {
  std::error_code ignored;
  std::size_t number = 0;
  for ([[maybe_unused]] const auto& each :
       std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd", ignored))
    ++number;
  return number;
}

class HostileBytes : public ::testing::Test {
 protected:
  void SetUp() override {
    fleet_.start_worker(0, "host", "worker-0.log");
    ASSERT_TRUE(fleet_.local().come_online(40)) << fleet_.local().control_log();
    before_ = descriptors(fleet_.local().control().pid());
  }

  /// Everybody who belongs here is still served.
  void expect_served() {
    ASSERT_TRUE(fleet_.local().control().running()) << fleet_.local().control_log();
    expect_counts(fleet_.as("op", {"set", "all", "rated_power=60kW"}), 0, 40, 40);
    expect_counts(fleet_.as("op", {"trigger", "all", "meter"}), 0, 40, 40);
    EXPECT_EQ(count(fleet_.local().status(), "/shards/0/boot"), 1U);
  }

  RemoteFleet fleet_{kFleet, 1};
  std::size_t before_ = 0;
};

TEST_F(HostileBytes, NoiseOnEveryPortDisturbsNobody) {
  Random random(7, 1, "noise");
  for (int which = 0; which < 3; ++which) {
    const int port = port_of(fleet_.endpoint(which));
    std::vector<Raw> open;
    for (int i = 0; i < 60; ++i) {
      Raw raw(port);
      ASSERT_TRUE(raw.connected());
      switch (i % 6) {
        case 0:
          raw.send(noise(random, 1 + random.below(2000)));
          break;
        case 1:  // a good greeting, then noise
          raw.send(greeting("CURVE") + noise(random, 1 + random.below(500)));
          break;
        case 2:  // a HELLO of the right length and wrong content
          raw.send(greeting("CURVE") + std::string("\x04\xc8\x05HELLO", 8) + noise(random, 194));
          break;
        case 3:  // another mechanism, then a whole READY
          raw.send(greeting("NULL") + std::string("\x04\x1c\x05READY\x0bSocket-Type\0\0\0\6DEALER", 30));
          break;
        case 4:  // a frame that says it is enormous
          raw.send(greeting("CURVE") + std::string("\x06\x7f\xff\xff\xff\xff\xff\xff\xff", 9) +
                   noise(random, 100));
          break;
        default:
          raw.send("GET / HTTP/1.1\r\nHost: control\r\n\r\n");
      }
      if (i % 2 == 0) open.push_back(std::move(raw));
    }
    expect_served();
  }
  EXPECT_NE(fleet_.local().control_log().find("handshake failed"), std::string::npos);
}

TEST_F(HostileBytes, HandshakesThatDoNotEndAreEnded) {
  // Slow ones get 5 s for the whole handshake, not for each byte.
  std::vector<Raw> slow;
  for (int which = 0; which < 3; ++which) {
    for (int i = 0; i < 100; ++i) {
      slow.emplace_back(port_of(fleet_.endpoint(which)));
      ASSERT_TRUE(slow.back().connected());
      if (i % 3 > 0) slow.back().send(greeting("CURVE").substr(0, i % 3 == 1 ? 5 : 64));
    }
  }
  ASSERT_TRUE(eventually([&] { return descriptors(fleet_.local().control().pid()) >= before_ + 250; }));
  expect_served();
  // All of them are gone after the handshake's time, whatever they still send.
  EXPECT_TRUE(eventually(
      [&] {
        for (Raw& each : slow) each.send("\x7f");
        return descriptors(fleet_.local().control().pid()) <= before_ + 10;
      },
      seconds(30)))
      << descriptors(fleet_.local().control().pid()) << " of " << before_;
  for (std::size_t i = 0; i < slow.size(); i += 50) EXPECT_TRUE(slow[i].closed_within(seconds(20))) << i;
  expect_served();
}

TEST_F(HostileBytes, AFloodOfConnectionsIsSurvived) {
  for (int round = 0; round < 20; ++round) {
    std::vector<Raw> flood;
    for (int i = 0; i < 100; ++i) flood.emplace_back(port_of(fleet_.endpoint(i % 3)));
    for (Raw& each : flood) each.send(greeting("CURVE"));
  }
  expect_served();
  EXPECT_TRUE(
      eventually([&] { return descriptors(fleet_.local().control().pid()) <= before_ + 10; }, seconds(30)));
}

TEST_F(HostileBytes, AFloodOfStrangersKeysIsDeniedAndDoesNotFillTheLog) {
  zmq::context_t context(1);
  const bus::ClientKeys known = fleet_.keys().load("op");
  std::vector<zmq::socket_t> strangers;
  for (int i = 0; i < 200; ++i) {
    const auto keys = bus::make_key_pair();
    ASSERT_TRUE(keys);
    zmq::socket_t& socket = strangers.emplace_back(context, zmq::socket_type::dealer);
    const auto raw = [](const std::string& key) { return zmq::const_buffer(key.data(), key.size()); };
    socket.set(zmq::sockopt::curve_publickey, raw(keys->public_key));
    socket.set(zmq::sockopt::curve_secretkey, raw(keys->secret_key));
    socket.set(zmq::sockopt::curve_serverkey, raw(known.curve.server_key));
    socket.set(zmq::sockopt::linger, 0);
    socket.connect(fleet_.endpoint(i % 3));
  }
  expect_served();
  EXPECT_TRUE(
      eventually([&] { return fleet_.local().control_log().find("key refused") != std::string::npos; }));
  const std::string log = fleet_.local().control_log();
  std::size_t lines = 0;
  for (std::size_t at = 0; (at = log.find("key refused", at)) != std::string::npos; ++at) ++lines;
  EXPECT_LE(lines, 120U);
}

TEST_F(HostileBytes, RequestsThatAreTooLargeOrTooDeepAreRefused) {
  {
    KeyedOperator large(fleet_.endpoint(), fleet_.keys().load("op"));
    large.send_raw(std::string((4U << 20U) + 1, ' '));
    EXPECT_FALSE(large.result(milliseconds(1500))) << "the connection is dropped";
  }
  KeyedOperator deep(fleet_.endpoint(), fleet_.keys().load("op"));
  for (const std::string& text :
       {std::string(100'000, '['), std::string(100'000, '{'), std::string("\xff\xfe"), std::string(),
        std::string(R"({"v":1,"id":"x","verb":"set","args":)") + std::string(200, '[') +
            std::string(200, ']') + "}"}) {
    deep.send_raw(text);
    const auto answer = deep.result(seconds(20));
    ASSERT_TRUE(answer) << text.substr(0, 20);
    EXPECT_EQ(answer->value("kind", ""), "error");
  }
  expect_served();
}

}  // namespace
}  // namespace vfleet::security_test
