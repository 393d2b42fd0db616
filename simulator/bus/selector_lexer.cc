#include "simulator/bus/selector_lexer.h"

#include <utility>

namespace vfleet::bus {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

}  // namespace

bool is_word(char c) {
  switch (c) {
    case ',':
    case '(':
    case ')':
    case '=':
    case '!':
    case '<':
    case '>':
    case '"':
      return false;  // clang-format off
    default: return !is_space(c) && static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;  // clang-format on
  }
}

bool has_pattern(std::string_view word) {
  return word.find_first_of("*?") != std::string_view::npos;
}

bool SelectorLexer::refuse(std::size_t at, std::string_view what) {
  error_ = "column " + std::to_string(at + 1) + ": " + std::string(what);
  return false;
}

void SelectorLexer::skip_spaces() {
  while (at_ < text_.size() && is_space(text_[at_])) ++at_;
}

bool SelectorLexer::take(char c) {
  if (peek() != c) return false;
  ++at_;
  return true;
}

bool SelectorLexer::take(std::string_view sign) {
  if (!text_.substr(at_).starts_with(sign)) return false;
  at_ += sign.size();
  return true;
}

bool SelectorLexer::expect(char c, std::string_view after) {
  skip_spaces();
  if (take(c)) return true;
  return refuse(at_, std::string("expected '") + c + "' after " + std::string(after));
}

bool SelectorLexer::quoted(SelectorWord& out) {
  const std::size_t start = at_++;
  out.quoted = true;
  while (!ended() && text_[at_] != '"') {
    if (text_[at_] == '\\' && ++at_ == text_.size()) break;
    out.text += text_[at_++];
  }
  return take('"') || refuse(start, "this quote is not closed");
}

bool SelectorLexer::word(SelectorWord& out, std::string_view what) {
  skip_spaces();
  out = SelectorWord{.text = {}, .quoted = false, .at = at_};
  if (peek() == '"') return quoted(out);
  while (!ended() && is_word(text_[at_])) out.text += text_[at_++];
  return !out.text.empty() || refuse(at_, "expected " + std::string(what));
}

bool SelectorLexer::value(std::string& out) {
  SelectorWord word_read;
  if (!word(word_read, "a value")) return false;
  if (!word_read.quoted && has_pattern(word_read.text)) {
    return refuse(word_read.at, "'*' and '?' work in bare ids only; quote the value to mean the character");
  }
  out = std::move(word_read.text);
  return true;
}

}  // namespace vfleet::bus
