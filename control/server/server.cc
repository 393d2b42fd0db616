#include "control/server/server.h"

#include <spdlog/spdlog.h>

#include "control/logs/reader_thread.h"
#include "control/server/file_watch.h"
#include "control/server/http_get.h"

namespace vfleet::control::server {

namespace {

constexpr Duration kFetchTimeout = std::chrono::seconds(2);

}  // namespace

struct Server::Impl final : Ports {
  Impl(loop::AsioLoop& event_loop, LoadFleet load_file)
      : loop(event_loop),
        ticker(event_loop, [this] { tick(); }),
        loader(event_loop, std::move(load_file)),
        reader([&event_loop](std::function<void()> task) { event_loop.post(std::move(task)); }) {}

  Status open_doors(bus::ZmqContext& context, const RunDirectory& directory, const ControllerOptions& options,
                    std::optional<Listen> listen) {
    Doors::Handlers handlers;
    handlers.worker = [this](std::string_view identity, std::string_view letter, std::string_view body) {
      controller->from_worker(identity, letter, body);
    };
    handlers.request = [this](const std::string& identity, std::string_view frame,
                              const api::Caller& caller) {
      controller->from_operator(identity, frame, caller);
    };
    auto opened = Doors::open(loop, context, directory,
                              {.epoch = options.epoch,
                               .publish_queue = static_cast<int>(options.window) * 2,
                               .shards = options.shards,
                               .listen = std::move(listen)},
                              std::move(handlers));
    if (!opened) return tl::unexpected(opened.error());
    doors = std::move(*opened);
    return {};
  }

  void tick() {
    controller->tick();
    ticker.arm_in(Controller::kTick);
  }

  void publish(std::string_view topic, const std::string& body) override {
    if (doors) doors->publish(topic, body);
  }
  void to_worker(std::uint32_t shard, const bus::ToWorker& message) override {
    if (doors) doors->to_worker(shard, message);
  }
  void to_operator(const std::string& identity, const std::string& frame) override {
    // Nobody asked; a fleet that goes on follows its file before the doors are open.
    if (identity.empty()) return;
    if (doors) doors->to_operator(identity, frame);
  }
  void reread_keys() override {
    if (doors) doors->reread_keys();
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
  std::unique_ptr<Doors> doors;  // none yet while a journal is taken up: there is nobody to tell
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
                                             LoadFleet load, std::optional<Listen> listen) {
  auto impl = std::make_unique<Impl>(loop, std::move(load));
  auto controller =
      Controller::make(options, loop.clock(), *impl, catalogue, keys, journal, std::move(fleet));
  if (!controller) return tl::unexpected(controller.error());
  impl->controller = std::move(*controller);
  if (auto opened = impl->open_doors(context, directory, options, std::move(listen)); !opened)
    return tl::unexpected(opened.error());
  impl->tick();
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

void Server::watch(const std::vector<std::string>& files) {
  impl_->watch(files);
}

const Doors& Server::doors() const {
  return *impl_->doors;
}

Controller& Server::controller() {
  return *impl_->controller;
}

}  // namespace vfleet::control::server
