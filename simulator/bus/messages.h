#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "simulator/bus/command.h"
#include "simulator/bus/worker_host.h"
#include "simulator/core/result.h"
#include "simulator/log/line.h"

/// Every message between control and workers; the wire form is docs/control-protocol.md, "Control to
/// workers". Bodies that only the host and control read (groups, statistics, rows, arguments, descriptions)
/// stay JSON text.
namespace vfleet::bus {

/// No frame is longer; senders split before.
inline constexpr std::size_t kFrameBytesMax = std::size_t{4} << 20U;
/// How much control puts into one snapshot or tail part, when there is more to send.
inline constexpr std::size_t kPartBytes = std::size_t{256} << 10U;
/// Snapshot parts that may be on the way without a grant; each part that is applied grants one more.
inline constexpr std::uint32_t kSnapshotCredit = 16;

// ---- from workers ----

/// `J`: asks for a welcome and the snapshot. Repeated with a new attempt until they come.
struct Join {
  static constexpr char kLetter = 'J';
  std::uint32_t shard = 0;
  std::int64_t pid = 0;
  std::string version;
  std::uint64_t attempt = 0;    ///< from 1 in each worker life; the answer carries it
  std::uint64_t boot = 0;       ///< what an earlier welcome of this life gave; 0: control gives one
  std::string describe = "[]";  ///< a JSON list of type descriptions
  friend bool operator==(const Join&, const Join&) = default;
};

/// `G`: so many more snapshot parts may come.
struct Grant {
  static constexpr char kLetter = 'G';
  std::uint64_t attempt = 0;
  std::uint32_t credit = 0;
  friend bool operator==(const Grant&, const Grant&) = default;
};

/// `T`: asks for published commands from `from` on.
struct TailRequest {
  static constexpr char kLetter = 'T';
  std::uint64_t epoch = 0;
  std::uint64_t from = 0;
  friend bool operator==(const TailRequest&, const TailRequest&) = default;
};

enum class WorkerState : std::uint8_t {
  joining,   ///< waits for a welcome or a snapshot
  live,      ///< applies what is published
  catching,  ///< saw a hole and asked for the tail
  stopping,
};
[[nodiscard]] std::string_view to_string(WorkerState state);

/// `A`: each second, and after each 1,000 commands.
struct Alive {
  static constexpr char kLetter = 'A';
  std::uint64_t epoch = 0;
  std::uint64_t applied_seq = 0;
  WorkerState state = WorkerState::joining;
  friend bool operator==(const Alive&, const Alive&) = default;
};

/// `S`: a JSON object, each second.
struct Statistics {
  static constexpr char kLetter = 'S';
  std::string figures = "{}";
  friend bool operator==(const Statistics&, const Statistics&) = default;
};

/// `Q`: a part of a query's answer.
struct QueryRows {
  static constexpr char kLetter = 'Q';
  std::uint64_t query = 0;
  std::vector<std::string> rows;  ///< JSON objects
  bool last = false;
  friend bool operator==(const QueryRows&, const QueryRows&) = default;
};

/// `L`: lines of the worker's log, in rising order of seq. What is not confirmed by a LogAck comes again.
struct LogLines {
  static constexpr char kLetter = 'L';
  static constexpr std::size_t kLinesMax = 1000;
  std::uint64_t boot = 0;  ///< the life whose lines these are: numbers begin at 1 in each
  std::vector<log::Line> lines;
  friend bool operator==(const LogLines&, const LogLines&) = default;
};

/// `E`: the worker has stopped; its last statistics.
struct End {
  static constexpr char kLetter = 'E';
  std::string figures = "{}";
  friend bool operator==(const End&, const End&) = default;
};

using FromWorker =
    std::variant<Join, Grant, TailRequest, CommandResult, Alive, Statistics, QueryRows, LogLines, End>;

// ---- to workers ----

/// `W`: answers a join; the snapshot's parts follow.
struct Welcome {
  static constexpr char kLetter = 'W';
  std::uint64_t attempt = 0;
  std::uint64_t epoch = 0;
  Assignment assignment;
};

/// `P`: a part of the snapshot. `part` counts from 0 in each attempt; groups come before rules.
struct SnapshotPart {
  static constexpr char kLetter = 'P';
  std::uint64_t attempt = 0;
  std::uint64_t part = 0;
  std::uint64_t seq = 0;  ///< the snapshot holds every durable command up to this; the same in all parts
  std::vector<std::string> groups;  ///< JSON objects
  std::vector<Command> rules;
  bool last = false;
  friend bool operator==(const SnapshotPart&, const SnapshotPart&) = default;
};

/// `K`: answers a tail request; parts follow each other in order.
struct TailPart {
  static constexpr char kLetter = 'K';
  std::uint64_t epoch = 0;
  std::vector<Command> commands;
  bool too_old = false;  ///< the ring does not reach back so far: join again
  bool last = true;      ///< no more parts of this answer
  friend bool operator==(const TailPart&, const TailPart&) = default;
};

/// `Q`: asks the host; see "Queries". Answered once the worker has applied `after_seq` of this epoch.
struct QueryRequest {
  static constexpr char kLetter = 'Q';
  std::uint64_t query = 0;
  std::string name;
  std::string selector;
  std::string args = "{}";
  std::uint64_t after_seq = 0;
  friend bool operator==(const QueryRequest&, const QueryRequest&) = default;
};

/// `X`: ends a query.
struct CancelQuery {
  static constexpr char kLetter = 'X';
  std::uint64_t query = 0;
  friend bool operator==(const CancelQuery&, const CancelQuery&) = default;
};

/// `Z`: stop in order, then say End.
struct Stop {
  static constexpr char kLetter = 'Z';
  friend bool operator==(const Stop&, const Stop&) = default;
};

/// `D`: control does not take this worker (another version, a shard out of range); it ends.
struct Denied {
  static constexpr char kLetter = 'D';
  std::string reason;
  friend bool operator==(const Denied&, const Denied&) = default;
};

/// `L`: the log has every line of this life up to `seq` (or has counted it as lost): the worker may forget
/// them, and send more.
struct LogAck {
  static constexpr char kLetter = 'L';
  std::uint64_t boot = 0;
  std::uint64_t seq = 0;
  friend bool operator==(const LogAck&, const LogAck&) = default;
};

using ToWorker =
    std::variant<Welcome, SnapshotPart, TailPart, QueryRequest, CancelQuery, Stop, Denied, LogAck>;

/// The two frames of a message (a ROUTER puts the identity before them).
struct Packed {
  std::string letter;
  std::string body;
};

/// `too_large` when the body would be over kFrameBytesMax: the sender must split.
[[nodiscard]] Result<Packed> pack(const FromWorker& message);
[[nodiscard]] Result<Packed> pack(const ToWorker& message);
/// Errors: malformed (an unknown letter, a body that is not as packed), too_large. Never throws.
[[nodiscard]] Result<FromWorker> unpack_from_worker(std::string_view letter, std::string_view body);
[[nodiscard]] Result<ToWorker> unpack_to_worker(std::string_view letter, std::string_view body);

// ---- published: a topic frame and a body frame; the welcome is one frame ----

inline constexpr std::string_view kTopicCommand = "C";  ///< body: encode(Command)
inline constexpr std::string_view kTopicBeat = "B";     ///< body: encode(Beat)
inline constexpr std::string_view kTopicWelcome = "W";  ///< prefix of the XPUB welcome frame

/// Each second: the last published seq, so that the loss of the last command is seen.
struct Beat {
  std::uint64_t epoch = 0;
  std::uint64_t seq = 0;
  friend bool operator==(const Beat&, const Beat&) = default;
};
[[nodiscard]] std::string encode(const Beat& beat);
[[nodiscard]] Result<Beat> decode_beat(std::string_view text);

/// The frame for XPUB_WELCOME_MSG, and the epoch in it.
[[nodiscard]] std::string xpub_welcome(std::uint64_t epoch);
[[nodiscard]] Result<std::uint64_t> decode_xpub_welcome(std::string_view frame);

/// "worker-7", and back.
[[nodiscard]] std::string worker_identity(std::uint32_t shard);
[[nodiscard]] Result<std::uint32_t> shard_of_identity(std::string_view identity);

}  // namespace vfleet::bus
