// How fast vfleet-platform takes reports over MQTT, from a sender that costs next to nothing.
//   platform_bench [--connections 1000] [--seconds 5] [--rounds 3] [--processes 1] [--body 300] [--worker
//   RATE]
// Each round is run twice: with one report a write, as a worker sends, and with sixteen, where the sender is
// much cheaper than the platform and waits for it. "Of a core" is what a process of the platform takes in a
// second of its own CPU. --worker: what one worker sends flat out (mqtt_bench tells); then the last column is
// how many of them a process of the platform keeps up with, and fewer than 2 end this with status 1.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "simulator/codec/mqtt/encode.h"
#include "simulator/core/clock.h"
#include "tests/bench/options.h"

namespace {

using namespace vfleet;
namespace mqtt = codec::mqtt;

constexpr std::size_t kBatchMax = 16;
constexpr std::uint64_t kFirstSeq = 1'000'000'000;  // numbers of one width, without leading zeros

struct Setup {
  std::string program;
  std::size_t connections = 1000;
  double seconds = 5;
  std::size_t processes = 1;
  std::size_t body = 300;
};

int connect_to(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int yes = 1;
  if (fd < 0 || ::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
    throw std::runtime_error("cannot connect to the platform");
  }
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  return fd;
}

void write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) throw std::runtime_error("the platform has closed a connection");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

/// The real program, ended with this.
class PlatformUnderTest {
 public:
  explicit PlatformUnderTest(const Setup& setup) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      ::close(ends[0]);
      ::close(ends[1]);
      const std::string processes = std::to_string(setup.processes);
      ::execl(setup.program.c_str(), setup.program.c_str(), "--http", "127.0.0.1:0", "--mqtt", "127.0.0.1:0",
              "--quiet", "--processes", processes.c_str(), static_cast<char*>(nullptr));
      ::_exit(127);
    }
    ::close(ends[1]);
    std::string line;
    for (char c = 0; ::read(ends[0], &c, 1) == 1 && c != '\n';) line += c;
    ::close(ends[0]);
    http_ = port_in(line, " http=");
    mqtt_ = port_in(line, " mqtt=");
  }
  ~PlatformUnderTest() {
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }
  PlatformUnderTest(const PlatformUnderTest&) = delete;
  PlatformUnderTest& operator=(const PlatformUnderTest&) = delete;

  [[nodiscard]] std::uint16_t mqtt() const { return mqtt_; }
  [[nodiscard]] nlohmann::json figures() const {
    const int fd = connect_to(http_);
    write_all(fd, "GET /figures HTTP/1.1\r\nConnection: close\r\n\r\n");
    std::string answer;
    char bytes[16384];
    for (ssize_t got = 0; (got = ::recv(fd, bytes, sizeof bytes, 0)) > 0;) {
      answer.append(bytes, static_cast<std::size_t>(got));
    }
    ::close(fd);
    return nlohmann::json::parse(answer.substr(answer.find("\r\n\r\n") + 4));
  }

 private:
  static std::uint16_t port_in(const std::string& line, const std::string& name) {
    const std::size_t at = line.find(name);
    if (at == std::string::npos) throw std::runtime_error("vfleet-platform did not start");
    const std::size_t colon = line.find(':', at);
    return static_cast<std::uint16_t>(std::strtoul(line.c_str() + colon + 1, nullptr, 10));
  }

  pid_t pid_ = -1;
  std::uint16_t http_ = 0;
  std::uint16_t mqtt_ = 0;
};

/// Reports of one device on the wire, `batch` in a row; only numbers are written over.
class Reports {
 public:
  Reports(std::size_t device, std::size_t batch, std::size_t body) {
    const std::string name = fmt::format("dev-{:07}", device);
    const std::string head = fmt::format(
        R"({{"v":1,"dev":"{}","boot":1,"seq":{},"due_us":{:016},"sent_us":{:016},"type":"meter","ch":1,"id":"","data":{{"pad":")",
        name, kFirstSeq, 1'000'000'000'000'000, 1'000'000'000'000'000);
    const std::string text =
        head + std::string(body > head.size() + 3 ? body - head.size() - 3 : 1, 'x') + "\"}}";
    for (std::size_t i = 0; i < batch; ++i) {
      const std::size_t begin = bytes_.size();
      mqtt::encode(mqtt::Publish{.topic = "up/" + name, .payload = text}, mqtt::Version::v3_1_1, bytes_);
      seq_at_.push_back(bytes_.find("\"seq\":", begin) + 6);
    }
  }
  [[nodiscard]] std::string_view next(std::int64_t now_us) {
    for (const std::size_t at : seq_at_) {
      digits(at, kFirstSeq + sent_++, 10);
      digits(at + 10 + 10, static_cast<std::uint64_t>(now_us), 16);
      digits(at + 10 + 10 + 16 + 11, static_cast<std::uint64_t>(now_us), 16);
    }
    return bytes_;
  }

 private:
  void digits(std::size_t at, std::uint64_t value, std::size_t width) {
    for (std::size_t i = width; i-- > 0; value /= 10) bytes_[at + i] = static_cast<char>('0' + value % 10);
  }

  std::string bytes_;
  std::vector<std::size_t> seq_at_;
  std::uint64_t sent_ = 0;
};

