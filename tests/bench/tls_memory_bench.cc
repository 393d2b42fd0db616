// User memory of an idle connection: TLS (full handshake, resumed, with a certificate of its own) and plain.
// The kernel's share is not counted, nor is the server, which is a process of its own.
//   tls_memory_bench [--connections 500] [--where 12]
// --where: also the N places of OpenSSL's source that asked for the most of what a connection still holds.
#include <fmt/format.h>
#include <malloc.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "simulator/core/clock.h"
#include "simulator/loop/asio_loop.h"
#include "simulator/net/certificates.h"
#include "simulator/net/network.h"
#include "simulator/net/stream_source.h"
#include "tests/bench/options.h"

namespace {

using namespace vfleet;
using namespace std::chrono_literals;
namespace asio = boost::asio;
using asio::ip::tcp;
/// A device may have 24 KiB in all; what is left is for its link, session and model.
constexpr std::size_t kTarget = 18 * 1024;

/// What OpenSSL holds. Its functions are called for every block once count() was called.
class Ledger {
 public:
  static void count(bool by_place) {
    by_place_ = by_place;
    CRYPTO_set_mem_functions(take, take_again, give);
  }
  [[nodiscard]] static std::size_t live() { return live_; }
  /// The most since reset_peak().
  [[nodiscard]] static std::size_t peak() { return peak_; }
  static void reset_peak() { peak_ = live_; }

  using Places = std::map<std::string, std::size_t>;
  [[nodiscard]] static Places places() {
    Places all;
    for (const auto& [block, place] : blocks_) all[place] += size(block);
    return all;
  }

 private:
  static std::size_t size(void* block) { return block == nullptr ? 0 : ::malloc_usable_size(block) + 8; }
  static void* note(void* block, const char* file, int line) {
    live_ += size(block);
    peak_ = std::max(peak_, live_);
    if (by_place_ && block != nullptr) blocks_[block] = fmt::format("{}:{}", file, line);
    return block;
  }
  static void forget(void* block) {
    live_ -= size(block);
    if (by_place_) blocks_.erase(block);
  }
  static void* take(std::size_t bytes, const char* file, int line) {
    return note(std::malloc(bytes), file, line);
  }
  static void* take_again(void* block, std::size_t bytes, const char* file, int line) {
    forget(block);
    return note(std::realloc(block, bytes), file, line);
  }
  static void give(void* block, const char*, int) {
    forget(block);
    std::free(block);
  }

