#include <nlohmann/json.hpp>

#include "control/cli/commands/all.h"
#include "control/cli/drop_teller.h"
#include "control/cli/render/read.h"
#include "control/cli/render/rows.h"
#include "control/cli/renewed_call.h"
#include "control/cli/session.h"

namespace vfleet::cli {
namespace {

Outcome<ExitStatus> run(Session& session, const Invocation& invocation) {
  const auto selector = checked_selector(invocation.text_or("SELECTOR", ""));
  if (!selector) return tl::unexpected<Failure>(selector.error());
  nlohmann::json args = {{"selector", *selector}};
  if (const auto report = invocation.text("report")) args["report"] = *report;
  if (const auto rate = invocation.number("rate")) args["rate"] = *rate;

  const auto dir = session.run_dir();
  if (!dir) return tl::unexpected<Failure>(dir.error());
  Client client(session.env(), *dir);
  Output& out = session.out();
  const auto most = invocation.number("count");
  const auto length = invocation.duration("for");
  std::int64_t shown = 0;
  DropTeller drops(session.env().clock, out);
  const auto enough = [&] { return out.closed() || (most && shown >= *most); };

  Client::Call call{
      .verb = "watch", .id = new_command_id(), .timeout = length.value_or(session.timeout(Duration::max()))};
  renew_while_read(call, client, out);
  call.on_answer = [&](const nlohmann::json& answer) {
    for (const auto& row : list_at(answer, "rows")) {
      if (enough()) return;
      ++shown;
      out.stream_line(out.json() ? row.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)
                                 : render_watched(row, out.style()));
    }
    // The worker says how many it has dropped so far because we, or the rate, could not keep up.
    drops.now(count_at(answer, "dropped"));
  };
  call.on_end = enough;

  const auto result = client.call(call, args);
  drops.end();
  const bool over = !result && result.error().code == "timed_out" && (length || invocation.has("timeout"));
  if (over) return ExitStatus::done;
  if (!result) return tl::unexpected<Failure>(result.error());
  return enough() || result->empty() ? ExitStatus::done : result_status(*result);
}

}  // namespace

CommandSpec watch_command() {
  return {
      .name = "watch",
      .group = "Look",
      .summary = "Show reports as devices send them",
      .details =
          "Ends with Ctrl-C, after --count reports, or after --for. With --json a line is one JSON object.",
      .positionals = {selector_argument()},
      .options = {{"report", Takes::text, "NAME", "Only this report", {}, 0},
                  {"rate",
                   Takes::number,
                   "N",
                   "At most so many rows a second; the rest is counted as dropped",
                   {},
                   1},
                  {"count", Takes::number, "N", "End after so many reports", {}, 1, "limit"},
                  {"for", Takes::duration, "D", "End after this time", {}, 0}},
      .examples = {{"vfleet watch pile-00042", "everything that one pile says"},
                   {"vfleet watch type=ip_camera --report event", "events of all cameras"},
                   {"vfleet watch all --json --count 100 | jq .type", "a sample for another program"}},
      .run = run};
}

}  // namespace vfleet::cli
