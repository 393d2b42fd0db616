#include "control/server/doors.h"

#include <spdlog/spdlog.h>

#include <bit>
#include <unordered_map>
#include <utility>

#include "control/server/file_watch.h"
#include "control/server/key_guard.h"
#include "simulator/loop/asio_loop.h"

namespace vfleet::control::server {
namespace {

/// The last answers, and Stop to the workers, must get out although the process ends.
constexpr Duration kLinger = std::chrono::seconds(1);
/// A burst to one worker: tails, queries, cancels. Snapshots have credit.
constexpr int kWorkerQueue = 20'000;
/// A port that was just given up is free again after a moment.
constexpr Duration kBindAgain = std::chrono::milliseconds(20);
constexpr int kPortTries = 50;

// An operator's identity as the controller sees it: where it came in, its key (64 hex digits, none without
// keys), and the routing id.
constexpr char kLocalOperator = 'l';
constexpr char kOpenOperator = 'o';
constexpr char kKeyOperator = 'k';
constexpr std::size_t kHexKey = bus::kKeyBytes * 2;

/// Three sockets that belong together.
struct Door {
  std::unique_ptr<bus::ZmqSocket> publisher;
  std::unique_ptr<bus::ZmqSocket> workers;
  std::unique_ptr<bus::ZmqSocket> operators;
  bool has_keys = false;
};

std::uint16_t port_of(const std::string& endpoint) {
  return static_cast<std::uint16_t>(std::stoul(endpoint.substr(endpoint.rfind(':') + 1)));
}

}  // namespace

struct Doors::Impl {
  Impl(loop::AsioLoop& event_loop, bus::ZmqContext& zmq, Options given, Handlers told)
      : loop(event_loop),
        context(zmq),
        options(std::move(given)),
        handlers(std::move(told)),
        bind_again(event_loop, [this] { reopen(); }) {}

  // ---- opening ----

  using Opened = Result<std::unique_ptr<bus::ZmqSocket>>;

  bus::SocketOptions with_keys(bus::SocketOptions given, const char* domain) const {
    if (guard) given.curve = bus::CurveServer{guard->secret_key(), domain};
    return given;
  }

  Opened open_publisher(const Door& door) {
    bus::SocketOptions wanted;
    // Flow control keeps a live worker within half of this.
    wanted.send_hwm = options.publish_queue;
    wanted.xpub_welcome = bus::xpub_welcome(options.epoch);
    if (&door == &remote) wanted = with_keys(std::move(wanted), KeyGuard::kWorkers);
    // Subscriptions say nothing here, but taking them is what makes welcomes go out.
    return open_socket(bus::SocketKind::xpub, wanted, &door == &remote, [](bus::ZmqSocket::Frames) {});
  }

  Opened open_workers(Door& door) {
    bus::SocketOptions wanted;
    wanted.send_hwm = kWorkerQueue;
    wanted.receive_hwm = kWorkerQueue;
    wanted.linger = kLinger;
    if (&door == &remote) wanted = with_keys(std::move(wanted), KeyGuard::kWorkers);
    return open_socket(bus::SocketKind::router, wanted, &door == &remote,
                       [this, &door](bus::ZmqSocket::Frames frames) { from_worker(door, frames); });
  }

  Opened open_operators(Door& door) {
    bus::SocketOptions wanted;
    // Bounded by what one asks: the rows of a fleet, or a watch's rate for as long as its lease is renewed.
    wanted.send_hwm = 0;
    wanted.linger = kLinger;
    if (&door == &remote) wanted = with_keys(std::move(wanted), KeyGuard::kOperators);
    return open_socket(bus::SocketKind::router, wanted, &door == &remote,
                       [this, &door](bus::ZmqSocket::Frames frames) { from_operator(door, frames); });
  }

  Opened open_socket(bus::SocketKind kind, const bus::SocketOptions& wanted, bool tcp,
                     bus::ZmqSocket::Receive receive) {
    auto opened = bus::ZmqSocket::open(context, loop.context(), kind, wanted, std::move(receive));
    if (opened && tcp)
      (*opened)->on_handshake([this](bus::Handshake how, const std::string&) { shaken(how); });
    return opened;
  }

  Status open_door(Door& door) {
    auto publisher = open_publisher(door);
    if (!publisher) return tl::unexpected(publisher.error());
    auto workers = open_workers(door);
    if (!workers) return tl::unexpected(workers.error());
    auto operators = open_operators(door);
    if (!operators) return tl::unexpected(operators.error());
    door.publisher = std::move(*publisher);
    door.workers = std::move(*workers);
    door.operators = std::move(*operators);
    return {};
  }

  Status open_local(const RunDirectory& directory) {
    if (auto opened = open_door(local); !opened) return opened;
    if (auto bound = local.publisher->bind(directory.publish_endpoint()); !bound) return bound;
    if (auto bound = local.workers->bind(directory.workers_endpoint()); !bound) return bound;
    return local.operators->bind(directory.operator_endpoint());
  }

