#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// Words and signs of a selector's text. For selector*.cc alone.
namespace vfleet::bus {

/// Whether a bare word may hold it: no space, no sign of the grammar, no control character.
[[nodiscard]] bool is_word(char c);
/// Whether a bare word is a pattern over ids.
[[nodiscard]] bool has_pattern(std::string_view word);

struct SelectorWord {
  std::string text;
  bool quoted = false;
  std::size_t at = 0;  ///< where it starts
};

/// Goes through a text once, from left to right; remembers the last mistake.
class SelectorLexer {
 public:
  /// `text` outlives the lexer.
  explicit SelectorLexer(std::string_view text) : text_(text) {}

  [[nodiscard]] std::size_t at() const { return at_; }
  [[nodiscard]] bool ended() const { return at_ == text_.size(); }
  /// The next character; '\0' at the end.
  [[nodiscard]] char peek() const { return ended() ? '\0' : text_[at_]; }
  void skip_spaces();
  /// The sign that comes next, when it is this one.
  bool take(char c);
  bool take(std::string_view sign);
  /// Spaces and this sign, or a mistake that says after what it is missing.
  [[nodiscard]] bool expect(char c, std::string_view after);
  /// Spaces and a bare or a quoted word, or a mistake that says `what` was expected.
  [[nodiscard]] bool word(SelectorWord& out, std::string_view what);
  /// A word that is compared with: patterns work on bare ids only, and to compare with a star one quotes it.
  [[nodiscard]] bool value(std::string& out);

  /// Remembers a mistake at that place; always false.
  bool refuse(std::size_t at, std::string_view what);
  /// "column 4: expected a value"
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  [[nodiscard]] bool quoted(SelectorWord& out);

  std::string_view text_;
  std::size_t at_ = 0;
  std::string error_;
};

}  // namespace vfleet::bus
