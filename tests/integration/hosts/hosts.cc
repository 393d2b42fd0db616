#include "tests/integration/hosts/hosts.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <deque>
#include <thread>
#include <vector>

#include "simulator/core/random.h"

namespace vfleet::hosts_test {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kMtu = 1400;
constexpr std::size_t kDestination = 16;  // in an IPv4 header
constexpr std::size_t kQueueMax = 20'000;

int open_namespace() {
  return ::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
}

bool up(const char* name, const char* address) {
  const int control = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (control < 0) return false;
  const auto request = [name] {
    ifreq out = {};
    std::strncpy(out.ifr_name, name, IFNAMSIZ - 1);
    return out;
  };
  bool good = true;
  if (address != nullptr) {
    ifreq wanted = request();
    auto* to = reinterpret_cast<sockaddr_in*>(&wanted.ifr_addr);
    to->sin_family = AF_INET;
    ::inet_pton(AF_INET, address, &to->sin_addr);
    good = good && ::ioctl(control, SIOCSIFADDR, &wanted) == 0;
    ::inet_pton(AF_INET, "255.255.255.0", &to->sin_addr);
    good = good && ::ioctl(control, SIOCSIFNETMASK, &wanted) == 0;
    ifreq mtu = request();
    mtu.ifr_mtu = kMtu;
    good = good && ::ioctl(control, SIOCSIFMTU, &mtu) == 0;
  }
  ifreq flags = request();
  flags.ifr_flags = IFF_UP | IFF_RUNNING;
  good = good && ::ioctl(control, SIOCSIFFLAGS, &flags) == 0;
  ::close(control);
  return good;
}

int open_cable() {
  const int fd = ::open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return -1;
  ifreq wanted = {};
  std::strncpy(wanted.ifr_name, "cable", IFNAMSIZ - 1);
  wanted.ifr_flags = IFF_TUN | IFF_NO_PI;
  if (::ioctl(fd, TUNSETIFF, &wanted) == 0) return fd;
  ::close(fd);
  return -1;
}

struct Host {
  int space = -1;
  int cable = -1;
  std::atomic<int> delay_ms{0};
  std::atomic<int> loss{0};
  std::atomic<bool> cut{false};
};

struct Packet {
  Clock::time_point due;
  std::size_t to = 0;
  std::string bytes;
};

/// Makes a namespace with a cable; what was missing, or nothing.
std::string make(Host& host, const std::string& address) {
  std::string missing;
  std::thread([&] {
    if (::unshare(CLONE_NEWNET) != 0) {
      missing = std::string("no network namespaces: ") + std::strerror(errno);
      return;
    }
    host.space = open_namespace();
    host.cable = open_cable();
    if (host.cable < 0) {
      missing = std::string("no /dev/net/tun: ") + std::strerror(errno);
    } else if (!up("lo", nullptr) || !up("cable", address.c_str())) {
      missing = std::string("the cable has no address: ") + std::strerror(errno);
    }
  }).join();
  return missing;
}

}  // namespace

struct Hosts::Impl {
  std::vector<std::unique_ptr<Host>> hosts;
  std::atomic<bool> ends{false};
  std::atomic<std::uint64_t> carried{0};
  std::atomic<std::uint64_t> lost{0};
  std::thread relay;
  Random random{1, 77, "cable"};

  bool lose(const Host& host) {
    return host.cut || (host.loss > 0 && random.below(1000) < static_cast<std::uint64_t>(host.loss.load()));
  }

  void take(std::size_t from, std::deque<Packet>& waiting) {
    std::array<char, 2048> bytes{};
    for (int i = 0; i < 256; ++i) {
      const ssize_t size = ::read(hosts[from]->cable, bytes.data(), bytes.size());
      if (size < 20) return;
      if ((static_cast<unsigned char>(bytes[0]) >> 4U) != 4) continue;  // IPv6 talks to itself
      const auto to = static_cast<std::size_t>(static_cast<unsigned char>(bytes[kDestination + 3])) - 1;
      if (to >= hosts.size() || waiting.size() >= kQueueMax || lose(*hosts[from]) || lose(*hosts[to])) {
        ++lost;
        continue;
      }
      const auto delay = std::chrono::milliseconds(hosts[from]->delay_ms + hosts[to]->delay_ms);
      waiting.push_back(
          {Clock::now() + delay, to, std::string(bytes.data(), static_cast<std::size_t>(size))});
    }
  }

  void run() {
    std::deque<Packet> waiting;
    std::vector<pollfd> items;
    for (const auto& each : hosts) items.push_back({each->cable, POLLIN, 0});
    while (!ends) {
      ::poll(items.data(), items.size(), waiting.empty() ? 20 : 1);
      for (std::size_t i = 0; i < hosts.size(); ++i) take(i, waiting);
      const auto now = Clock::now();
      std::deque<Packet> later;
      for (Packet& each : waiting) {
        if (each.due > now) {
          later.push_back(std::move(each));
        } else if (hosts[each.to]->cut) {
          ++lost;  // it was in the cable
        } else if (::write(hosts[each.to]->cable, each.bytes.data(), each.bytes.size()) >= 0) {
          ++carried;
        }
      }
      waiting = std::move(later);
    }
  }
};

std::string Hosts::unavailable() {
  Host host;
  const std::string missing = make(host, address(1));
  if (host.cable >= 0) ::close(host.cable);
  if (host.space >= 0) ::close(host.space);
  return missing;
}

Hosts::Hosts(int hosts) : impl_(std::make_unique<Impl>()) {
  for (int i = 1; i <= hosts; ++i) {
    impl_->hosts.push_back(std::make_unique<Host>());
    EXPECT_EQ(make(*impl_->hosts.back(), address(i)), "");
  }
  impl_->relay = std::thread([this] { impl_->run(); });
}

Hosts::~Hosts() {
  impl_->ends = true;
  impl_->relay.join();
  for (const auto& each : impl_->hosts) {
    ::close(each->cable);
    ::close(each->space);
  }
}

void Hosts::on(int host, const std::function<void()>& task) {
  std::thread([&] {
    ASSERT_EQ(::setns(impl_->hosts.at(static_cast<std::size_t>(host - 1))->space, CLONE_NEWNET), 0);
    task();
  }).join();
}

void Hosts::set_delay(int host, std::chrono::milliseconds one_way) {
  impl_->hosts.at(static_cast<std::size_t>(host - 1))->delay_ms = static_cast<int>(one_way.count());
}
void Hosts::set_loss(int host, int per_mille) {
  impl_->hosts.at(static_cast<std::size_t>(host - 1))->loss = per_mille;
}
void Hosts::cut(int host) {
  impl_->hosts.at(static_cast<std::size_t>(host - 1))->cut = true;
}
void Hosts::mend(int host) {
  impl_->hosts.at(static_cast<std::size_t>(host - 1))->cut = false;
}
std::uint64_t Hosts::carried() const {
  return impl_->carried;
}
std::uint64_t Hosts::lost() const {
  return impl_->lost;
}

}  // namespace vfleet::hosts_test
