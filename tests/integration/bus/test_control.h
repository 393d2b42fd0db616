#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "simulator/bus/messages.h"
#include "simulator/bus/zmq_socket.h"

namespace vfleet::bus {

/// The least that is a control: publishes, answers joins with a snapshot of the durable commands, and keeps a
/// ring.
class TestControl {
 public:
  struct Settings {
    std::uint64_t epoch = 1;
    std::size_t ring = 100000;
    int send_hwm = 20000;
    std::vector<std::string> groups;
    std::string deny;  ///< not empty: every join is refused so
    bool confirm_logs = true;
  };

  TestControl(ZmqContext& context, boost::asio::io_context& io, const std::string& folder, Settings settings);

  /// The publisher goes and another takes its place; what is published between reaches nobody.
  void reopen_publisher(ZmqContext& context, boost::asio::io_context& io);
  void publish(Command command);  ///< fills in epoch and seq
  void beat();
  void send(std::uint32_t shard, const ToWorker& message);
  Status send_raw(std::initializer_list<std::string_view> frames) { return router->send(frames); }

  [[nodiscard]] std::uint64_t seq() const { return seq_; }

  std::map<std::string, std::vector<Join>> joins;
  std::map<std::string, std::uint64_t> boots;
  std::map<std::string, Alive> alive;
  std::map<std::string, std::vector<CommandResult>> results;
  std::map<std::string, std::vector<std::string>> statistics;
  std::map<std::string, std::string> ended;
  std::map<std::uint64_t, std::vector<std::string>> rows;
  std::map<std::uint64_t, int> row_parts;
  std::map<std::uint64_t, bool> finished;
  std::vector<log::Line> logs;
  std::vector<std::uint64_t> log_boots;  ///< of each message
  int tails = 0;
  int too_old = 0;
  int unreadable = 0;
  std::unique_ptr<ZmqSocket> xpub;
  std::unique_ptr<ZmqSocket> router;

 private:
  void on_router(ZmqSocket::Frames frames);
  void on(const std::string& worker, const Join& m);
  void on(const std::string& worker, const Grant& m);
  void on(const std::string& worker, const TailRequest& m);
  void on(const std::string& worker, const CommandResult& m);
  void on(const std::string& worker, const Alive& m);
  void on(const std::string& worker, const Statistics& m);
  void on(const std::string& worker, const QueryRows& m);
  void on(const std::string& worker, const LogLines& m);
  void on(const std::string& worker, const End& m);
  void welcome(const std::string& worker, const Join& join);
  void send_parts(const std::string& worker);
  void tail(const std::string& worker, const TailRequest& ask);
  void send(const std::string& worker, const ToWorker& message);

  std::unique_ptr<ZmqSocket> open_publisher(ZmqContext& context, boost::asio::io_context& io) const;

  Settings settings_;
  std::string folder_;
  std::uint64_t seq_ = 0;
  std::vector<Command> rules_;
  std::deque<Command> ring_;
  struct Outgoing {
    std::deque<SnapshotPart> parts;
    std::uint32_t credit = 0;
  };
  std::map<std::string, Outgoing> outgoing_;
};

}  // namespace vfleet::bus
