#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "control/server/controller.h"
#include "control/server/doors.h"
#include "control/server/fleet_loader.h"
#include "control/server/run_directory.h"
#include "simulator/bus/zmq_socket.h"
#include "simulator/loop/asio_loop.h"

namespace vfleet::control::server {

/// The controller on real sockets: XPUB and ROUTER for workers, ROUTER for operators, in the run directory
/// and, when `listen` is given, on tcp://.
class Server {
 public:
  /// Called on a thread of its own.
  using LoadFleet = FleetLoader::Read;

  /// Everything given must outlive this. Binds; from then on workers and operators are served while the loop
  /// runs. Errors: unavailable (a socket); and as Controller::make().
  [[nodiscard]] static Result<std::unique_ptr<Server>> open(loop::AsioLoop& loop, bus::ZmqContext& context,
                                                            const RunDirectory& directory,
                                                            ControllerOptions options,
                                                            const TypeCatalogue& catalogue,
                                                            const config::Catalogue& keys,
                                                            journal::Journal& journal, config::FleetSpec fleet,
                                                            LoadFleet load, std::optional<Listen> listen = {});
  ~Server();

  /// From now on a saved file of the fleet is a reload; `files` are the ones that it was read from.
  void watch(const std::vector<std::string>& files);

  [[nodiscard]] Controller& controller();
  [[nodiscard]] const Doors& doors() const;

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace vfleet::control::server
