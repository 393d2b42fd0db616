#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <map>
#include <nlohmann/json.hpp>

#include "control/cli/commands/all.h"
#include "control/cli/left_report.h"
#include "control/cli/log_files_reader.h"
#include "control/cli/render/log_lines.h"
#include "control/cli/render/read.h"
#include "control/cli/session.h"
#include "control/cli/since.h"

namespace vfleet::cli {
namespace {

constexpr Duration kRenewEvery = std::chrono::seconds(2);
constexpr std::uint64_t kRenewRows = 500;
constexpr Duration kComesBackWithin = std::chrono::seconds(60);
constexpr Duration kLookEvery = std::chrono::milliseconds(200);
constexpr std::uint64_t kLinesMax = 100'000;

/// Shows rows, each once: after control was away they are asked for again.
class Shower {
 public:
  explicit Shower(Output& out) : out_(out) {}

  void show(const nlohmann::json& row) {
    const bool is_gap = row.contains("gap");
    const auto& about = is_gap ? object_at(row, "gap") : row;
    Place& place = places_[text_at(about, "source")];
    const std::uint64_t boot = count_at(about, "boot");
    const std::uint64_t seq = count_at(about, is_gap ? "to" : "seq");
    if (again_ && place.boot == boot && seq <= place.seq) return;
    place = {boot, seq};
    if (const auto at = row.find("at_us"); at != row.end() && at->is_number_integer())
      last_us_ = std::max(last_us_, at->get<std::int64_t>());
    out_.stream_line(out_.json() ? row.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)
                                 : render_log_line(row, out_.style()));
  }
  /// From now on rows may come that were shown.
  void begin_again() { again_ = true; }
  [[nodiscard]] std::int64_t last_us() const { return last_us_; }

