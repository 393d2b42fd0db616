#include "tests/unit/control/results/markup.h"

#include <cctype>

namespace vfleet::control::report {
namespace {

class Markup {
 public:
  explicit Markup(std::string_view text) : text_(text) {}

  std::string check() {
    while (at_ < text_.size() && wrong_.empty()) {
      if (text_[at_] == '<') {
        element();
      } else if (text_[at_] == '&') {
        entity();
      } else {
        ++at_;
      }
    }
    if (wrong_.empty() && !open_.empty()) wrong_ = "not closed: " + open_.back();
    return wrong_;
  }

 private:
  void fail(const std::string& what) {
    wrong_ = what + " at " + std::to_string(at_) + ": " + std::string(text_.substr(at_, 60));
  }

  void entity() {
    const std::size_t end = text_.find(';', at_);
    if (end == std::string_view::npos || end - at_ > 8) return fail("a bare &");
    at_ = end + 1;
  }

  void element() {
    if (text_.substr(at_).starts_with("<?") || text_.substr(at_).starts_with("<!")) {
      at_ = text_.find('>', at_) + 1;
      return;
    }
    const bool closing = at_ + 1 < text_.size() && text_[at_ + 1] == '/';
    std::size_t end = at_ + (closing ? 2 : 1);
    const std::size_t start = end;
    while (end < text_.size() &&
           (std::isalnum(static_cast<unsigned char>(text_[end])) != 0 || text_[end] == '-'))
      ++end;
    const std::string name(text_.substr(start, end - start));
    if (name.empty()) return fail("a bare <");
    if (closing) {
      if (open_.empty() || open_.back() != name) return fail("</" + name + "> closes what is not open");
      open_.pop_back();
      at_ = text_.find('>', end) + 1;
      return;
    }
    // Attributes.
    while (end < text_.size() && text_[end] != '>' && text_[end] != '/') {
      if (text_[end] == '=') {
        if (end + 1 >= text_.size() || text_[end + 1] != '"') return fail("an attribute without quotes");
        const std::size_t close = text_.find('"', end + 2);
        if (close == std::string_view::npos) return fail("an attribute that does not end");
        const std::string_view value = text_.substr(end + 2, close - end - 2);
        if (value.find('<') != std::string_view::npos) return fail("a < in an attribute");
        if (value.starts_with("http") || value.starts_with("//")) return fail("something from elsewhere");
        end = close;
      }
      ++end;
    }
    const bool empty = text_.substr(end).starts_with("/>");
    at_ = end + (empty ? 2 : 1);
    if (empty) return;
    open_.push_back(name);
    // Their text is no markup.
    if (name == "script" || name == "style") {
      at_ = text_.find("</" + name, at_);
      if (at_ == std::string_view::npos) return fail("no end of " + name);
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<std::string> open_;
  std::string wrong_;
};

}  // namespace

std::string wrong_in_markup(std::string_view text) {
  return Markup(text).check();
}

std::vector<std::vector<std::string>> csv_records(std::string_view text) {
  std::vector<std::vector<std::string>> out;
  std::vector<std::string> record(1);
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '"' && i + 1 < text.size() && text[i + 1] == '"')
        record.back() += text[++i];
      else if (c == '"')
        quoted = false;
      else
        record.back() += c;
    } else if (c == '"') {
      quoted = true;
    } else if (c == ',') {
      record.emplace_back();
    } else if (c == '\r') {
      continue;
    } else if (c == '\n') {
      out.push_back(std::move(record));
      record.assign(1, {});
    } else {
      record.back() += c;
    }
  }
  return out;
}

}  // namespace vfleet::control::report
