#include "control/cli/supervise/kept_process.h"

#include <fmt/format.h>
#include <unistd.h>

namespace vfleet::cli {

Outcome<void> KeptProcess::spawn(const std::filesystem::path& helper, const std::filesystem::path& program,
                                 const std::vector<std::string>& args) {
  const auto write_end = output.open();
  if (!write_end) return tl::unexpected<Failure>(write_end.error());
  auto started = Child::spawn(helper, program, args, *write_end);
  ::close(*write_end);
  if (!started) return tl::unexpected<Failure>(started.error());
  child.emplace(std::move(*started));
  start_at = kNever;
  return {};
}

std::optional<Exit> KeptProcess::take_end() {
  if (!child) return std::nullopt;
  const auto ended = child->poll();
  if (!ended) return std::nullopt;
  output.close();
  child.reset();
  return ended;
}

std::string KeptProcess::last_words() const {
  const std::string lines = output.last_lines();
  if (lines.empty()) return fmt::format("it printed nothing (log: {})", output.file().path().string());
  return fmt::format("the end of {}:\n{}", output.file().path().string(), lines);
}

}  // namespace vfleet::cli
