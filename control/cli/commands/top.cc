#include <unistd.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "control/cli/commands/all.h"
#include "control/cli/render/top.h"
#include "control/cli/session.h"
#include "control/cli/top/sample.h"
#include "control/cli/top/screen.h"
#include "simulator/board/directory.h"

namespace vfleet::cli {
namespace {

using nlohmann::json;

constexpr Duration kEvery = std::chrono::seconds(1);
constexpr Duration kControlAnswers = std::chrono::seconds(1);

struct SortName {
  std::string_view name;
  TopSort sort;
};
constexpr std::array kSorts = {SortName{"name", TopSort::name},     SortName{"devices", TopSort::devices},
                               SortName{"sent", TopSort::sent},     SortName{"late", TopSort::late},
                               SortName{"failed", TopSort::failed}, SortName{"memory", TopSort::memory},
                               SortName{"cpu", TopSort::cpu}};

// The parser has checked it.
TopSort sort_of(const Invocation& invocation) {
  const std::string wanted = invocation.text_or("sort", "name");
  const auto at =
      std::find_if(kSorts.begin(), kSorts.end(), [&](const SortName& s) { return s.name == wanted; });
  return at == kSorts.end() ? TopSort::name : at->sort;
}

bool lacks_shards(const TopSample& sample) {
  std::vector<bool> seen(std::min<std::uint32_t>(sample.shards, 100'000));
  for (const auto& [key, life] : sample.workers) {
    if (life.shard < seen.size()) seen[life.shard] = true;
  }
  return seen.empty() || std::find(seen.begin(), seen.end(), false) != seen.end();
}

// The boards; for shards without one, what control says if it is there.
TopSample look(const Environment& env, const RunDir& dir, bool& control_answers) {
  TopSample sample = read_boards(dir.path.string(), env.clock.now(), env.clock.wall_now());
  if (!control_answers || !lacks_shards(sample) || !is_listening(dir.operator_socket())) return sample;
  Client client(env, dir);
  Client::Call call{.verb = "status", .timeout = kControlAnswers};
  call.first_answer = kControlAnswers;
  if (const auto status = client.call(call, json::object())) {
    add_other_shards(sample, *status);
  } else {
    // It may be frozen: the boards must not be shown late because of it.
    control_answers = false;
  }
  return sample;
}

Outcome<ExitStatus> run(Session& session, const Invocation& invocation) {
  const Environment& env = session.env();
  Output& out = session.out();
  const TopSort sort = sort_of(invocation);
  const auto dir = find_run_dir_with_boards(env, session.run_dir_option());
  if (!dir) return tl::unexpected<Failure>(dir.error());
  const Duration every = invocation.duration("every").value_or(kEvery);
  const bool on_screen =
      env.out_is_terminal && !out.json() && !invocation.has("once") && !invocation.has("count");
  const std::optional<std::int64_t> count =
      invocation.has("once") ? std::optional<std::int64_t>(1) : invocation.number("count");

  std::optional<Screen> screen;
  if (on_screen) screen.emplace(env);
  const bool keys = on_screen && ::isatty(STDIN_FILENO) == 1;
  bool control_answers = true;
  TopSample before = look(env, *dir, control_answers);
  if (on_screen) screen->show("reading the boards of " + dir->path.string() + " ...");
  for (std::int64_t n = 0; !count || n < *count; ++n) {
    switch (wait_for_keys(env, every, keys)) {
      case Waited::time_over:
        break;
      case Waited::quit:
        return ExitStatus::done;
      case Waited::interrupted:
        return on_screen ? ExitStatus::done : ExitStatus::interrupted;
    }
    TopSample now = look(env, *dir, control_answers);
    const json document = top_document(before, now, sort);
    if (out.json()) {
      out.stream_line(document.dump(-1, ' ', false, json::error_handler_t::replace));
    } else if (on_screen) {
      const Screen::Size size = screen->size();
      screen->show(render_top(document, out.style(), size.columns, size.lines));
    } else {
      if (n > 0) out.text("\n");
      out.text(render_top(document, out.style(), 0, 0));
    }
    before = std::move(now);
  }
  return ExitStatus::done;
}

}  // namespace

CommandSpec top_command() {
  return {
      .name = "top",
      .group = "Look",
      .summary = "Live figures of the fleet by group and by worker",
      .details =
          "Reads the workers' boards in memory: it asks nobody, disturbs nobody, and works while control is "
          "dead.\n"
          "On a terminal it refreshes in place; q or Ctrl-C ends it. In a pipe, and with --once or --count, "
          "it is\n"
          "plain text; with --json a line is one JSON document. Rates and p99 are of the time since the "
          "sample\n"
          "before; --once waits for a second one. A worker is shown as dead when its process is gone, as "
          "silent\n"
          "when it did not refresh its board for 4 s. Shards of other hosts have no board here: of them it "
          "shows\n"
          "what control says.",
      .positionals = {},
      .options = {{"once", Takes::nothing, "", "Show one sample and end", {}, 0},
                  {"count", Takes::number, "N", "End after so many samples", {}, 1},
                  {"every", Takes::duration, "D", "Time between samples (default: 1s)", {}, 0},
                  {"sort",
                   Takes::choice,
                   "KEY",
                   "Largest first: devices, sent, late, failed, memory or cpu (default: name)",
                   {"name", "devices", "sent", "late", "failed", "memory", "cpu"},
                   0}},
      .examples = {{"vfleet top", "until q"},
                   {"vfleet top --once --sort late", "the latest groups first"},
                   {"vfleet top --json --count 60 --every 1s > run.jsonl", "a minute for another program"}},
      .run = run};
}

}  // namespace vfleet::cli
