#include <fmt/format.h>
#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "control/cli/commands/all.h"
#include "control/cli/render/read.h"
#include "control/cli/session.h"
#include "control/cli/supervise/run_files.h"

namespace vfleet::cli {
namespace {

using nlohmann::json;

constexpr Duration kWithin = std::chrono::minutes(1);
constexpr Duration kAnswer = std::chrono::seconds(5);
constexpr Duration kLookEvery = std::chrono::milliseconds(100);

struct Seen {
  std::uint64_t pid = 0;
  bool live = false;
};

// How the worker of `shard` is; nullopt while control does not say.
std::optional<Seen> look(Client& client, std::uint64_t shard) {
  const auto status =
      client.call({.verb = "status", .timeout = kAnswer, .first_answer = kAnswer}, json::object());
  if (!status) return std::nullopt;
  for (const json& each : list_at(*status, "shards")) {
    if (count_at(each, "shard") != shard) continue;
    return Seen{count_at(each, "pid"), text_at(each, "state") == "live"};
  }
  return std::nullopt;
}

Outcome<std::uint64_t> shard_of(const std::string& text) {
  std::string_view number = text;
  if (number.starts_with("worker-")) number.remove_prefix(7);
  std::uint64_t shard = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), shard);
  if (error == std::errc() && end == number.data() + number.size() && !number.empty()) return shard;
  return wrong_usage(fmt::format("'{}' is not the number of a worker", text),
                     "`vfleet status` shows them: vfleet recycle 0");
}

Outcome<ExitStatus> run(Session& session, const Invocation& invocation) {
  const auto shard = shard_of(invocation.text_or("SHARD", ""));
  if (!shard) return tl::unexpected<Failure>(shard.error());
  const auto dir = session.run_dir();
  if (!dir) return tl::unexpected<Failure>(dir.error());
  const auto up = live_pid(dir->path, "up");
  if (!up) {
    return give_up(ExitStatus::failed, "not_supervised",
                   fmt::format("no `vfleet up` supervises the fleet in {}", dir->path.string()),
                   "whoever started the worker ends it (SIGTERM) and starts it again");
  }
  const Environment& env = session.env();
  Client client(env, *dir);
  const auto before = look(client, *shard);
  if (!before) {
    return give_up(ExitStatus::no_match, "not_found", fmt::format("there is no worker {}", *shard),
                   "`vfleet status` shows them");
  }
  if (auto asked = write_json_file(dir->path / kRecycleFile, {{"shard", *shard}}); !asked) {
    return tl::unexpected<Failure>(asked.error());
  }
  ::kill(*up, SIGUSR1);

  const TimePoint deadline = env.clock.now() + session.timeout(kWithin);
  for (;;) {
    const auto now = look(client, *shard);
    if (now && now->live && now->pid != before->pid) {
      session.out().document(
          {{"status", 0}, {"shard", *shard}, {"pid_before", before->pid}, {"pid", now->pid}});
      session.out().text(
          fmt::format("worker {} is recycled: pid {}, before {}\n", *shard, now->pid, before->pid));
      return ExitStatus::done;
    }
    if (env.clock.now() >= deadline) {
      return give_up(
          ExitStatus::failed, "timed_out",
          fmt::format("worker {} is not back within {} s", *shard, to_seconds(session.timeout(kWithin))),
          fmt::format("look into {}", (dir->path / fmt::format("worker-{}.log", *shard)).string()));
    }
    pollfd item{env.signals.fd(), POLLIN, 0};
    ::poll(&item, 1, static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(kLookEvery).count()));
    if (env.signals.take()) {
      return give_up(ExitStatus::interrupted, "interrupted",
                     "interrupted; the worker is recycled all the same");
    }
  }
}

}  // namespace

CommandSpec recycle_command() {
  return {
      .name = "recycle",
      .group = "Fleet",
      .summary = "End a worker in order and start it again; what it sent is acknowledged first",
      .details =
          "For a worker that takes too much memory; `up --worker-memory 2GiB` does it by itself. Its devices "
          "are\n"
          "offline for a moment and go on with the same configuration. Waits until the new worker is live.",
      .positionals = {{"SHARD", "The worker's number, as `vfleet status` shows it"}},
      .options = {},
      .examples = {{"vfleet recycle 0", "the first worker"}},
      .run = run};
}

}  // namespace vfleet::cli