  Status open_remote(Listen wanted) {
    if (!wanted.keys.empty()) {
      auto opened = KeyGuard::open(wanted.keys, loop.clock());
      if (!opened) return tl::unexpected(opened.error());
      guard.emplace(std::move(*opened));
      auto handler = bus::ZapHandler::open(
          context, loop.context(), [this](const bus::ZapRequest& request) { return guard->decide(request); });
      if (!handler) return tl::unexpected(handler.error());
      zap = std::move(*handler);
      remote.has_keys = true;
      files = std::make_unique<FileWatch>(loop, [this](const std::vector<std::string>&) { reread_keys(); });
      files->watch({guard->allowed_file()});
    } else {
      spdlog::warn("INSECURE: whoever reaches {} owns this fleet; use --keys outside of a closed network",
                   wanted.endpoint(kOperatorsPort));
    }
    const bool chosen = wanted.port == 0;
    for (int tries = 0;; ++tries) {
      if (auto opened = open_door(remote); !opened) return opened;
      Listen at = wanted;
      const auto bound = bind_remote(at);
      if (bound) {
        listen = std::move(at);
        return {};
      }
      if (!chosen || tries == kPortTries) return bound;
    }
  }

  /// `at` gets the port that was chosen.
  Status bind_remote(Listen& at) const {
    const std::string first = at.port == 0 ? "tcp://" + at.host + ":*" : at.endpoint(kOperatorsPort);
    if (auto bound = remote.operators->bind(first); !bound) return bound;
    at.port = port_of(remote.operators->endpoint());
    if (at.port > 65'535 - kWorkersPort) return fail(Errc::unavailable, "no three ports in a row");
    if (auto bound = remote.publisher->bind(at.endpoint(kPublishPort)); !bound) return bound;
    return remote.workers->bind(at.endpoint(kWorkersPort));
  }

  // ---- what comes in ----

  /// Who sent the message that `socket` has just received; null when its key is not admitted any more.
  const keys::AllowedKey* sender(const bus::ZmqSocket& socket) const {
    return guard->find_hex(socket.property(bus::kKeyProperty));
  }

  void from_worker(Door& door, bus::ZmqSocket::Frames frames) {
    if (frames.size() != 3) return;
    const std::string identity(frames[0]);
    const auto shard = bus::shard_of_identity(identity);
    if (!shard) return handlers.worker(identity, frames[1], frames[2]);  // it is counted there
    if (door.has_keys) {
      const keys::AllowedKey* key = sender(*door.workers);
      if (key == nullptr || key->role != bus::Role::worker) return count_stranger("worker");
      if (!key->may_host(*shard)) {
        return send(*door.workers, identity,
                    bus::Denied{"key '" + key->name + "' may not host shard " + std::to_string(*shard) +
                                ": change its shards in " + guard->allowed_file()});
      }
    }
    if (*shard < options.shards) {
      Route& route = routes[*shard];
      const bool joins = frames[1] == "J";
      if (joins || route.door == nullptr) route = {&door, identity};
      // Another process had this shard before; what it still says is of no use.
      if (route.door != &door || route.identity != identity) return;
    }
    answering = {&door, identity};
    handlers.worker(bus::worker_identity(*shard), frames[1], frames[2]);
    answering = {};
  }

  void from_operator(Door& door, bus::ZmqSocket::Frames frames) {
    if (frames.size() != 2) return;
    if (&door == &local) return handlers.request(kLocalOperator + std::string(frames[0]), frames[1], {});
    if (!door.has_keys)
      return handlers.request(kOpenOperator + std::string(frames[0]), frames[1],
                              {bus::Role::operator_, "insecure"});
    const std::string key(door.operators->property(bus::kKeyProperty));
    const keys::AllowedKey* known = guard->find_hex(key);
    if (known == nullptr || known->role == bus::Role::worker) {
      count_stranger("operator");
      (void)door.operators->send(
          {frames[0],
           R"({"kind":"error","id":"","status":1,"code":"denied","message":"this key is not admitted any more"})"});
      return;
    }
    handlers.request(kKeyOperator + key + std::string(frames[0]), frames[1], {known->role, known->name});
  }

  /// A message of somebody whose key was taken out while it was connected.
  void count_stranger(const char* what) {
    if (std::has_single_bit(++strangers))
      spdlog::warn("message dropped: the key of this {} is not admitted any more dropped_total={}", what,
                   strangers);
  }

  void shaken(bus::Handshake how) {
    if (how != bus::Handshake::protocol && how != bus::Handshake::broken_off) return;
    if (std::has_single_bit(++broken_handshakes))
      spdlog::warn(
          "handshake failed: a client without keys, with another server's key, or no client at all total={}",
          broken_handshakes);
  }

  // ---- what goes out ----

  struct Route {
    Door* door = nullptr;
    std::string identity;
  };

  void to_worker(std::uint32_t shard, const bus::ToWorker& message) {
    const auto found = routes.find(shard);
    const Route* route = found != routes.end()       ? &found->second
                         : answering.door != nullptr ? &answering
                                                     : nullptr;
    if (route == nullptr || !route->door->workers) return;
    send(*route->door->workers, route->identity, message);
  }

  static void send(bus::ZmqSocket& socket, const std::string& identity, const bus::ToWorker& message) {
    auto packed = bus::pack(message);
    if (!packed) {
      spdlog::error("message to a worker dropped to={} reason=\"{}\"", identity, packed.error().detail);
      return;
    }
    if (auto sent = socket.send({identity, packed->letter, packed->body}); !sent) {
      spdlog::debug("worker not reached identity={} letter={} reason=\"{}\"", identity, packed->letter,
                    sent.error().detail);
    }
  }

  void publish(std::string_view topic, std::string_view body) {
    for (Door* door : {&local, &remote}) {
      if (!door->publisher) continue;
      if (auto sent = door->publisher->send({topic, body}); !sent)
        spdlog::error("publishing failed: {}", sent.error().detail);
    }
  }

  void to_operator(const std::string& identity, const std::string& frame) {
    if (identity.empty()) return;
    std::string_view routing = std::string_view(identity).substr(1);
    Door& door = identity.front() == kLocalOperator ? local : remote;
    if (identity.front() == kKeyOperator) {
      if (guard->find_hex(routing.substr(0, kHexKey)) == nullptr) return;  // its key was taken out
      routing.remove_prefix(kHexKey);
    }
    if (!door.operators) return;
    if (auto sent = door.operators->send({routing, frame}); !sent)
      spdlog::debug("operator not reached: {}", sent.error().detail);
  }

  // ---- keys ----

  void reread_keys() {
    if (!guard || !guard->reread()) return;
    // libzmq has no way to drop one peer. Published commands go to whoever has subscribed, so the sockets for
    // workers are made anew; workers find what they missed by its number and ask for it.
    remote.publisher.reset();
    remote.workers.reset();
    reopen();
  }

  void reopen() {
    const auto make = [this](std::unique_ptr<bus::ZmqSocket>& socket, Opened opened, int port) {
      if (!opened) return false;
      if (auto bound = (*opened)->bind(listen->endpoint(port)); !bound) return false;
      socket = std::move(*opened);
      return true;
    };
    const bool publishing = remote.publisher || make(remote.publisher, open_publisher(remote), kPublishPort);
    const bool working = remote.workers || make(remote.workers, open_workers(remote), kWorkersPort);
    if (!publishing || !working) bind_again.arm_in(kBindAgain);
  }

  loop::AsioLoop& loop;
  bus::ZmqContext& context;
  Options options;
  Handlers handlers;
  std::optional<Listen> listen;
  std::optional<KeyGuard> guard;
  std::unique_ptr<bus::ZapHandler> zap;  // outlives the sockets that it guards
  Door local;
  Door remote;
  std::unordered_map<std::uint32_t, Route> routes;  // below options.shards
  Route answering;                                  // while a worker's message is handled
  std::uint64_t strangers = 0;
  std::uint64_t broken_handshakes = 0;
  loop::CallbackTimer bind_again;
  std::unique_ptr<FileWatch> files;
};

Doors::Doors(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Doors::~Doors() = default;

Result<std::unique_ptr<Doors>> Doors::open(loop::AsioLoop& loop, bus::ZmqContext& context,
                                           const RunDirectory& directory, const Options& options,
                                           Handlers handlers) {
  auto impl = std::make_unique<Impl>(loop, context, options, std::move(handlers));
  if (auto opened = impl->open_local(directory); !opened) return tl::unexpected(opened.error());
  if (options.listen) {
    if (auto opened = impl->open_remote(*options.listen); !opened) return tl::unexpected(opened.error());
  }
  return std::unique_ptr<Doors>(new Doors(std::move(impl)));
}

void Doors::publish(std::string_view topic, std::string_view body) {
  impl_->publish(topic, body);
}
void Doors::to_worker(std::uint32_t shard, const bus::ToWorker& message) {
  impl_->to_worker(shard, message);
}
void Doors::to_operator(const std::string& identity, const std::string& frame) {
  impl_->to_operator(identity, frame);
}
void Doors::reread_keys() {
  impl_->reread_keys();
}
const std::optional<Listen>& Doors::listens() const {
  return impl_->listen;
}
std::string Doors::fingerprint() const {
  return impl_->guard ? impl_->guard->fingerprint() : std::string();
}

}  // namespace vfleet::control::server
