#include "control/server/server.h"

#include <spdlog/spdlog.h>

#include "control/server/file_watch.h"
#include "control/logs/reader_thread.h"
#include "control/server/http_get.h"

namespace vfleet::control::server {

namespace {

constexpr Duration kFetchTimeout = std::chrono::seconds(2);
/// The last answers, and Stop to the workers, must get out although the process ends.
constexpr Duration kLinger = std::chrono::seconds(1);
/// A burst to one worker: tails, queries, cancels. Snapshots have credit.
constexpr int kWorkerQueue = 20'000;

}  // namespace

struct Server::Impl final : Ports {
  Impl(loop::AsioLoop& event_loop, LoadFleet load_file)
      : loop(event_loop), ticker(event_loop, [this] { tick(); }),
        loader(event_loop, std::move(load_file)),
        reader([&event_loop](std::function<void()> task) { event_loop.post(std::move(task)); }) {}

  Status open_sockets(bus::ZmqContext& context, const RunDirectory& directory,
                      const ControllerOptions& options) {
    bus::SocketOptions publishing;
    // Flow control keeps a live worker within half of this.
    publishing.send_hwm = static_cast<int>(options.window) * 2;
    publishing.xpub_welcome = bus::xpub_welcome(options.epoch);
    // Subscriptions say nothing here, but taking them is what makes welcomes go out.
    if (auto good = open(publisher, context, bus::SocketKind::xpub, publishing, directory.publish_endpoint(),
                         [](bus::ZmqSocket::Frames) {});
        !good) {
      return good;
    }
    bus::SocketOptions working;
    working.send_hwm = kWorkerQueue;
    working.receive_hwm = kWorkerQueue;
    working.linger = kLinger;
    if (auto good = open(workers, context, bus::SocketKind::router, working, directory.workers_endpoint(),
                         [this](bus::ZmqSocket::Frames frames) {
                           if (frames.size() == 3) controller->from_worker(frames[0], frames[1], frames[2]);
                         });
        !good) {
      return good;
    }
    bus::SocketOptions operating;
    // Bounded by what one asks: the rows of a fleet, or a watch's rate for as long as its lease is renewed.
    operating.send_hwm = 0;
    operating.linger = kLinger;
    return open(operators, context, bus::SocketKind::router, operating, directory.operator_endpoint(),
                [this](bus::ZmqSocket::Frames frames) {
                  if (frames.size() == 2) controller->from_operator(std::string(frames[0]), frames[1]);
                });
  }

  Status open(std::unique_ptr<bus::ZmqSocket>& socket, bus::ZmqContext& context, bus::SocketKind kind,
              const bus::SocketOptions& options, const std::string& endpoint,
              bus::ZmqSocket::Receive receive) {
    auto opened = bus::ZmqSocket::open(context, loop.context(), kind, options, std::move(receive));
    if (!opened) return tl::unexpected(opened.error());
    socket = std::move(*opened);
    return socket->bind(endpoint);
  }

  void tick() {
    controller->tick();
    ticker.arm_in(Controller::kTick);
  }

  void publish(std::string_view topic, const std::string& body) override {
    if (auto sent = publisher->send({topic, body}); !sent)
      spdlog::error("publishing failed: {}", sent.error().detail);
  }

  void to_worker(std::uint32_t shard, const bus::ToWorker& message) override {
    auto packed = bus::pack(message);
    if (!packed) {
      spdlog::error("message to a worker dropped shard={} reason=\"{}\"", shard, packed.error().detail);
      return;
    }
    if (auto sent = workers->send({bus::worker_identity(shard), packed->letter, packed->body}); !sent) {
      spdlog::debug("worker not reached shard={} letter={} reason=\"{}\"", shard, packed->letter,
                    sent.error().detail);
    }
  }

  void to_operator(const std::string& identity, const std::string& frame) override {
    if (identity.empty()) return;
    if (auto sent = operators->send({identity, frame}); !sent) {
      spdlog::debug("operator not reached: {}", sent.error().detail);
    }
  }

  void fetch(const std::string& url, std::function<void(Result<std::string>)> done) override {
    http_get(loop.context(), url, kFetchTimeout, std::move(done));
  }

  void off_loop(std::function<void()> work, std::function<void()> done) override {
    reader.run(std::move(work), std::move(done));
  }

  void load_fleet(const std::string& file, std::function<void(LoadedFleet)> done) override {
    loader.load(file, [this, done = std::move(done)](LoadedFleet loaded) {
      if (files) files->watch(loaded.files);
      done(std::move(loaded));
    });
  }

  void watch(const std::vector<std::string>& paths) {
    files = std::make_unique<FileWatch>(loop, [this](const std::vector<std::string>& saved) {
      for (const std::string& file : saved) spdlog::info("saved file={}", file);
      controller->reload("saved");
    });
    files->watch(paths);
  }

  loop::AsioLoop& loop;
  std::unique_ptr<Controller> controller;
  std::unique_ptr<bus::ZmqSocket> publisher;
  std::unique_ptr<bus::ZmqSocket> workers;
  std::unique_ptr<bus::ZmqSocket> operators;
  loop::CallbackTimer ticker;
  std::unique_ptr<FileWatch> files;
  FleetLoader loader;
  logs::ReaderThread reader;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::open(loop::AsioLoop& loop, bus::ZmqContext& context,
                                             const RunDirectory& directory, ControllerOptions options,
                                             const TypeCatalogue& catalogue, const config::Catalogue& keys,
                                             journal::Journal& journal, config::FleetSpec fleet,
                                             LoadFleet load) {
  auto impl = std::make_unique<Impl>(loop, std::move(load));
  auto controller = Controller::make(options, loop.clock(), *impl, catalogue, keys, journal, std::move(fleet));
  if (!controller) return tl::unexpected(controller.error());
  impl->controller = std::move(*controller);
  if (auto opened = impl->open_sockets(context, directory, options); !opened)
    return tl::unexpected(opened.error());
  impl->tick();
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

void Server::watch(const std::vector<std::string>& files) {
  impl_->watch(files);
}

Controller& Server::controller() {
  return *impl_->controller;
}

}  // namespace vfleet::control::server
