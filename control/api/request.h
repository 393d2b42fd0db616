#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "simulator/bus/command.h"
#include "simulator/core/result.h"
#include "simulator/core/time.h"
#include "simulator/log/line.h"

/// Every operator verb, once: what a request holds and how it is read. The command line and HTTP send the
/// same JSON. Form: docs/control-protocol.md, "Operator requests".
namespace vfleet::control::api {

/// One JSON value as text, valid by construction.
using JsonText = std::string;

/// What every verb that changes devices has.
struct Target {
  std::string selector;
  bool dry_run = false;
  std::optional<std::uint64_t> if_revision;  ///< refused when the fleet is at another revision
  bool wait = false;                ///< durable: until every shard, restarting ones too, has applied it
  std::optional<Duration> timeout;  ///< how long to wait for answers; absent: 5 s
  bool future = false;              ///< durable: also when no device matches yet
};

struct Set {
  Target target;
  std::map<std::string, JsonText> patch;  ///< not empty
};

struct Unset {
  Target target;
  std::vector<std::string> paths;  ///< not empty
};

/// pause, resume, connect, disconnect.
struct Switch {
  Target target;
  bus::Verb verb = bus::Verb::pause;
};

struct Reboot {
  Target target;
  std::string down = "5s";  ///< a duration that parse_duration reads
};

/// The verb `do`.
struct Do {
  Target target;
  std::string action;
  std::map<std::string, JsonText> args;
};

struct Trigger {
  Target target;
  std::string report;
  std::uint32_t channel = 0;
  std::map<std::string, JsonText> fields;
  std::optional<std::string> payload;  ///< base64
  bool unchecked = false;              ///< `fields` as they are, also illegal ones
  std::uint32_t count = 1;
  Duration every{};
  Duration spread{};
  std::string until = "accepted";  ///< `wait`: accepted, sent or acked
  bool queue = false;
};

struct Jobs {};

struct Cancel {
  std::string job;
};

struct Reload {
  std::optional<std::string> file;  ///< absolute; absent: the file of the start
  bool dry_run = false;
  std::optional<std::uint64_t> if_revision{};
  bool wait = false;
  std::optional<Duration> timeout{};
};

/// How many devices groups have.
struct Scale {
  Target target;  ///< its selector is not used
  std::map<std::string, std::optional<std::uint64_t>>
      counts;  ///< by group, not empty; nullopt: as in the file
};

struct Rollback {
  Target target;               ///< its selector is not used
  std::uint64_t revision = 0;  ///< whose desired state is to hold again
};

/// Commands that were given, newest first; or one, by id or revision.
struct History {
  std::optional<std::string> id;
  std::optional<std::uint64_t> revision;
  std::uint64_t limit = 20;
  bool durable = false;                 ///< only those
  std::optional<std::uint64_t> before;  ///< only durable ones, of revisions below this
};

/// Where devices are not as they should be.
struct Diff {
  std::string selector;
  std::optional<std::uint64_t> limit;
};

struct Ls {
  std::string selector;
  std::optional<std::uint64_t> limit;
};

struct Get {
  std::string selector;
  std::string path;  ///< a path or a section; empty: everything
  bool explain = false;
  std::optional<std::uint64_t> limit;
};

struct Describe {
  std::optional<std::string> type;
};

struct Watch {
  std::string selector;
  std::string report;        ///< empty: every report
  std::uint32_t rate = 100;  ///< rows a second
};

/// What devices and their platform say to each other. A lease, as a watch.
struct Trace {
  std::string selector;
  std::uint32_t rate = 1000;  ///< rows a second
  bool settled = false;       ///< also what became of reports
};

struct Renew {
  std::string watch;                  ///< or the id of a `trace` or `logs`
  std::optional<std::uint64_t> rows;  ///< of `logs`: how many were read so far, so that more may come
};

/// The verb `status`.
struct Report {
  std::optional<std::uint64_t> notices_after;  ///< also what was worth a notice after this number
};

/// What the run has come to so far.
struct Results {};

/// Lines of the fleet's log: first older ones, then, with `follow`, those that come, until the lease ends.
struct Logs {
  static constexpr std::uint64_t kLinesMax = 100'000;
  std::optional<std::string> selector;  ///< lines of these devices; absent: of everything
  log::Level least = log::Level::trace;
  std::string from;                       ///< a source; empty: all
  std::optional<Duration> since;          ///< so long ago, or later
  std::optional<std::uint64_t> since_us;  ///< the same as wall clock
  std::optional<std::uint64_t>
      lines;  ///< the last so many; absent: 100, or with `since` as many as there are
  bool follow = false;
};

/// What a supervisor heard from a child process on its standard output and error.
struct Note {
  static constexpr std::size_t kLinesMax = 1000;
  struct Line {
    std::int64_t at_us = 0;
    log::Level level = log::Level::info;
    std::string text;
  };
  std::string source;  ///< "control", "worker-0", ...; in the log "up/..." is put before it
  std::vector<Line> lines;
};

struct Stop {
  std::optional<Duration> timeout;
};

using Body =
    std::variant<Set, Unset, Switch, Reboot, Do, Trigger, Jobs, Cancel, Reload, Scale, Rollback, History,
                 Diff, Ls, Get, Describe, Watch, Trace, Renew, Report, Results, Logs, Note, Stop>;

struct Request {
  std::string id;     ///< as far as it could be read: an error is answered with it
  std::string verb;   ///< likewise
  Result<Body> body;  ///< errors: malformed (not a request), invalid_argument (wrong verb or member)
};

/// Reads one request frame; never throws. Unknown members of `args` are refused, with what was meant.
[[nodiscard]] Request decode_request(std::string_view frame);

}  // namespace vfleet::control::api
