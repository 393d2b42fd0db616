#include "control/cli/render/figures.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "control/cli/render/read.h"
#include "control/cli/render/table.h"
#include "simulator/metrics/histogram.h"
#include "simulator/metrics/histogram_json.h"

namespace vfleet::cli {

using nlohmann::json;

std::string latency_text(std::uint64_t us) {
  const auto value = static_cast<double>(us);
  if (us < 1000) return fmt::format("{} us", us);
  if (us < 1'000'000) return fmt::format("{:.1f} ms", value / 1e3);
  return fmt::format("{:.1f} s", value / 1e6);
}

std::string bytes_text(std::uint64_t bytes) {
  const auto value = static_cast<double>(bytes);
  if (bytes < 1024) return fmt::format("{} B", bytes);
  if (bytes < 1024 * 1024) return fmt::format("{:.1f} KiB", value / 1024);
  if (bytes < std::uint64_t{1} << 30U) return fmt::format("{:.1f} MiB", value / 1024 / 1024);
  return fmt::format("{:.1f} GiB", value / 1024 / 1024 / 1024);
}

std::uint64_t total(const json& counts) {
  std::uint64_t sum = 0;
  if (!counts.is_object()) return sum;
  for (const auto& [name, value] : counts.items()) sum += count_at(counts, name.c_str());
  return sum;
}

std::string by_reason(const json& counts) {
  return failures(counts, json::object());
}

std::string failures(const json& counts, const json& refused_by) {
  const std::uint64_t sum = total(counts);
  if (sum == 0) return "0";
  const auto listed = [](const json& each_of) {
    std::vector<std::string> parts;
    for (const auto& [name, value] : each_of.items()) {
      const std::uint64_t count = count_at(each_of, name.c_str());
      if (count > 0) parts.push_back(fmt::format("{} {}", printable(name), count));
    }
    return parts;
  };
  // With a list inside the list, the outer one is cut by semicolons.
  const bool told = total(refused_by) > 0 && count_at(counts, "refused") > 0;
  std::string out;
  for (const std::string& part : listed(counts)) {
    out += (out.empty() ? "" : told ? "; " : ", ") + part;
    if (told && part.starts_with("refused ")) out += fmt::format(": {}", fmt::join(listed(refused_by), ", "));
  }
  return fmt::format("{} ({})", sum, out);
}

std::uint64_t quantile_us(const json& figures, const std::string& name, double part) {
  const json& summary = object_at(figures, (name + "_us").c_str());
  if (const std::string key = fmt::format("p{:g}", part * 100); summary.contains(key))
    return count_at(summary, key.c_str());
  const auto histogram = metrics::histogram_from_tree(object_at(figures, name.c_str()));
  return histogram ? histogram->value_at_quantile(part) : 0;
}

std::string online_line(const json& status) {
  const json& figures = object_at(status, "figures");
  return fmt::format("online {}/{}", count_at(figures, "online"), count_at(figures, "devices"));
}

std::string RateLine::next(const json& status, double seconds) {
  const json& figures = object_at(status, "figures");
  const std::uint64_t sent = count_at(figures, "sent");
  const std::uint64_t acked = count_at(figures, "acked");
  const auto rate = [&](std::uint64_t now, std::uint64_t before) {
    return seconds > 0 && now >= before ? static_cast<double>(now - before) / seconds : 0.0;
  };
  std::string line = fmt::format(
      "{} | {:.0f} sent/s | {:.0f} acked/s | p99 late {} | {} not sent | {} failed", online_line(status),
      rate(sent, sent_), rate(acked, acked_), latency_text(quantile_us(figures, "lateness", 0.99)),
      total(object_at(figures, "not_sent")), total(object_at(figures, "failed")));
  sent_ = sent;
  acked_ = acked;
  return line;
}

std::string render_figures(const json& status, const Style& style) {
  const json& figures = object_at(status, "figures");
  std::string out =
      fmt::format("reports: {} sent, {} acked, {} in flight, not sent {}, failed {}\n",
                  count_at(figures, "sent"), count_at(figures, "acked"), count_at(figures, "in_flight"),
                  by_reason(object_at(figures, "not_sent")), by_reason(object_at(figures, "failed")));
  out += fmt::format("latency: p50 {}, p99 {}; lateness: p50 {}, p99 {}\n",
                     latency_text(quantile_us(figures, "ack_latency", 0.5)),
                     latency_text(quantile_us(figures, "ack_latency", 0.99)),
                     latency_text(quantile_us(figures, "lateness", 0.5)),
                     latency_text(quantile_us(figures, "lateness", 0.99)));
  if (!status.contains("platform") || !status["platform"].is_object()) return out;

  const json& platform = status["platform"];
  const std::uint64_t missing = count_at(platform, "missing");
  const json& latency = object_at(object_at(platform, "latency"), "sent");
  out += fmt::format("platform: {} received, {} missing, {} duplicates, {} faults",
                     count_at(platform, "received"), missing == 0 ? "0" : style.bad(fmt::to_string(missing)),
                     count_at(platform, "duplicates"), count_at(platform, "faults"));
  // Protocols that tell no time of sending (OCPP, YKC) have no time of arrival.
  if (count_at(latency, "count") > 0) {
    out += fmt::format("; arrival p50 {}, p99 {}", latency_text(count_at(latency, "p50_us")),
                       latency_text(count_at(latency, "p99_us")));
  }
  if (const json& complaints = object_at(platform, "complaints"); total(complaints) > 0)
    out += "; " + style.warn("complaints " + by_reason(complaints));
  return out + "\n";
}

std::string render_status(const json& status, const Style& style) {
  const json& figures = object_at(status, "figures");
  const std::uint64_t devices = count_at(figures, "devices");
  const std::uint64_t online = count_at(figures, "online");
  std::string out = fmt::format(
      "fleet {}: {} of {} devices online", style.strong(printable(text_at(status, "fleet"))),
      online == devices ? style.good(fmt::to_string(online)) : style.warn(fmt::to_string(online)), devices);
  if (const auto paused = count_at(figures, "paused")) out += fmt::format(", {} paused", paused);
  out += fmt::format(" (revision {}, command {}, epoch {})\n", count_at(status, "revision"),
                     count_at(status, "seq"), count_at(status, "epoch"));
  if (const json& journal = object_at(status, "journal"); text_at(journal, "state") == "failing") {
    out += style.bad("commands are refused") + ": " + printable(text_at(journal, "reason")) + "\n";
  }

  out += render_figures(status, style);

  Table workers({"WORKER", "PID", "STATE", "APPLIED", "BOOT", "DEVICES", "ONLINE"});
  for (const json& shard : list_at(status, "shards")) {
    workers.row({shard.contains("shard") ? plain(shard["shard"]) : "-",
                 fmt::to_string(count_at(shard, "pid")), text_at(shard, "state"),
                 fmt::to_string(count_at(shard, "applied_seq")), fmt::to_string(count_at(shard, "boot")),
                 fmt::to_string(count_at(shard, "devices")), fmt::to_string(count_at(shard, "online"))});
  }
  if (!workers.empty()) out += workers.render(style);
  return out;
}

}  // namespace vfleet::cli
