#include "control/cli/render/counts.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "control/cli/render/read.h"
#include "control/cli/render/table.h"

namespace vfleet::cli {
namespace {

std::string plural(std::uint64_t count, std::string_view one) {
  return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

}  // namespace

std::string render_counts(const nlohmann::json& result, const Style& style) {
  const std::string verb = text_at(result, "verb");
  const std::uint64_t matched = count_at(result, "matched");
  if (result.contains("would_change")) {
    return fmt::format("{}: {} matched, {} would change (nothing was done)\n", verb, matched,
                       count_at(result, "would_change"));
  }
  if (matched == 0 && list_at(result, "silent").empty()) {
    const std::string hint = text_at(result, "hint");
    // A command that was published: --future was given.
    if (const auto revision = count_at(result, "revision"); revision > 0 && count_at(result, "seq") > 0) {
      return fmt::format("{}: {}; revision {} holds for those that are yet to come\n", verb,
                         style.warn("no device matched"), revision);
    }
    return fmt::format("{}: {}\n  {}\n", verb, style.warn("no device matched"),
                       hint.empty() ? "try: vfleet ls" : printable(hint));
  }

  const std::uint64_t applied = count_at(result, "applied");
  std::string text = fmt::format("{}: {} matched, {}", verb, matched,
                                 applied == matched ? style.good(fmt::format("{} applied", applied))
                                                    : fmt::format("{} applied", applied));
  if (const auto rejected = count_at(result, "rejected"))
    text += ", " + style.warn(fmt::format("{} rejected", rejected));
  if (const auto failed = count_at(result, "failed"))
    text += ", " + style.bad(fmt::format("{} failed", failed));

  std::string more;
  const auto add = [&more](const std::string& part) { more += (more.empty() ? "" : ", ") + part; };
  if (result.contains("shards"))
    add(fmt::format("{} of {}", count_at(result, "answered"), plural(count_at(result, "shards"), "worker")));
  if (const auto revision = count_at(result, "revision")) add(fmt::format("revision {}", revision));
  if (const auto job = text_at(result, "job"); !job.empty()) add("job " + job);
  if (!more.empty()) text += " (" + more + ")";
  text += "\n";

  for (const auto& reason : list_at(result, "reasons")) {
    text +=
        fmt::format("  {}: {}\n", printable(text_at(reason, "device")), printable(text_at(reason, "text")));
  }
  if (const std::string hint = text_at(result, "hint"); !hint.empty()) text += "  " + printable(hint) + "\n";
  if (const auto& silent = list_at(result, "silent"); !silent.empty()) {
    std::string shards;
    for (const auto& shard : silent) shards += (shards.empty() ? "" : ", ") + shard.dump();
    text += style.warn(fmt::format("  no answer from worker {}", shards)) + "\n";
  }
  return text;
}

std::string progress_line(std::string_view verb, const nlohmann::json& progress) {
  return fmt::format("{}: {} of {} answered, {} matched, {} applied", verb, count_at(progress, "answered"),
                     plural(count_at(progress, "shards"), "worker"), count_at(progress, "matched"),
                     count_at(progress, "applied"));
}

}  // namespace vfleet::cli
