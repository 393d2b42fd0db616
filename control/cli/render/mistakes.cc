#include "control/cli/render/mistakes.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "control/cli/render/table.h"
#include "simulator/config/suggest.h"
#include "simulator/core/ascii.h"

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
  return is_letter_or_digit(c) || c == '_' || c == '-';
}

// Bytes [begin, end) of a line hold a value.
struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool closed = false;  // what follows on later lines is no part of it
};

// The quote that ends the text that begins with the quote at `begin`; npos: it is not in this line.
std::size_t closing(const std::string& line, std::size_t begin) {
  const char quote = line[begin];
  for (std::size_t at = begin + 1; at < line.size(); ++at) {
    if (line[at] == '\\' && quote == '"') {
      ++at;
    } else if (line[at] == quote) {
      if (quote == '"' || at + 1 >= line.size() || line[at + 1] != quote) return at;
      ++at;
    }
  }
  return std::string::npos;
}

// The next value at or after `from` that follows `word:` or `word=`. In a flow map it ends at a comma or a
// bracket outside of quotes.
std::optional<Span> value_of(const std::string& line, const std::string& word, std::size_t from) {
  for (std::size_t at = line.find(word, from); at != std::string::npos; at = line.find(word, at + 1)) {
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
    std::size_t end = quote == '\0' ? line.find_first_of(",}]", value) : closing(line, value);
    // Outside of a flow map a comma belongs to the value.
    if (quote == '\0' && line.find('{') == std::string::npos) end = line.size();
    const bool closed = end < line.size();
    return Span{value, closed ? end + (quote == '\0' ? 0 : 1) : line.size(), closed};
  }
  return std::nullopt;
}

void mask(std::string& line, std::size_t begin, std::size_t end) {
  std::fill(line.begin() + static_cast<std::ptrdiff_t>(begin),
            line.begin() + static_cast<std::ptrdiff_t>(end), '*');
}

// Where the first word of a line stands, after the dashes of lists; npos: in no column.
std::size_t column_of(const std::string& line) {
  std::size_t at = line.find_first_not_of(' ');
  while (at != std::string::npos && line.compare(at, 2, "- ") == 0) at = line.find_first_not_of(' ', at + 1);
  return at;
}

// Whether line `number` is the value of a secret key above it, or a part of it: a block scalar, a text over
// several lines, a list.
bool in_secret(Sources& sources, const std::string& file, int number, const std::set<std::string>& secrets) {
  std::size_t inner = column_of(sources.line(file, number).value_or(""));
  for (int above = number - 1; above > 0 && inner != std::string::npos && inner > 0; --above) {
    const std::string line = sources.line(file, above).value_or("");
    const std::size_t column = column_of(line);
    if (column == std::string::npos || column >= inner) continue;
    inner = column;
    for (const std::string& word : secrets) {
      std::optional<Span> last;
      while (const auto next = value_of(line, word, last ? last->end : 0)) last = next;
      if (last && !last->closed) return true;
    }
  }
  return false;
}

// The line with secrets masked, as many bytes as it has, so that the caret stays where it is.
std::string masked(Sources& sources, const std::string& file, int number, std::string line,
                   const std::set<std::string>& secrets) {
  if (in_secret(sources, file, number, secrets)) mask(line, line.find_first_not_of(' '), line.size());
  for (const std::string& word : secrets) {
    for (auto at = value_of(line, word, 0); at; at = value_of(line, word, at->end))
      mask(line, at->begin, at->end);
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
      out += excerpt(masked(sources, each.file, each.line, std::move(*line), secrets), each.line, each.column,
                     style);
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