  inline static bool by_place_ = false;
  inline static std::size_t live_ = 0;
  inline static std::size_t peak_ = 0;
  inline static std::unordered_map<void*, std::string> blocks_;
};

/// Takes connections, TLS on one port and plain on the other, and says a byte on each so that TLS 1.3 brings
/// its tickets. Never returns.
[[noreturn]] void serve(const net::PemPair& pem, const std::string& ca, int ports) {
  asio::io_context context;
  asio::ssl::context tls(asio::ssl::context::tls_server);
  tls.use_certificate_chain(asio::buffer(pem.certificate));
  tls.use_private_key(asio::buffer(pem.key), asio::ssl::context::pem);
  tls.add_certificate_authority(asio::buffer(ca));
  tls.set_verify_mode(asio::ssl::verify_peer);
  const unsigned char id[] = "bench";
  SSL_CTX_set_session_id_context(tls.native_handle(), id, sizeof id);
  using Secure = asio::ssl::stream<tcp::socket>;
  std::vector<std::shared_ptr<Secure>> secure;
  std::vector<std::shared_ptr<tcp::socket>> plain;
  tcp::acceptor for_tls(context, {asio::ip::address_v4::loopback(), 0});
  tcp::acceptor for_plain(context, {asio::ip::address_v4::loopback(), 0});
  static char byte = '.';
  std::function<void()> accept_tls = [&] {
    for_tls.async_accept([&](const auto& error, tcp::socket socket) {
      if (error) return;
      socket.set_option(tcp::no_delay(true));
      auto each = secure.emplace_back(std::make_shared<Secure>(std::move(socket), tls));
      each->async_handshake(asio::ssl::stream_base::server, [each](const auto& failed) {
        if (!failed) asio::async_write(*each, asio::buffer(&byte, 1), [each](auto, auto) {});
      });
      accept_tls();
    });
  };
  std::function<void()> accept_plain = [&] {
    for_plain.async_accept([&](const auto& error, tcp::socket socket) {
      if (error) return;
      auto each = plain.emplace_back(std::make_shared<tcp::socket>(std::move(socket)));
      asio::async_write(*each, asio::buffer(&byte, 1), [each](auto, auto) {});
      accept_plain();
    });
  };
  accept_tls();
  accept_plain();
  const std::uint16_t both[] = {for_tls.local_endpoint().port(), for_plain.local_endpoint().port()};
  if (::write(ports, both, sizeof both) != sizeof both) ::_exit(1);
  context.run();
  ::_exit(0);
}

struct Client final : net::StreamEvents {
  void stream_connected(net::StreamError error) override {
    failed = error != net::StreamError::none;
    if (failed) fmt::print(stderr, "{}: {}\n", to_string(error), stream->detail());
    if (!failed) stream->wait_readable();
  }
  void stream_readable() override {
    char buffer[256];
    const auto [size, error] = stream->read_some(buffer);
    done = size > 0;
    failed = error != net::StreamError::none;
    if (!failed) stream->wait_readable();
  }
  void stream_writable() override {}
  net::StreamPtr stream;
  bool done = false;
  bool failed = false;
};

std::size_t in_use() {
  const auto info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

}  // namespace

int main(int argc, char** argv) {
  const int count = std::stoi(bench::option(argc, argv, "--connections", "500"));
  const int where = std::stoi(bench::option(argc, argv, "--where", "0"));
  Ledger::count(where > 0);
  const RealClock clock;
  const WallTime from = clock.wall_now() - 1h;
  const WallTime until = clock.wall_now() + 24h;
  const auto ca = *net::CertificateAuthority::make("bench CA", from, until);
  const auto server = *ca.issue(
      {.common_name = "server", .names = {"127.0.0.1"}, .server = true, .from = from, .until = until});
  const auto device = *ca.issue({.common_name = "pile-00001", .client = true, .from = from, .until = until});
  // The server keeps every connection of every row.
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  int ends[2];
  if (::pipe(ends) != 0) return 1;
  const pid_t child = ::fork();
  if (child == 0) serve(server, ca.pem().certificate, ends[1]);
  std::uint16_t ports[2] = {};
  if (::read(ends[0], ports, sizeof ports) != sizeof ports) return 1;

  const auto folder = std::filesystem::temp_directory_path() / fmt::format("vfleet-tls-bench-{}", ::getpid());
  std::filesystem::create_directories(folder);
  const std::string ca_file = folder / "ca.crt";
  const std::string own = folder / "device.pem";
  std::ofstream(ca_file) << ca.pem().certificate;
  std::ofstream(own) << device.certificate << device.key;

  loop::AsioLoop loop(clock);
  const auto network = net::make_tcp_network(loop);
  bool good = true;      // connections come about
  bool held_all = true;  // the target
  const auto measure = [&](const char* what, bool tls, bool resume, bool mutual) {
    net::StreamOptions options;
    if (tls) options.tls = net::TlsOptions{.ca = ca_file, .name = "127.0.0.1", .resume = resume};
    if (!good) return;
    const auto source = std::move(*net::StreamSource::make(std::move(options)));
    const net::Endpoint to = *net::parse_address("127.0.0.1", ports[tls ? 0 : 1]);
    std::vector<std::unique_ptr<Client>> clients;
    clients.reserve(static_cast<std::size_t>(count) + 1);
    const auto connect = [&](std::uint64_t number) {
      Client& client = *clients.emplace_back(std::make_unique<Client>());
      const net::TlsIdentity identity{.certificate = mutual ? own : std::string_view(), .device = number};
      client.stream = network->make_stream(client, *source, identity);
      good = client.stream->connect(to) == net::StreamError::none && good;
      loop::CallbackTimer look(loop, [&] {
        if (client.done || client.failed) return loop.stop();
        look.arm_in(1ms);
      });
      look.arm_in(1ms);
      loop.run();
      good = good && client.done;
    };
    // The first one pays for what all share.
    connect(0);
    const std::size_t before = in_use();
    const std::size_t held = Ledger::live();
    const Ledger::Places places = Ledger::places();
    std::size_t peak = 0;
    for (int i = 1; i <= count && good; ++i) {
      const std::size_t idle = Ledger::live();
      Ledger::reset_peak();
      connect(static_cast<std::uint64_t>(i));
      peak = std::max(peak, Ledger::peak() - idle);
    }
    const std::size_t each = (in_use() - before) / static_cast<std::size_t>(count);
    fmt::print(
        "{:<36} {:>7} bytes, of them OpenSSL's {:>6}, at most {:>6} within the handshake; {} resumed\n", what,
        each, (Ledger::live() - held) / static_cast<std::size_t>(count), peak, source->resumed());
    if (where > 0) {
      std::vector<std::pair<std::size_t, std::string>> most;
      for (const auto& [place, bytes] : Ledger::places()) {
        const auto shared = places.find(place);
        most.emplace_back(bytes - (shared == places.end() ? 0 : std::min(bytes, shared->second)), place);
      }
      std::sort(most.rbegin(), most.rend());
      most.resize(std::min(most.size(), static_cast<std::size_t>(where)));
      for (const auto& [bytes, place] : most) {
        fmt::print("  {:>7.1f}  {}\n", static_cast<double>(bytes) / count, place);
      }
    }
    // What they share weighs on few.
    held_all = held_all && (count < 200 || where > 0 || each <= kTarget);
  };
  measure("plain", false, false, false);
  measure("TLS, full handshake", true, false, false);
  measure("TLS, resumed", true, true, false);
  measure("TLS, a certificate for each device", true, true, true);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  std::filesystem::remove_all(folder);
  fmt::print("at most {} bytes: {}\n", kTarget,
             !good                        ? "no connection"
             : !held_all                  ? "NOT held"
             : count >= 200 && where == 0 ? "held"
                                          : "not judged by so few, or with places");
  return good && held_all ? 0 : 1;
}
