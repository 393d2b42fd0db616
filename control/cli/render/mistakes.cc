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

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

// The line with what follows `word:` masked, as many bytes as it has, so that the caret stays where it is. In
// a flow map the value ends at a comma or a bracket outside of quotes.
std::string masked(std::string line, const std::string& word) {
  for (std::size_t at = line.find(word); at != std::string::npos; at = line.find(word, at + word.size())) {
    std::size_t value = at + word.size();
    if (at > 0 && is_word(line[at - 1])) continue;
    if (value < line.size() && (line[value] == '"' || line[value] == '\'')) ++value;
    while (value < line.size() && line[value] == ' ') ++value;
    if (value >= line.size() || (line[value] != ':' && line[value] != '=')) continue;
    for (++value; value < line.size() && line[value] == ' ';) ++value;
    // {secret_file: FILE} is no secret.
    if (value < line.size() && line[value] == '{') continue;
    const char quote =
        value < line.size() && (line[value] == '"' || line[value] == '\'') ? line[value] : '\0';
    std::size_t end = quote == '\0' ? line.find_first_of(",}]", value) : line.find(quote, value + 1);
    // Outside of a flow map a comma belongs to the value.
    if (quote == '\0' && line.find('{') == std::string::npos) end = line.size();
    end = std::min(end == std::string::npos ? line.size() : end + (quote == '\0' ? 0 : 1), line.size());
    std::fill(line.begin() + static_cast<std::ptrdiff_t>(value),
              line.begin() + static_cast<std::ptrdiff_t>(end), '*');
  }
  return line;
}

}  // namespace

std::set<std::string> secret_words(const config::Catalogue& catalogue) {
  std::set<std::string> out;
  const auto add = [&out](const config::Schema& schema) {
    for (const config::Key& key : schema.keys()) {
      if (key.secret) out.insert(key.path.substr(key.path.rfind('.') + 1));
      for (const config::Key& item : key.items) {
        if (item.secret) out.insert(item.path);
      }
    }
  };
  for (const auto& [name, entry] : catalogue.types) add(entry.schema);
  for (const auto& [name, entry] : catalogue.uplinks) add(entry.schema);
  return out;
}

std::string render_mistakes(const config::Mistakes& mistakes, const Style& style,
                            const config::LoadOptions& options, const std::set<std::string>& secrets) {
  Sources sources(options);
  std::string out;
  for (const config::Mistake& each : mistakes) {
    std::string place = each.file;
    if (each.line > 0) place += fmt::format(":{}:{}", each.line, each.column);
    out += style.strong(printable(place) + ":") + " ";
    if (!each.path.empty()) out += printable(each.path) + ": ";
    out += style.bad(printable(each.message)) + printable(config::did_you_mean(each.hint)) + "\n";
    if (auto line = sources.line(each.file, each.line)) {
      for (const std::string& word : secrets) *line = masked(std::move(*line), word);
      out += excerpt(std::move(*line), each.line, each.column, style);
    }
  }
  if (!mistakes.empty())
    out += mistakes.size() == 1 ? "1 mistake\n" : fmt::format("{} mistakes\n", mistakes.size());
  return out;
}

ExitStatus report_mistakes(Output& out, const config::Mistakes& mistakes,
                           const config::Catalogue& catalogue) {
  out.document({{"status", static_cast<int>(ExitStatus::usage)}, {"mistakes", config::to_json(mistakes)}});
  out.text(render_mistakes(mistakes, out.style(), {}, secret_words(catalogue)));
  return ExitStatus::usage;
}

}  // namespace vfleet::cli
