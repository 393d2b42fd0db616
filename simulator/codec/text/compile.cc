#include <algorithm>
#include <array>
#include <utility>

#include "simulator/codec/text/json_shape.h"
#include "simulator/codec/text/template.h"
#include "simulator/core/ascii.h"
#include "simulator/core/suggest.h"

namespace vfleet::codec::text {
namespace {

constexpr std::size_t kNameMax = 200;
constexpr std::size_t kDepthMax = 16;  // of a path

bool letter(char c) {
  return is_letter(c) || c == '_';
}

bool name_character(char c) {
  return letter(c) || is_digit(c) || c == '.' || c == '-' || c == '$';
}

// What leads a name of ours: a path into the data that begins so is written {data.PATH}.
bool reserved(std::string_view first_word) {
  constexpr std::array kWords = {"device",  "label",  "report",  "group", "seq", "boot",
                                 "channel", "due_us", "sent_us", "data",  "env"};
  return std::find(kWords.begin(), kWords.end(), first_word) != kWords.end();
}

const std::vector<std::string>& device_names() {
  static const std::vector<std::string> names = {"device.id", "device.type", "group", "label.NAME"};
  return names;
}

const std::vector<std::string>& report_names() {
  static const std::vector<std::string> names = {"report.type", "report.id", "seq",    "boot", "channel",
                                                 "due_us",      "sent_us",   "report", "data", "data.PATH"};
  return names;
}

std::string listed(bool report) {
  std::string text;
  for (const std::string& name : device_names()) text += (text.empty() ? "{" : ", {") + name + "}";
  if (report) {
    for (const std::string& name : report_names()) text += ", {" + name + "}";
  }
  return text;
}

}  // namespace

class Template::Compiler {
 public:
  Compiler(std::string_view text, const TemplateOptions& options) : text_(text), options_(options) {}

  Result<Template> compile() {
    if (text_.size() > kTextMax) {
      return fail(Errc::invalid_argument,
                  "a template is at most " + std::to_string(kTextMax) + " bytes long");
    }
    const std::size_t first = text_.find_first_not_of(" \t\r\n");
    const std::string_view rest = text_.substr(std::min(first, text_.size()));
    const bool object = rest.starts_with('{') && !(rest.size() > 1 && letter(rest[1]));
    if (options_.detect_json && (object || rest.starts_with('['))) {
      auto made = run(true);
      if (made || shape_good_ || object) return made;
    }
    return run(false);
  }

 private:
  Result<Template> run(bool json) {
    made_ = {};
    shape_ = {};
    shape_good_ = true;
    at_ = 0;
    made_.json_ = json;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      const char next = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
      if (c == '{' && letter(next)) {
        if (Status ok = place(); !ok) return tl::unexpected<Error>(std::move(ok.error()));
        continue;
      }
      at_ += c == '{' && next == '{' ? 2U : 1U;
      if (json && !shape_.character(c)) return not_json();
      tail().text.push_back(c);
    }
    if (json && !shape_.complete()) return not_json();
    return std::move(made_);
  }

  tl::unexpected<Error> not_json() {
    shape_good_ = false;
    const std::string where = at_ >= text_.size() ? "its end" : "character " + std::to_string(at_);
    return fail(Errc::invalid_argument, "the template begins like JSON and is none: look at " + where);
  }

  // Where literal text goes: behind the last place.
  Piece& tail() {
    if (made_.pieces_.empty() || made_.pieces_.back().source != Source::none) made_.pieces_.emplace_back();
    return made_.pieces_.back();
  }

  // At '{' and a letter.
  Status place() {
    const std::size_t begin = at_++;
    while (at_ < text_.size() && (name_character(text_[at_]) || text_[at_] == '|')) ++at_;
    std::string_view inside = text_.substr(begin + 1, at_ - begin - 1);
    if (at_ == text_.size() || text_[at_] != '}') {
      return fail(Errc::invalid_argument, "'{" + std::string(inside.substr(0, kNameMax)) + "' at character " +
                                              std::to_string(begin + 1) +
                                              " has no '}': a place is {NAME} or {NAME|FORMAT}, and {{ "
                                              "stands for a brace");
    }
    ++at_;
    Piece& piece = tail();
    const bool in_string = made_.json_ && shape_.in_string();
    piece.escape = in_string ? Escape::inside : made_.json_ ? Escape::json : options_.escape;
    const std::size_t bar = inside.find('|');
    const std::string_view name = inside.substr(0, bar);
    const bool is_time = name == "due_us" || name == "sent_us" || name.ends_with("_us");
    for (std::size_t from = bar; from != std::string_view::npos;) {
      const std::size_t to = inside.find('|', from + 1);
      const std::string_view word =
          inside.substr(from + 1, to == std::string_view::npos ? to : to - from - 1);
      if (Status ok = format(piece, word, is_time, name); !ok) return ok;
      from = to;
    }
    piece.one_line = line_only() && (piece.escape == Escape::json || piece.escape == Escape::quoted);
    if (Status ok = source(piece, name); !ok) return ok;
    if (piece.time != Time::none && piece.source != Source::field)
      return fail(Errc::invalid_argument, "{" + std::string(name) + "} is no time");
    if (made_.json_ && !shape_.place()) return not_json();
    return {};
  }

  /// Whether no place may end the line: headers, topics, URLs.
  [[nodiscard]] bool line_only() const { return !made_.json_ && options_.escape != Escape::raw; }

