#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "simulator/bus/key_file.h"
#include "tests/integration/fleet/running_fleet.h"

namespace vfleet::security_test {

using fleet_test::Answer;
using fleet_test::milliseconds;
using fleet_test::Process;
using fleet_test::seconds;

/// A folder of keys made by the real `vfleet keygen`, with control's own.
class KeyFolder {
 public:
  KeyFolder();
  /// Makes NAME.key and admits it; its path.
  std::string make(const std::string& name, const std::string& role,
                   const std::vector<std::string>& more = {});
  /// Takes the line of NAME out of allowed.yaml, as an editor does; the line.
  std::string take_out(const std::string& name) const;
  void put_back(const std::string& line) const;
  [[nodiscard]] bus::ClientKeys load(const std::string& name) const;
  [[nodiscard]] std::string path() const { return folder_ / "keys"; }
  [[nodiscard]] std::string file(const std::string& name) const { return folder_ / name; }

 private:
  fleet_test::TempDir folder_;
};

/// Runs `vfleet WORDS --json`.
[[nodiscard]] Answer vfleet(std::vector<std::string> words, const std::string& out_folder);

/// A control that listens on tcp:// with keys, and workers that come over it.
class RemoteFleet {
 public:
  RemoteFleet(const std::string& yaml, std::uint32_t shards, const std::string& host = "127.0.0.1",
              int port = 0);

  [[nodiscard]] KeyFolder& keys() { return keys_; }
  /// "tcp://HOST:PORT" of the operators, the publisher (1) and the workers (2).
  [[nodiscard]] std::string endpoint(int which = 0) const;
  Process& start_worker(std::uint32_t shard, const std::string& key, const std::string& log);
  [[nodiscard]] Process& worker(std::uint32_t shard) { return *workers_.at(shard); }
  [[nodiscard]] std::string log(const std::string& name) const {
    return fleet_test::read_file(local_->file(name));
  }
  /// Runs the real `vfleet` over tcp:// with this key.
  [[nodiscard]] Answer as(const std::string& key, std::vector<std::string> words) const;
  /// Control, and `vfleet` over its run directory.
  [[nodiscard]] fleet_test::RunningFleet& local() { return *local_; }

 private:
  KeyFolder keys_;
  std::string control_address_;
  std::unique_ptr<fleet_test::RunningFleet> local_;
  std::map<std::uint32_t, std::unique_ptr<Process>> workers_;
};

/// Speaks the operators' protocol with a key, so that a test can send without waiting.
class KeyedOperator {
 public:
  KeyedOperator(const std::string& endpoint, const bus::ClientKeys& keys);
  ~KeyedOperator();
  void send(const std::string& id, const std::string& verb, const nlohmann::json& args);
  void send_raw(const std::string& frame);
  /// The next frame of any kind; nullopt when none came in time.
  [[nodiscard]] std::optional<nlohmann::json> next(milliseconds patience = seconds(60));
  /// The next `result` or `error`.
  [[nodiscard]] std::optional<nlohmann::json> result(milliseconds patience = seconds(60));

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vfleet::security_test
