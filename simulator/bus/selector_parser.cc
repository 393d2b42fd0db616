#include "simulator/bus/selector_parser.h"

#include <cstddef>
#include <string>
#include <utility>

#include "simulator/bus/selector_lexer.h"
#include "simulator/core/ascii.h"
#include "simulator/core/units.h"

namespace vfleet::bus {
namespace {

constexpr std::size_t kTermsMax = 256;

class Parser {
 public:
  explicit Parser(std::string_view text) : lexer_(text) {}

  /// Reads every term; on failure error() says why.
  [[nodiscard]] bool read_all();
  [[nodiscard]] const std::string& error() const { return lexer_.error(); }
  /// What was read; ends the parser's use.
  [[nodiscard]] ParsedSelector take() { return std::move(parsed_); }

 private:
  bool term();
  bool comparison(const SelectorWord& key, bool& is_comparison);
  bool one_of(const SelectorWord& key, bool negated, bool list);
  bool order(const SelectorWord& key, SelectorCompare compare);
  bool set_key(const SelectorWord& key, SelectorTerm& term);
  bool call(const SelectorWord& name);
  bool sample(SelectorTerm& term);
  bool limit_of(std::size_t at);
  bool bare(const SelectorWord& word, bool negated, bool is_id);
  bool range(const SelectorWord& word, bool negated);
  bool refuse(std::size_t at, std::string_view what) { return lexer_.refuse(at, what); }

