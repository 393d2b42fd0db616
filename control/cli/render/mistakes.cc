#include "control/cli/render/mistakes.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "control/cli/render/table.h"
#include "simulator/config/suggest.h"

namespace vfleet::cli {
namespace {

constexpr std::size_t kBytesMax = 16 * 1024 * 1024;
constexpr std::size_t kShownMax = 120;  // characters of a line
constexpr std::size_t kBeforeMax = 80;  // of these, left of the caret

// The lines of the files that mistakes name, each file read once.
class Sources {
 public:
  explicit Sources(const config::LoadOptions& options) : options_(options) {}

  std::optional<std::string> line(const std::string& file, int number) {
    auto at = files_.find(file);
    if (at == files_.end()) at = files_.emplace(file, split(file)).first;
    if (number < 1 || static_cast<std::size_t>(number) > at->second.size()) return std::nullopt;
    return at->second[static_cast<std::size_t>(number) - 1];
  }

 private:
  [[nodiscard]] std::vector<std::string> split(const std::string& file) const {
    std::vector<std::string> lines;
    const auto text = options_.read_file(file, kBytesMax);
    if (!text) return lines;
    std::size_t begin = 0;
    while (begin <= text->size()) {
      const std::size_t end = std::min(text->find('\n', begin), text->size());
      lines.push_back(text->substr(begin, end - begin));
      if (!lines.back().empty() && lines.back().back() == '\r') lines.back().pop_back();
      begin = end + 1;
    }
    return lines;
  }

  const config::LoadOptions& options_;
  std::map<std::string, std::vector<std::string>> files_;
};

bool starts_character(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), starts_character));
}

// The byte where character `index` starts.
std::size_t offset_of(std::string_view text, std::size_t index) {
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    if (starts_character(text[at]) && index-- == 0) break;
  }
  return at;
}

// The line and, below it, a caret under the column (from 1, in bytes).
std::string excerpt(std::string line, int number, int column, const Style& style) {
  std::replace(line.begin(), line.end(), '\t', ' ');
  const auto bytes = static_cast<std::size_t>(std::max(column - 1, 0));
  std::size_t before = characters(std::string_view(line).substr(0, std::min(bytes, line.size())));
  if (before > kBeforeMax) {
    line = "..." + line.substr(offset_of(line, before - kBeforeMax + 3));
    before = kBeforeMax;
  }
  if (characters(line) > kShownMax) line = line.substr(0, offset_of(line, kShownMax - 3)) + "...";
  const std::string margin = fmt::format("{:>5} | ", number);
  std::string out = style.faint(margin) + printable(line) + "\n";
  if (column > 0) {
    out += style.faint(std::string(margin.size() - 2, ' ') + "| ") + std::string(before, ' ') +
           style.bad("^") + "\n";
  }
  return out;
}

}  // namespace

std::string render_mistakes(const config::Mistakes& mistakes, const Style& style,
                            const config::LoadOptions& options) {
  Sources sources(options);
  std::string out;
  for (const config::Mistake& each : mistakes) {
    std::string place = each.file;
    if (each.line > 0) place += fmt::format(":{}:{}", each.line, each.column);
    out += style.strong(printable(place) + ":") + " ";
    if (!each.path.empty()) out += printable(each.path) + ": ";
    out += style.bad(printable(each.message)) + printable(config::did_you_mean(each.hint)) + "\n";
    if (const auto line = sources.line(each.file, each.line))
      out += excerpt(*line, each.line, each.column, style);
  }
  if (!mistakes.empty())
    out += mistakes.size() == 1 ? "1 mistake\n" : fmt::format("{} mistakes\n", mistakes.size());
  return out;
}

ExitStatus report_mistakes(Output& out, const config::Mistakes& mistakes) {
  out.document({{"status", static_cast<int>(ExitStatus::usage)}, {"mistakes", config::to_json(mistakes)}});
  out.text(render_mistakes(mistakes, out.style()));
  return ExitStatus::usage;
}

}  // namespace vfleet::cli
