#include "simulator/uplink/zmq/zmq_uplink.h"

#include "simulator/bus/zmq_socket.h"
#include "simulator/config/bind.h"
#include "simulator/loop/asio_loop.h"

namespace vfleet::uplink {
namespace {

using namespace std::chrono_literals;

enum class WhenFull : std::uint8_t { refuse, drop_newest };

struct ZmqConfig {
  std::string endpoint;
  int hwm = 0;
  WhenFull when_full = WhenFull::refuse;
  Duration linger{};
};

bool is_address(std::string_view endpoint) {
  if (endpoint.starts_with("ipc://") || endpoint.starts_with("inproc://")) return true;
  const std::size_t colon = endpoint.rfind(':');
  const std::string_view port = colon == std::string_view::npos ? "" : endpoint.substr(colon + 1);
  return endpoint.starts_with("tcp://") && colon > std::string_view("tcp://").size() && !port.empty() &&
         port.find_first_not_of("0123456789") == std::string_view::npos;
}

config::Struct<ZmqConfig> describe() {
  using config::Effect;
  config::Struct<ZmqConfig> keys;
  keys.text(
          "endpoint", [](auto& c) -> auto& { return c.endpoint; })
      .initial("tcp://127.0.0.1:8081")
      .effect(Effect::connection)
      .doc("The platform's PULL socket: tcp://HOST:PORT or ipc://PATH.");
  keys.integer(
          "hwm", [](auto& c) -> auto& { return c.hwm; })
      .initial(10000)
      .range(1.0, 1e7)
      .effect(Effect::connection)
      .doc("Reports of all devices of a worker that may wait for the platform.");
  keys.choice("when_full", [](auto& c) -> auto& { return c.when_full; },
              {{"refuse", WhenFull::refuse}, {"drop_newest", WhenFull::drop_newest}})
      .initial(WhenFull::refuse)
      .effect(Effect::connection)
      .doc("What happens to a report beyond hwm: refuse counts it as not sent (queue_full).");
  keys.duration(
          "linger", [](auto& c) -> auto& { return c.linger; })
      .initial(1s)
      .range(0s, 1min)
      .effect(Effect::connection)
      .doc("How long reports that wait outlive the worker.");
  keys.check([](const ZmqConfig& c, std::vector<std::string>& mistakes) {
    if (!is_address(c.endpoint))
      mistakes.push_back("endpoint: '" + c.endpoint + "': expected tcp://HOST:PORT or ipc://PATH");
    if (Status ok = bus::check_endpoint(c.endpoint); !ok)
      mistakes.push_back("endpoint: " + ok.error().detail);
  });
  return keys;
}

const config::Struct<ZmqConfig>& zmq_keys() {
  static const config::Struct<ZmqConfig> keys = describe();
  return keys;
}

struct Shared {
  LinkOwner& owner;
  ZmqConfig config;
  std::unique_ptr<bus::ZmqContext> context;  // before the socket: it must outlive it
  std::unique_ptr<bus::ZmqSocket> socket;
  std::uint64_t reports = 0;
  std::uint64_t bytes = 0;
  std::uint64_t evicted = 0;
  std::uint64_t refused = 0;
};

class ZmqLink final : public Link {
 public:
  ZmqLink(Shared& shared, LinkKey key) : shared_(shared), key_(key) {}

  void open() override {
    if (open_) return;
    open_ = true;
    shared_.owner.link_up(key_);
  }

  void close(bool /*drain*/) override {
    if (!open_) return;
    open_ = false;
    shared_.owner.link_down(key_, "closed");
  }

  [[nodiscard]] bool up() const override { return open_; }

  [[nodiscard]] Accepted send(const Ticket& ticket, const Message& message) override {
    if (!open_) return Accepted::offline;
    if (!shared_.socket->send({message.body})) {
      if (shared_.config.when_full == WhenFull::refuse) {
        ++shared_.refused;
        return Accepted::queue_full;
      }
      ++shared_.evicted;
      shared_.owner.report_settled(key_, ticket, Fate::evicted);
      return Accepted::yes;
    }
    ++shared_.reports;
    shared_.bytes += message.body.size();
    shared_.owner.report_sent(key_, ticket);
    shared_.owner.report_settled(key_, ticket, Fate::handed_over);
    return Accepted::yes;
  }

  [[nodiscard]] std::size_t pending() const override { return 0; }

 private:
  Shared& shared_;
  LinkKey key_;
  bool open_ = false;
};

class ZmqUplink final : public Uplink {
 public:
  explicit ZmqUplink(Shared shared) : shared_(std::move(shared)) {}

  [[nodiscard]] std::unique_ptr<Link> make_link(LinkKey key, const LinkIdentity& /*identity*/) override {
    return std::make_unique<ZmqLink>(shared_, key);
  }

  [[nodiscard]] std::vector<Counter> counters() const override {
    return {{"reports_sent_total", shared_.reports},
            {"bytes_sent_total", shared_.bytes},
            {"queue_evicted_total", shared_.evicted},
            {"queue_refused_total", shared_.refused}};
  }

 private:
  Shared shared_;
};

Result<std::unique_ptr<Uplink>> make(const UplinkEnvironment& environment, const config::Values& values,
                                     LinkOwner& owner) {
  Result<ZmqConfig> config = zmq_keys().build(values);
  if (!config) return tl::unexpected(config.error());
  auto* loop = dynamic_cast<loop::AsioLoop*>(&environment.loop);
  if (loop == nullptr) return fail(Errc::unavailable, "zmq: needs a real event loop");
  Shared shared{owner, std::move(*config), nullptr, nullptr};
  bus::ZmqContext* context = environment.zmq;
  if (context == nullptr) {
    shared.context = std::make_unique<bus::ZmqContext>();
    context = shared.context.get();
  }
  bus::SocketOptions options;
  options.send_hwm = shared.config.hwm;
  options.linger = shared.config.linger;
  options.immediate = false;  // what is sent before the platform is there waits for it
  auto socket = bus::ZmqSocket::open(*context, loop->context(), bus::SocketKind::push, options,
                                     [](bus::ZmqSocket::Frames) {});
  if (!socket) return tl::unexpected(socket.error());
  shared.socket = std::move(*socket);
  if (environment.judging) return std::make_unique<ZmqUplink>(std::move(shared));
  if (Status ok = shared.socket->connect(shared.config.endpoint); !ok) return tl::unexpected(ok.error());
  return std::make_unique<ZmqUplink>(std::move(shared));
}

}  // namespace

UplinkKind zmq_uplink() {
  UplinkKind kind;
  kind.name = "zmq";
  kind.doc = "Each report is one message on a ZeroMQ PUSH socket that the worker's devices share.";
  kind.schema = zmq_keys().schema();
  kind.make = make;
  return kind;
}

}  // namespace vfleet::uplink