double own_cpu_s() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Measured {
  double per_second = 0;    // taken, by the wall clock
  double sender_cpu_s = 0;  // for a million reports
  double platform_cpu_s = 0;
};

Measured measure(const Setup& setup, std::size_t batch) {
  const RealClock clock;
  const PlatformUnderTest platform(setup);
  std::vector<int> sockets;
  std::vector<Reports> reports;
  for (std::size_t i = 0; i < setup.connections; ++i) {
    sockets.push_back(connect_to(platform.mqtt()));
    std::string hello;
    mqtt::encode(mqtt::Connect{.client_id = fmt::format("dev-{:07}", i)}, hello);
    write_all(sockets.back(), hello);
    char connack[4];
    if (::recv(sockets.back(), connack, sizeof connack, MSG_WAITALL) != 4)
      throw std::runtime_error("no CONNACK");
    reports.emplace_back(i, batch, setup.body);
  }
  const double platform_before = platform.figures()["process"]["cpu_us"].get<double>() / 1e6;
  const double sender_before = own_cpu_s();
  const TimePoint begin = clock.now();
  const TimePoint end = begin + Duration(static_cast<std::int64_t>(setup.seconds * 1e9));
  std::uint64_t sent = 0;
  while (clock.now() < end) {
    const std::int64_t now_us = to_us(clock.wall_now());
    for (std::size_t i = 0; i < sockets.size(); ++i) {
      // Blocks while the platform has too much to read: that is what is measured.
      write_all(sockets[i], reports[i].next(now_us));
      sent += batch;
    }
  }
  const double sender_cpu = own_cpu_s() - sender_before;
  nlohmann::json figures;
  do {
    figures = platform.figures();
  } while (figures["received"].get<std::uint64_t>() < sent && clock.now() < end + std::chrono::seconds(60));
  const double seconds = to_seconds(clock.now() - begin);
  for (const int fd : sockets) ::close(fd);
  if (figures["received"] != sent || figures["duplicates"] != 0 || figures["gaps"] != sockets.size()) {
    throw std::runtime_error(fmt::format("sent {} reports, and the platform says {}", sent, figures.dump()));
  }
  const double millions = static_cast<double>(sent) / 1e6;
  return {static_cast<double>(sent) / seconds, sender_cpu / millions,
          (figures["process"]["cpu_us"].get<double>() / 1e6 - platform_before) / millions};
}

}  // namespace

int main(int argc, char** argv) {
  const auto option = [&](const char* name, const char* fallback) {
    return bench::option(argc, argv, name, fallback);
  };
  Setup setup;
  setup.program = option("--bin-dir", "build/release/bin") + "/vfleet-platform";
  setup.connections = std::stoul(option("--connections", "1000"));
  setup.seconds = std::stod(option("--seconds", "5"));
  setup.processes = std::stoul(option("--processes", "1"));
  setup.body = std::stoul(option("--body", "300"));
  const int rounds = std::stoi(option("--rounds", "3"));
  const double worker = std::stod(option("--worker", "0"));
  fmt::print("{} connections, {}-byte reports, QoS 0, {} process(es) of the platform\n", setup.connections,
             setup.body, setup.processes);
  fmt::print("{:>14} {:>10} {:>16} {:>18} {:>12} {:>14}\n", "reports/write", "taken/s", "sender CPU s/1M",
             "platform CPU s/1M", "of a core/s", "x one worker");
  try {
    double best = 0;
    for (int round = 0; round < rounds; ++round) {
      for (const std::size_t batch : {std::size_t{1}, kBatchMax}) {
        const Measured m = measure(setup, batch);
        const double of_a_core = 1e6 / m.platform_cpu_s;
        best = std::max(best, of_a_core);
        fmt::print("{:>14} {:>10.0f} {:>16.2f} {:>18.2f} {:>12.0f} {:>14}\n", batch, m.per_second,
                   m.sender_cpu_s, m.platform_cpu_s, of_a_core,
                   worker > 0 ? fmt::format("{:.2f}", of_a_core / worker) : "-");
        std::fflush(stdout);
      }
    }
    if (worker > 0 && best < 2 * worker) return 1;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "platform_bench: %s\n", e.what());
    return 1;
  }
  return 0;
}
