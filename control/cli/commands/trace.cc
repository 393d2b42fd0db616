#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "control/cli/commands/all.h"
#include "control/cli/drop_teller.h"
#include "control/cli/render/read.h"
#include "control/cli/render/traffic.h"
#include "control/cli/renewed_call.h"
#include "control/cli/session.h"
#include "control/cli/ykc_layout_option.h"

namespace vfleet::cli {
namespace {

/// Lines for a file, if one is wanted.
class Export {
 public:
  /// Fails when the file cannot be made.
  Outcome<void> open(const std::string& path) {
    path_ = path;
    file_.open(path, std::ios::trunc);
    return check();
  }
  void line(const std::string& text) {
    if (!path_.empty()) file_ << text << '\n';
  }
  /// What was written so far is in the file. Fails when it is not, as on a full disk.
  Outcome<void> flush() {
    if (!path_.empty()) file_.flush();
    return check();
  }
  [[nodiscard]] bool good() const { return path_.empty() || file_.good(); }

 private:
  Outcome<void> check() {
    if (good()) return {};
    return give_up(ExitStatus::failed, "not_written",
                   fmt::format("cannot write {}: {}", path_, std::strerror(errno)));
  }

  std::string path_;
  std::ofstream file_;
};

/// Tells how many devices are traced, once every worker has said it.
class StartTeller {
 public:
  explicit StartTeller(Output& out) : out_(out) {}
  void row(const nlohmann::json& row) {
    if (!shards_.insert(count_at(row, "shard")).second) return;
    devices_ += count_at(row, "tracing");
    if (shards_.size() != count_at(row, "shards")) return;
    out_.note(fmt::format("(tracing {} device{})", devices_, devices_ == 1 ? "" : "s"));
  }

 private:
  Output& out_;
  std::set<std::uint64_t> shards_;
  std::uint64_t devices_ = 0;
};

/// Asks how the devices' frames of YKC are to be read. That there are no such devices, or that not all of
/// them are asked, is no failure.
Outcome<void> ask_layouts(Session& session, const std::string& selector, YkcDeviceLayouts& layouts) {
  constexpr std::uint64_t kAskedMax = 1000;
  const auto take = [&](const nlohmann::json& rows) {
    for (const auto& row : rows) {
      if (const std::string wrong = layouts.take(row); !wrong.empty()) session.out().note("(" + wrong + ")");
    }
  };
  const auto asked =
      session.query("get", {{"selector", selector}, {"path", "ykc"}, {"limit", kAskedMax}}, take);
  const bool gone = !asked && (asked.error().status == ExitStatus::no_control ||
                               asked.error().status == ExitStatus::interrupted);
  if (gone) return tl::unexpected<Failure>(asked.error());
  return {};
}

Outcome<ExitStatus> run(Session& session, const Invocation& invocation) {
  const auto selector = checked_selector(invocation.text_or("SELECTOR", ""));
  if (!selector) return tl::unexpected<Failure>(selector.error());
  const WantedLayout layout = wanted_layout(session, invocation);
  if (!layout.layout) return layout.status;
  const auto dir = session.run_dir();
  if (!dir) return tl::unexpected<Failure>(dir.error());
  Export file;
  if (const auto path = invocation.text("out")) {
    if (auto opened = file.open(*path); !opened) return tl::unexpected<Failure>(opened.error());
  }

  YkcDeviceLayouts layouts(*layout.layout);
  if (!invocation.has("layout")) {
    if (auto asked = ask_layouts(session, *selector, layouts); !asked)
      return tl::unexpected<Failure>(asked.error());
  }
  nlohmann::json args = {{"selector", *selector}, {"settled", invocation.has("settled")}};
  if (const auto rate = invocation.number("rate")) args["rate"] = *rate;
  const auto most = invocation.number("count");
  const auto length = invocation.duration("for");
  const bool raw = invocation.has("raw");
  Client client(session.env(), *dir);
  Output& out = session.out();
  TrafficReader reader(layouts);
  DropTeller drops(session.env().clock, out);
  StartTeller start(out);
  std::int64_t shown = 0;
  const auto enough = [&] { return out.closed() || !file.good() || (most && shown >= *most); };

  Client::Call call{
      .verb = "trace", .id = new_command_id(), .timeout = length.value_or(session.timeout(Duration::max()))};
  renew_while_read(call, client, out);
  call.on_answer = [&](const nlohmann::json& answer) {
    for (const auto& row : list_at(answer, "rows")) {
      if (row.contains("tracing")) {
        start.row(row);
        continue;
      }
      if (enough()) break;
      const Traffic traffic = reader.read(row);
      if (traffic.direction != "link") ++shown;
      const std::string line = traffic_json(traffic);
      file.line(line);
      out.stream_line(out.json() ? line : render_traffic(traffic, raw, out.style()));
    }
    (void)file.flush();
    drops.now(count_at(answer, "dropped"));
  };
  call.on_end = enough;

  const auto result = client.call(call, args);
  drops.end();
  if (auto written = file.flush(); !written) return tl::unexpected<Failure>(written.error());
  const bool over = !result && result.error().code == "timed_out" && (length || invocation.has("timeout"));
  if (over) return ExitStatus::done;
  if (!result) return tl::unexpected<Failure>(result.error());
  return enough() || result->empty() ? ExitStatus::done : result_status(*result);
}

}  // namespace

CommandSpec trace_command() {
  return {
      .name = "trace",
      .group = "Look",
      .summary = "Show what devices and their platform say to each other, decoded or as it is",
      .details =
          "A line a message: time (UTC), device, → from the device or ← from the platform, uplink, the\n"
          "message's name and what it says; · tells of the connection. Frames of YKC are read by their\n"
          "device's layout (docs/ykc.md), OCPP by its calls; other payloads are shown as they are, all with\n"
          "the secrets in them. Ends with Ctrl-C, after --count messages, or after --for. With --json, and "
          "in\n"
          "the file of --out, a line is one JSON object (docs/control-protocol.md): binary messages have\n"
          "\"hex\", texts \"text\".",
      .positionals = {selector_argument()},
      .options = {{"for", Takes::duration, "D", "End after this time", {}, 0},
                  {"count", Takes::number, "N", "End after so many messages", {}, 1},
                  {"raw", Takes::nothing, "", "The bytes, not what they mean", {}, 0},
                  {"out", Takes::file, "FILE", "Write JSON lines to this file too", {}, 0},
                  {"settled",
                   Takes::nothing,
                   "",
                   "Also what became of reports: acked, refused, timed_out, ...",
                   {},
                   0},
                  {"rate",
                   Takes::number,
                   "N",
                   "At most so many messages a second (default 1000); the rest is counted as dropped",
                   {},
                   1},
                  ykc_layout_option("each device's own")},
      .examples = {{"vfleet trace pile-00042", "both directions of one pile"},
                   {"vfleet trace pile-00042 --raw --for 30s", "its bytes, for half a minute"},
                   {"vfleet trace 'sample(1%)' --settled --out trace.jsonl",
                    "a part of the fleet, to a file"},
                   {"vfleet trace pile-00042 --layout ylc.yaml", "by another layout than the device's own"},
                   {"vfleet trace pile-00042 --json --count 20 | jq -r 'select(.direction==\"in\") | .name'",
                    "what the platform asked for"}},
      .run = run};
}

}  // namespace vfleet::cli
