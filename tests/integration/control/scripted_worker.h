#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "simulator/bus/messages.h"
#include "simulator/bus/zmq_socket.h"
#include "simulator/loop/asio_loop.h"

namespace vfleet::control::server {

/// A worker that holds a few imaginary devices and does what the test tells it to, over real sockets.
class ScriptedWorker {
 public:
  struct Script {
    std::uint32_t shard = 0;
    std::int64_t pid = 1000;
    std::string describe;       ///< JSON list of types
    std::uint64_t devices = 5;  ///< what every command matches
    bool answers = true;        ///< false: it takes commands and says nothing
    bool ends = true;           ///< whether it says End when told to stop
    bool outlives = false;      ///< control may be away: what cannot be sent is lost, and joins are repeated
  };

  ScriptedWorker(loop::AsioLoop& loop, bus::ZmqContext& context, const std::string& publish_endpoint,
                 const std::string& workers_endpoint, Script script);

  void say(const bus::FromWorker& message);
  void say_raw(const std::string& letter, const std::string& body);
  void join();

  Script script;
  bool welcomed = false;  ///< by XPUB
  std::uint64_t attempt = 0;
  std::uint64_t epoch = 0;
  std::uint64_t boot = 0;  ///< of the last welcome; every join carries it
  std::uint64_t applied = 0;
  std::uint64_t lose = 0;  ///< a published seq that this worker does not hear
  bool live = false;
  std::vector<bus::Welcome> welcomes;
  std::vector<bus::SnapshotPart> parts;
  std::vector<bus::Command> commands;  ///< executed, in order
  std::vector<std::string> denied;
  std::vector<bus::QueryRequest> queries;
  std::vector<std::uint64_t> cancelled;
  bool stopped = false;

 private:
  bool answered_ = true;  // the last join
  bool asked_ = false;    // for the tail, of which the last part has not come
  void published(bus::ZmqSocket::Frames frames);
  void told(bus::ZmqSocket::Frames frames);
  void execute(const bus::Command& command);
  void ask_for_the_tail();

  std::unique_ptr<bus::ZmqSocket> subscriber_;
  std::unique_ptr<bus::ZmqSocket> dealer_;
  loop::CallbackTimer alive_;
  loop::EventLoop& loop_;
};

}  // namespace vfleet::control::server