  Status format(Piece& piece, std::string_view word, bool is_time, std::string_view name) {
    const std::pair<std::string_view, Escape> escapes[] = {
        {"raw", line_only() ? Escape::line : Escape::raw},
        {"line", Escape::line},
        {"url", Escape::url},
        {"json", Escape::json},
        {"quoted", Escape::quoted},
    };
    for (const auto& [known, escape] : escapes) {
      if (word == known) return piece.escape = escape, Status();
    }
    const std::pair<std::string_view, Time> times[] = {
        {"ms", Time::milliseconds}, {"s", Time::seconds}, {"iso", Time::iso}};
    for (const auto& [known, time] : times) {
      if (word != known) continue;
      if (!is_time) {
        return fail(Errc::invalid_argument, "|" + std::string(word) +
                                                " is for microseconds ({due_us}, {sent_us}), not for {" +
                                                std::string(name) + "}");
      }
      return piece.time = time, Status();
    }
    return fail(Errc::invalid_argument,
                "unknown format |" + std::string(word) + " of {" + std::string(name) +
                    "}; there are |raw, |line, |url, |json, |quoted, and for times |ms, |s, |iso");
  }

  Status source(Piece& piece, std::string_view name) {
    if (name.size() > kNameMax) return unknown(name.substr(0, kNameMax));
    if (name == "device.id") return piece.source = Source::device_id, Status();
    if (name == "device.type") return piece.source = Source::device_type, Status();
    if (name == "group") return piece.source = Source::group, Status();
    if (name.starts_with("label.") && name.size() > 6) {
      piece.source = Source::label;
      piece.label = name.substr(6);
      return {};
    }
    if (name == "env" || name.starts_with("env.")) {
      return fail(Errc::invalid_argument, "{" + std::string(name) +
                                              "}: templates do not see the environment; write ${NAME} in the "
                                              "fleet file, which is replaced when the file is read");
    }
    const std::string_view word = name.substr(0, name.find('.'));
    if (name == "report.type" || name == "report") {
      piece.source = name == "report" ? Source::report : Source::report_type;
      made_.whole_ = made_.whole_ || piece.source == Source::report;
    } else if (name == "report.id") {
      return field(piece, name, "id");
    } else if (name == "channel") {
      return field(piece, name, "ch");
    } else if (name == "seq" || name == "boot" || name == "due_us" || name == "sent_us" || name == "data" ||
               word == "data") {
      return field(piece, name, std::string(name));
    } else if (reserved(word)) {
      return unknown(name);
    } else {
      std::vector<std::string> long_names;
      for (const char* known : {"device.id", "device.type", "report.type", "report.id", "channel", "sent_us"})
        long_names.emplace_back(known);
      const bool like_a_label = word != name && edit_distance(word, "label", 1) <= 1;
      if (like_a_label || !nearest(name, long_names).empty()) return unknown(name);
      return field(piece, name, "data." + std::string(name));
    }
    return needs_report(name);
  }

  Status field(Piece& piece, std::string_view name, const std::string& path) {
    const bool empty_part = path.front() == '.' || path.back() == '.' || path.find("..") != std::string::npos;
    if (empty_part || static_cast<std::size_t>(std::count(path.begin(), path.end(), '.')) >= kDepthMax) {
      return fail(Errc::invalid_argument, "{" + std::string(name) +
                                              "} is no path: names with single dots between them, at most " +
                                              std::to_string(kDepthMax));
    }
    piece.source = Source::field;
    piece.slot = static_cast<std::uint16_t>(made_.fields_.want(path));
    if (made_.fields_.size() > kFieldsMax) {
      return fail(Errc::invalid_argument,
                  "a template has at most " + std::to_string(kFieldsMax) + " different fields");
    }
    return needs_report(name);
  }

  Status needs_report(std::string_view name) {
    made_.needs_report_ = true;
    if (options_.report) return {};
    std::string text = "{" + std::string(name) + "} needs a report, and there is none here";
    const std::string near = nearest(name, device_names());
    return fail(Errc::invalid_argument,
                text + (near.empty() ? "" : did_you_mean("{" + near + "}")) + "; there are " + listed(false));
  }

  // Two edits at most: a member of the data may have any name.
  static std::string nearest(std::string_view name, const std::vector<std::string>& names) {
    const std::string near = nearest_word(name, names);
    return !near.empty() && edit_distance(name, near, 2) <= 2 ? near : std::string();
  }

  [[nodiscard]] Status unknown(std::string_view name) const {
    std::vector<std::string> names = device_names();
    if (options_.report) names.insert(names.end(), report_names().begin(), report_names().end());
    const std::size_t dot = name.find('.');
    const bool like_a_label =
        dot != std::string_view::npos && edit_distance(name.substr(0, dot), "label", 1) <= 1;
    const std::string near =
        like_a_label ? "label" + std::string(name.substr(dot)) : nearest_word(name, names);
    const bool member = options_.report && !reserved(name.substr(0, name.find('.')));
    return fail(Errc::invalid_argument,
                "unknown {" + std::string(name) + "}" + (near.empty() ? "" : did_you_mean("{" + near + "}")) +
                    (member ? "; a member of the report's data is {data." + std::string(name) + "}"
                            : "; there are " + listed(options_.report)));
  }

  std::string_view text_;
  TemplateOptions options_;
  Template made_;
  JsonShape shape_;
  bool shape_good_ = true;  // what went wrong was not the JSON
  std::size_t at_ = 0;
};

Result<Template> Template::compile(std::string_view text, const TemplateOptions& options) {
  return Compiler(text, options).compile();
}

}  // namespace vfleet::codec::text
