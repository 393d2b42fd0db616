#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "simulator/bus/key_file.h"
#include "simulator/bus/messages.h"
#include "simulator/bus/worker_host.h"
#include "simulator/bus/zmq_socket.h"
#include "simulator/core/result.h"

namespace vfleet::loop {
class EventLoop;
}
namespace vfleet::log {
class LineRing;
}

namespace vfleet::bus {

/// A worker's side of the control channel: joins control, drives the host with what control says, and brings
/// back its answers. When control is silent the devices run on and the session keeps trying. Everything is on
/// the loop's thread; what it drives must outlive it.
class WorkerSession {
 public:
  struct Options {
    std::string publish_endpoint;  ///< control's XPUB: "ipc:///run/.../publish.sock", "tcp://host:port"
    std::string workers_endpoint;  ///< control's ROUTER
    std::uint32_t shard = 0;
    std::int64_t pid = 0;
    std::string version;
    std::string describe = "[]";     ///< a JSON list of type descriptions
    log::LineRing* log = nullptr;    ///< lines that control shall have; outlives the session
    std::optional<ClientKeys> keys;  ///< for tcp://; none: plain
  };
  /// May be left empty. None is called from within a call of the session's own.
  struct Events {
    std::function<void()> stopped;  ///< the host has stopped and the last figures are on their way
    std::function<void(std::string reason)> refused;  ///< control does not take this worker: end the process
    std::function<void(bool lost)> control;  ///< control fell silent (3 s without a beat), or is back
    /// tcp://: control did not let this worker in, and why; it keeps trying.
    std::function<void(const std::string& why)> kept_out;
  };
  struct Counters {
    std::uint64_t malformed = 0;  ///< messages that could not be read
    std::uint64_t dropped = 0;    ///< answers that found no room while control was away
    std::uint64_t executed = 0;
    std::uint64_t repeated = 0;  ///< commands refused because their id was executed before
    std::uint64_t expired = 0;
  };

  /// `io` is the loop's. The context, the loop and the host must outlive the session.
  WorkerSession(Options options, Events events, ZmqContext& context, loop::EventLoop& loop,
                boost::asio::io_context& io, WorkerHost& host);
  /// Closes the sockets; what was sent goes on for 2 s at most, in the context's end.
  ~WorkerSession();
  WorkerSession(const WorkerSession&) = delete;
  WorkerSession& operator=(const WorkerSession&) = delete;

  /// Opens the sockets and begins to join. Errors: invalid_argument (an endpoint; a too long ipc path),
  /// unavailable.
  [[nodiscard]] Status start();
  /// Stops the host as control's stop does, then calls Events::stopped. For a signal. Again: nothing.
  void stop();
  [[nodiscard]] WorkerState state() const;
  [[nodiscard]] std::uint64_t applied_seq() const;
  [[nodiscard]] std::uint64_t epoch() const;
  [[nodiscard]] Counters counters() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;  ///< the callbacks that a host keeps hold it weakly
};

}  // namespace vfleet::bus
