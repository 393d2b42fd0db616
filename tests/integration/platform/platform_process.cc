#include "tests/integration/platform/platform_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <thread>

#include "simulator/codec/envelope/envelope.h"
#include "simulator/core/clock.h"

namespace vfleet::platform {
namespace {

bool wait_readable(int descriptor, std::chrono::milliseconds patience) {
  pollfd poll{descriptor, POLLIN, 0};
  return ::poll(&poll, 1, static_cast<int>(patience.count())) > 0;
}

}  // namespace

RawClient::RawClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const int yes = 1;  // what a test sends in pieces arrives in pieces
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) closed_ = true;
}

RawClient::~RawClient() {
  ::close(socket_);
}

bool RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool RawClient::receive() {
  if (closed_ || !wait_readable(socket_, kPatience)) return false;
  char bytes[65536];
  const ssize_t size = ::recv(socket_, bytes, sizeof bytes, 0);
  if (size <= 0) {
    closed_ = true;
    return false;
  }
  in_.append(bytes, static_cast<std::size_t>(size));
  return true;
}

std::string RawClient::response() {
  for (;;) {
    const std::size_t head_end = in_.find("\r\n\r\n");
    if (head_end != std::string::npos) {
      constexpr std::string_view kLength = "Content-Length: ";
      const std::size_t length = in_.find(kLength);
      std::size_t whole = head_end + 4;
      if (length < head_end) whole += std::strtoul(in_.c_str() + length + kLength.size(), nullptr, 10);
      if (in_.size() >= whole) {
        std::string result = in_.substr(0, whole);
        in_.erase(0, whole);
        return result;
      }
    }
    if (!receive()) return std::exchange(in_, {});
  }
}

std::string RawClient::rest() {
  while (receive()) {
  }
  return std::exchange(in_, {});
}

std::string RawClient::request(std::string_view method, std::string_view target, std::string_view body) {
  send(std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: test\r\nContent-Length: " +
       std::to_string(body.size()) + "\r\n\r\n" + std::string(body));
  return response();
}

PlatformProcess::PlatformProcess(std::vector<std::string> arguments) {
  const char* folder = std::getenv("VFLEET_BIN_DIR");
  if (std::find(arguments.begin(), arguments.end(), "--http") == arguments.end()) {
    arguments.insert(arguments.end(), {"--http", "127.0.0.1:0"});
  }
  arguments.insert(arguments.begin(),
                   std::string(folder == nullptr ? "build/dev/bin" : folder) + "/vfleet-platform");
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  if (::posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ) != 0) pid_ = -1;
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  output_ = ends[0];
  first_line_ = read_line();
  const std::string address = listening("http");
  port_ = static_cast<std::uint16_t>(std::strtoul(address.c_str() + address.find(':') + 1, nullptr, 10));
  EXPECT_NE(port_, 0) << "vfleet-platform did not start: " << first_line_;
}

PlatformProcess::~PlatformProcess() {
  if (pid_ > 0) end(SIGKILL);
  if (output_ >= 0) ::close(output_);
}

std::string PlatformProcess::listening(const std::string& name) const {
  const std::size_t at = first_line_.find(" " + name + "=");
  if (at == std::string::npos) return {};
  const std::size_t begin = at + name.size() + 2;
  return first_line_.substr(begin, first_line_.find(' ', begin) - begin);
}

std::string PlatformProcess::read_line() {
  std::string line;
  char c = 0;
  while (wait_readable(output_, kPatience) && ::read(output_, &c, 1) == 1 && c != '\n') line += c;
  return line;
}

nlohmann::json PlatformProcess::call(std::string_view method, std::string_view target,
                                     std::string_view body) const {
  RawClient client(port_);
  return nlohmann::json::parse(body_of(client.request(method, target, body)), nullptr, false);
}

bool PlatformProcess::figures_become(const std::function<bool(const nlohmann::json&)>& good) const {
  const RealClock clock;
  const TimePoint deadline = clock.now() + kPatience;
  while (clock.now() < deadline) {
    const nlohmann::json now = figures();
    if (now.is_object() && good(now)) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

std::string PlatformProcess::end(int signal) {
  if (pid_ <= 0) return {};
  ::kill(pid_, signal);
  std::string output;
  char bytes[4096];
  while (wait_readable(output_, kPatience)) {
    const ssize_t size = ::read(output_, bytes, sizeof bytes);
    if (size <= 0) break;
    output.append(bytes, static_cast<std::size_t>(size));
  }
  wait_for_end();
  return output;
}

void PlatformProcess::wait_for_end() {
  const RealClock clock;
  const TimePoint deadline = clock.now() + kPatience;
  int status = 0;
  while (::waitpid(pid_, &status, WNOHANG) == 0) {
    if (clock.now() > deadline) ::kill(pid_, SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  exit_status_ = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  pid_ = -1;
}

std::string make_report(std::string_view device, std::uint64_t seq, std::string_view type,
                        std::string_view data, std::string_view id) {
  const std::int64_t now = to_us(RealClock().wall_now());
  // One that comes late or again was made in its turn.
  static const std::int64_t first = now;
  std::string text;
  codec::json::Writer writer(text);
  codec::envelope::begin(writer, {.device = device,
                                  .boot = 1,
                                  .seq = seq,
                                  .due_us = now,
                                  .sent_us = first + static_cast<std::int64_t>(seq),
                                  .type = type,
                                  .channel = 1,
                                  .id = id});
  writer.raw(data);
  codec::envelope::finish(writer);
  return text;
}

std::string make_post(std::string_view body, std::string_view target) {
  return "POST " + std::string(target) +
         " HTTP/1.1\r\nHost: test\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

std::string body_of(std::string_view response) {
  const std::size_t end = response.find("\r\n\r\n");
  return end == std::string_view::npos ? std::string() : std::string(response.substr(end + 4));
}

}  // namespace vfleet::platform