  SelectorLexer lexer_;
  ParsedSelector parsed_;
  bool first_ = true;
};

bool Parser::set_key(const SelectorWord& key, SelectorTerm& term) {
  if (!key.quoted && has_pattern(key.text)) return refuse(key.at, "expected a name without '*' and '?'");
  if (key.text.empty()) return refuse(key.at, "expected a name");
  if (key.quoted) {
    term.field = SelectorField::label;
    term.name = key.text;
  } else if (key.text == "id") {
    term.field = SelectorField::id;
  } else if (key.text == "type") {
    term.field = SelectorField::type;
  } else if (key.text == "group") {
    term.field = SelectorField::group;
  } else if (key.text.starts_with("state.")) {
    term.field = SelectorField::state;
    term.name = key.text.substr(6);
    if (term.name.empty()) return refuse(key.at, "expected a name after 'state.'");
  } else {
    term.field = SelectorField::label;
    term.name = key.text;
  }
  return true;
}

bool Parser::one_of(const SelectorWord& key, bool negated, bool list) {
  SelectorTerm out;
  out.negated = negated;
  if (!set_key(key, out)) return false;
  std::string text;
  if (!list) {
    if (!lexer_.value(text)) return false;
    out.values.add(std::move(text));
  } else {
    if (!lexer_.expect('(', negated ? "'notin'" : "'in'")) return false;
    lexer_.skip_spaces();
    // An empty list of ids is what control publishes when nothing matched; by hand it would be a slip.
    const bool empty = out.field == SelectorField::id && lexer_.take(')');
    while (!empty) {
      if (!lexer_.value(text)) return false;
      out.values.add(std::move(text));
      lexer_.skip_spaces();
      if (lexer_.take(')')) break;
      if (!lexer_.take(',')) return refuse(lexer_.at(), "expected ',' or ')' after a value");
    }
  }
  parsed_.terms.push_back(std::move(out));
  return true;
}

bool Parser::order(const SelectorWord& key, SelectorCompare compare) {
  SelectorTerm out;
  out.compare = compare;
  if (!set_key(key, out)) return false;
  if (out.field != SelectorField::state)
    return refuse(key.at, "only state.NAME is compared with '<' and '>'");
  lexer_.skip_spaces();
  const std::size_t at = lexer_.at();
  std::string text;
  if (!lexer_.value(text)) return false;
  const auto number = number_in(text);
  if (!number) return refuse(at, "expected a number");
  out.number = *number;
  out.values.add(std::move(text));
  parsed_.terms.push_back(std::move(out));
  return true;
}

/// What follows a name: an operator and its values, when there is one.
bool Parser::comparison(const SelectorWord& key, bool& is_comparison) {
  is_comparison = true;
  lexer_.skip_spaces();
  if (lexer_.take("!=")) return one_of(key, true, false);
  if (lexer_.take("==") || lexer_.take('=')) return one_of(key, false, false);
  if (lexer_.take("<=")) return order(key, SelectorCompare::less_equal);
  if (lexer_.take(">=")) return order(key, SelectorCompare::greater_equal);
  if (lexer_.take('<')) return order(key, SelectorCompare::less);
  if (lexer_.take('>')) return order(key, SelectorCompare::greater);
  if (!lexer_.ended() && is_word(lexer_.peek())) {
    SelectorWord operation;
    if (!lexer_.word(operation, "an operator")) return false;
    if (operation.text == "in") return one_of(key, false, true);
    if (operation.text == "notin") return one_of(key, true, true);
    return refuse(operation.at, "expected '=', '!=', 'in', 'notin', '<', '>' or ',' before '" +
                                    operation.text.substr(0, 40) + "'");
  }
  is_comparison = false;
  return true;
}

bool Parser::sample(SelectorTerm& out) {
  SelectorWord ratio;
  if (!lexer_.word(ratio, "a part, like 5%")) return false;
  const auto part = parse_quantity(ratio.text, Unit::ratio);
  if (!part || !(*part >= 0) || *part > 1) return refuse(ratio.at, "expected a part between 0% and 100%");
  out.field = SelectorField::sample;
  out.number = *part;
  lexer_.skip_spaces();
  if (lexer_.take(',') && !lexer_.value(out.name)) return false;
  return true;
}

bool Parser::limit_of(std::size_t at) {
  SelectorWord count;
  if (!lexer_.word(count, "a count")) return false;
  const auto number = digits_in(count.text);
  if (!number || *number == 0) return refuse(count.at, "expected a count of at least 1");
  if (parsed_.limit) return refuse(at, "limit() stands there twice");
  parsed_.limit = number;
  return true;
}

bool Parser::call(const SelectorWord& name) {
  lexer_.take('(');
  if (name.text == "sample") {
    SelectorTerm out;
    if (!sample(out)) return false;
    parsed_.terms.push_back(std::move(out));
  } else if (name.text == "limit") {
    if (!limit_of(name.at)) return false;
  } else {
    return refuse(name.at, "expected sample(...) or limit(...)");
  }
  return lexer_.expect(')', "the value");
}

bool Parser::range(const SelectorWord& word, bool negated) {
  const std::string_view text = word.text;
  const std::size_t dots = text.rfind("..");
  const std::string_view left = text.substr(0, dots);
  std::string_view right = text.substr(dots + 2);
  std::size_t digits = left.size();
  while (digits > 0 && is_digit(left[digits - 1])) --digits;
  const std::string_view prefix = left.substr(0, digits);
  if (!prefix.empty() && right.starts_with(prefix)) right.remove_prefix(prefix.size());
  const auto low = digits_in(left.substr(digits));
  const auto high = digits_in(right);
  if (!low) return refuse(word.at + dots, "expected a number before '..', like pile-10..19");
  if (!high) return refuse(word.at + dots + 2, "expected a number after '..', like pile-10..19");
  if (*high < *low) return refuse(word.at, "the range ends before it starts");
  SelectorTerm out;
  out.field = SelectorField::id_range;
  out.negated = negated;
  out.name = prefix;
  out.shown = word.text;
  out.low = *low;
  out.high = *high;
  parsed_.terms.push_back(std::move(out));
  return true;
}

/// A word that stands alone: an id or a pattern of ids, or the presence of a label.
bool Parser::bare(const SelectorWord& word, bool negated, bool is_id) {
  if (!word.quoted && !has_pattern(word.text) && word.text.find("..") != std::string::npos) {
    return range(word, negated);
  }
  SelectorTerm out;
  out.negated = negated;
  if (!word.quoted && has_pattern(word.text)) {
    out.field = SelectorField::id_glob;
    out.name = word.text;
  } else if (!word.quoted && word.text == "all") {
    if (negated) return refuse(word.at, "'!all' matches nothing");
  } else if (is_id) {
    out.field = SelectorField::id;
    out.values.add(word.text);
  } else if (!word.quoted && word.text.starts_with("state.")) {
    out.field = SelectorField::state_there;
    out.name = word.text.substr(6);
    if (out.name.empty()) return refuse(word.at, "expected a name after 'state.'");
  } else {
    if (word.text.empty()) return refuse(word.at, "expected a label");
    out.field = SelectorField::label_there;
    out.name = word.text;
  }
  parsed_.terms.push_back(std::move(out));
  return true;
}

bool Parser::term() {
  lexer_.skip_spaces();
  SelectorWord read;
  if (lexer_.take('!')) return lexer_.word(read, "a label after '!'") && bare(read, true, false);
  if (lexer_.take('=')) return lexer_.word(read, "a label after '='") && bare(read, false, false);
  if (!lexer_.word(read, "an id, a label or 'all'")) return false;
  if (!read.quoted && lexer_.peek() == '(') return call(read);
  bool is_comparison = false;
  if (!comparison(read, is_comparison)) return false;
  return is_comparison || bare(read, false, first_);
}

bool Parser::read_all() {
  lexer_.skip_spaces();
  if (lexer_.ended()) return refuse(0, "expected a selector; 'all' is every device");
  for (;;) {
    if (parsed_.terms.size() == kTermsMax) return refuse(lexer_.at(), "more than 256 terms");
    if (!term()) return false;
    first_ = false;
    lexer_.skip_spaces();
    if (lexer_.ended()) return true;
    if (!lexer_.take(',')) return refuse(lexer_.at(), "expected ',' between terms");
  }
}

}  // namespace

Result<ParsedSelector> parse_selector(std::string_view text) {
  Parser parser(text);
  if (!parser.read_all()) return fail(Errc::invalid_argument, parser.error());
  return parser.take();
}

}  // namespace vfleet::bus