 private:
  struct Place {
    std::uint64_t boot = 0;
    std::uint64_t seq = 0;
  };
  Output& out_;
  std::map<std::string, Place> places_;
  std::int64_t last_us_ = 0;
  bool again_ = false;
};

/// Rows of one stream until it ends: a result, or why there is none.
Outcome<nlohmann::json> stream(Session& session, const RunDir& dir, const nlohmann::json& args,
                               Shower& shower, bool follow) {
  Client client(session.env(), dir);
  Output& out = session.out();
  const std::string id = new_command_id();
  std::uint64_t read = 0;
  std::uint64_t renewed = 0;
  std::uint64_t dropped = 0;
  const auto renew = [&] {
    renewed = read;
    client.send("renew", {{"watch", id}, {"rows", read}});
    return true;
  };
  Client::Call call{.verb = "logs", .id = id, .timeout = session.timeout(Duration::max())};
  call.first_answer = Duration::max();  // nothing may match for long
  call.on_answer = [&](const nlohmann::json& answer) {
    if (const auto now = count_at(answer, "dropped"); now > dropped) {
      out.note(fmt::format("… {} lines were left out: they came faster than they were read here …",
                           now - dropped));
      dropped = now;
    }
    for (const auto& row : list_at(answer, "rows")) {
      if (!out.writable()) return;
      shower.show(row);
      ++read;
    }
    if (read - renewed >= kRenewRows) renew();
  };
  call.on_end = [&] { return !out.writable(); };
  call.on_idle = renew;
  call.idle_every = kRenewEvery;
  auto result = client.call(call, args);
  if (!result && result.error().code == "timed_out" && follow) return nlohmann::json{{"status", 0}};
  return result;
}

/// Waits until control is there again; false when it does not come, or a signal does.
bool comes_back(Session& session) {
  const Environment& env = session.env();
  const TimePoint end = env.clock.now() + kComesBackWithin;
  while (env.clock.now() < end) {
    if (session.run_dir()) return true;
    pollfd signal = {env.signals.fd(), POLLIN, 0};
    ::poll(&signal, 1, static_cast<int>(kLookEvery / std::chrono::milliseconds(1)));
    if (const auto number = env.signals.take(); number && *number != SIGHUP) return false;
  }
  return false;
}

Outcome<ExitStatus> from_files(Session& session, const Invocation& invocation, const LogRequest& request,
                               Failure why) {
  const auto dir = given_run_dir(session.env(), session.run_dir_option());
  if (!dir && why.status == ExitStatus::no_control) {
    // Not read unasked: it may be another run than the one that is meant.
    if (const auto file = left_file(session.env(), {}, "logs/fleet.log"))
      why.hint = "those of the latest run that has ended: vfleet logs " +
                 run_dir_words(file->parent_path().parent_path());
  }
  if (!dir || why.status != ExitStatus::no_control) return tl::unexpected<Failure>(std::move(why));
  Shower shower(session.out());
  const auto shown = read_log_files(*dir, request, [&](const nlohmann::json& row) {
    shower.show(row);
    return session.out().writable();
  });
  if (!shown)
    return tl::unexpected<Failure>(shown.error().code == "no_files" ? std::move(why) : shown.error());
  session.out().note(fmt::format("(no control runs in {}: this is what its files hold{})", dir->string(),
                                 invocation.has("follow") ? "; there is nothing to follow" : ""));
  return ExitStatus::done;
}

Outcome<ExitStatus> run(Session& session, const Invocation& invocation) {
  LogRequest request;
  request.lines = invocation.number("lines");
  request.level = invocation.text_or("level", "trace");
  request.from = invocation.text_or("from", "");
  if (const auto text = invocation.text("SELECTOR")) {
    auto selector = checked_selector(*text);
    if (!selector) return tl::unexpected<Failure>(selector.error());
    request.selector = *selector;
  }
  if (const auto text = invocation.text("since")) {
    const auto since = parse_since(*text, session.env().clock.wall_now());
    if (!since) return tl::unexpected<Failure>(since.error());
    request.since_us = *since;
    // "now" is to show nothing that is there already.
    if (*text == "now" && !request.lines) request.lines = 0;
  }
  const bool follow = invocation.has("follow");
  nlohmann::json args = {{"follow", follow}, {"level", request.level}};
  if (request.selector) args["selector"] = *request.selector;
  if (!request.from.empty()) args["from"] = request.from;
  if (request.since_us) args["since_us"] = *request.since_us;
  if (request.lines) args["lines"] = *request.lines;

  Shower shower(session.out());
  for (bool first = true;; first = false) {
    const auto dir = session.run_dir();
    if (!dir && first) return from_files(session, invocation, request, dir.error());
    auto result = dir ? stream(session, *dir, args, shower, follow)
                      : Outcome<nlohmann::json>(tl::unexpected<Failure>(dir.error()));
    if (!session.out().writable()) return ExitStatus::done;
    const bool lost = !result && result.error().status == ExitStatus::no_control;
    if (!result && !(lost && follow)) return tl::unexpected<Failure>(result.error());
    if (result && !flag_at(*result, "lease_over")) return result_status(*result);
    session.out().note(lost ? "… control went away; waiting for it …"
                            : "… control gave this stream up, since it was not read for a minute …");
    if (lost && !comes_back(session)) return tl::unexpected<Failure>(result.error());
    shower.begin_again();
    if (shower.last_us() > 0) args["since_us"] = shower.last_us();
    args["lines"] = shower.last_us() > 0 ? kLinesMax : 0;
  }
}

}  // namespace

CommandSpec logs_command() {
  return {.name = "logs",
          .group = "Look",
          .summary = "Show what control, workers and devices log, older lines and new ones",
          .details =
              "With a SELECTOR only lines of these devices. Without --lines and --since the last 100 lines. "
              "Times are "
              "UTC.\nA line that is missing is shown as missing. With --json a line is one JSON object. When "
              "no control "
              "runs,\nthe files in RUN_DIR/logs are read.",
          .positionals =
              {{"SELECTOR",
                "Lines of these devices (by id, type, group and labels); without it lines of processes too",
                false, false}},
          .options =
              {{"follow", Takes::nothing, "", "Go on with the lines that come, until Ctrl-C", {}, 0},
               {"level",
                Takes::choice,
                "LEVEL",
                "This level and above",
                {"trace", "debug", "info", "warn", "error"},
                0},
               {"since", Takes::text, "WHEN", "5min (ago), 2026-11-21T10:00:00 (UTC), or now", {}, 0},
               {"lines", Takes::number, "N", "The last N lines, 100000 at most", {}, 0},
               {"from", Takes::text, "NAME", "Only this source: control, worker-0, up, up/worker-0", {}, 0}},
          .examples = {{"vfleet logs -f", "the last lines of everything, and what comes"},
                       {"vfleet logs -f --level warn --since now", "new warnings and errors"},
                       {"vfleet logs pile-00042 --since 10min", "what one pile had to say"},
                       {"vfleet logs --from worker-1 --lines 1000 --json | jq .text", "for another program"}},
          .run = run};
}

}  // namespace vfleet::cli
