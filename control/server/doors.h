#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "control/api/caller.h"
#include "control/server/listen.h"
#include "control/server/run_directory.h"
#include "simulator/bus/messages.h"
#include "simulator/bus/zmq_socket.h"

namespace vfleet::loop {
class AsioLoop;
}

namespace vfleet::control::server {

/// Control's sockets: publisher, workers and operators in the run directory, and the same three on tcp://
/// when it listens there. Who comes in over tcp:// with keys is known by its key, at every message: what the
/// list of admitted keys says now counts, not what it said when the connection was made.
class Doors {
 public:
  struct Options {
    std::uint64_t epoch = 1;
    int publish_queue = 20'000;  ///< messages a worker
    std::uint32_t shards = 1;
    std::optional<Listen> listen;
  };
  struct Handlers {
    std::function<void(std::string_view identity, std::string_view letter, std::string_view body)> worker;
    /// `identity` is for to_operator() only.
    std::function<void(const std::string& identity, std::string_view frame, const api::Caller& caller)>
        request;
  };

  /// Binds. What is given must outlive this. Errors: unavailable (a socket, a port in use), and those of
  /// KeyGuard::open().
  [[nodiscard]] static Result<std::unique_ptr<Doors>> open(loop::AsioLoop& loop, bus::ZmqContext& context,
                                                           const RunDirectory& directory,
                                                           const Options& options, Handlers handlers);
  ~Doors();
  Doors(const Doors&) = delete;
  Doors& operator=(const Doors&) = delete;

  void publish(std::string_view topic, std::string_view body);
  void to_worker(std::uint32_t shard, const bus::ToWorker& message);
  void to_operator(const std::string& identity, const std::string& frame);

  /// Reads the list of admitted keys again, as a change of its file does. When a key went or may do less, the
  /// publisher and the workers' socket are closed and opened again: everybody there comes back within a
  /// moment, with what it missed, and those whose key went do not.
  void reread_keys();

  /// Where it listens on tcp://, with the ports that were chosen; and the fingerprint of its key, empty
  /// without keys.
  [[nodiscard]] const std::optional<Listen>& listens() const;
  [[nodiscard]] std::string fingerprint() const;

 private:
  struct Impl;
  explicit Doors(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace vfleet::control::server
