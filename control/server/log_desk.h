#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "control/logs/log_scan.h"
#include "control/logs/log_store.h"
#include "control/server/command_desk.h"

namespace vfleet::control::server {

/// Brings the lines of workers and supervisors into the fleet's log, and shows the log to operators: older
/// lines from memory or, in slices read on another thread, from the files; then the new ones as they come. An
/// operator who does not read stops his own stream only: beyond his credit nothing is sent, and what leaves
/// memory meanwhile is counted for him as dropped.
class LogDesk {
 public:
  static constexpr Duration kLease = std::chrono::seconds(60);
  /// Rows on the way that the operator has not said to have read.
  static constexpr std::uint64_t kCredit = 2000;
  static constexpr std::size_t kStreamsMax = 200;
  /// The disk has so long to say where the files end.
  static constexpr Duration kMarkWithin = std::chrono::seconds(5);

  using Asker = CommandDesk::Asker;
  /// Both must outlive this.
  LogDesk(Core& core, CommandDesk& commands);

  void handle(const Asker& asker, const api::Logs& request);
  void handle(const Asker& asker, const api::Note& request);
  /// False when it is no stream of this desk.
  [[nodiscard]] bool renew(const Asker& asker, const api::Renew& request);
  /// Lines of a worker that takes part.
  void take(std::uint32_t shard, const bus::LogLines& logs);
  /// What `vfleet up` shows: warnings and reloads after number `after`, each {n, at_us, source, level, text}.
  [[nodiscard]] std::vector<api::JsonText> notices(std::uint64_t after) const;
  /// Confirms what was written and sends what is due; call often.
  void tick();

 private:
  enum class Phase : std::uint8_t { marking, counting, replaying, tailing };
  struct Stream {
    std::uint64_t number = 0;  // tells it from a later one of the same id
    Asker asker;
    logs::LineFilter filter;
    std::optional<bus::Selector> selector;
    bool follow = false;
    std::uint64_t wanted = 0;  // older lines
    Phase phase = Phase::tailing;
    std::uint64_t cursor = 0;  // tailing: the next position
    std::uint64_t start = 0;   // where memory stood when it was asked: files are read up to there
    std::uint64_t ticket = 0;
    TimePoint mark_by{};
    std::shared_ptr<logs::LogScan> scan;  // shared with the task that reads
    bool reading = false;
    std::uint64_t counted = 0;
    std::uint64_t sent = 0;
    std::uint64_t read = 0;  // by the operator, as he says
    std::uint64_t dropped = 0;
    TimePoint lease_end{};

    [[nodiscard]] std::uint64_t room() const { return kCredit - std::min(kCredit, sent - read); }
  };
  using Streams = std::map<std::string, Stream>;
  struct Notice {
    std::uint64_t number;
    logs::LogStore::Shared record;
  };

  [[nodiscard]] bool matches(const Stream& stream, const logs::Record& record) const;
  void begin(Stream& stream, bool has_since);
  void confirm();
  void open_files(Stream& stream);
  /// Reads on in the files, when that is what the stream waits for.
  void step(Stream& stream);
  void read_slice(Stream& stream, bool back);
  void count_back(Stream& stream, const logs::LogScan::Slice& slice);
  void replay(Stream& stream, const logs::LogScan::Slice& slice);
  /// What memory has; false when the stream has ended.
  [[nodiscard]] bool tail(Stream& stream);
  void show(Stream& stream, const std::vector<const logs::Record*>& records);
  void finish(const Stream& stream);
  void gather_notices();

  Core& core_;
  CommandDesk& commands_;
  logs::LogStore* store_;
  Streams streams_;  // by request id
  std::uint64_t last_number_ = 0;
  struct Unconfirmed {
    std::uint64_t last = 0;  // of the lines that were taken
    std::uint64_t told = 0;
  };
  std::map<std::uint32_t, Unconfirmed> unconfirmed_;  // by shard
  std::deque<Notice> notices_;
  std::uint64_t last_notice_;  // numbers begin at the epoch: they rise from life to life
  std::uint64_t noticed_ = 0;  // memory up to here was looked through
};

}  // namespace vfleet::control::server
