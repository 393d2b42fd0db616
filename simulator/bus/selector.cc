#include "simulator/bus/selector.h"

#include <algorithm>
#include <charconv>
#include <unordered_set>

#include "simulator/core/hash.h"
#include "simulator/core/units.h"

namespace vfleet::bus {
namespace {

constexpr std::size_t kTextMax = 64U << 10U;
constexpr std::size_t kIdListMax =
    4U << 20U;  // `id in (...)` alone: what control resolved for state.* and limit
constexpr std::size_t kTermsMax = 256;
constexpr std::size_t kSmallSet = 8;  // from here on a hash set beats a scan
constexpr std::string_view kIdList = "id in (";

enum class Field : std::uint8_t {
  all,
  id,
  id_glob,
  id_range,
  type,
  group,
  label,
  label_there,
  state,
  state_there,
  sample,
};

enum class Compare : std::uint8_t { one_of, less, less_equal, greater, greater_equal };

/// The number of a state's text or of a selector's value.
std::optional<double> number_in(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value != value) return std::nullopt;
  return value;
}

std::optional<std::uint64_t> digits_in(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// '*' stands for any text, '?' for one byte. Only the last star is ever retried: at most |text| * |pattern|
/// steps.
bool glob_matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

/// A set of texts that a comparison is made with, in the order they were written.
class OneOf {
 public:
  /// Keeps the first of equal texts.
  void add(std::string text) {
    if (known_.insert(text).second) texts_.push_back(std::move(text));
  }
  [[nodiscard]] bool has(std::string_view text) const {
    if (texts_.size() > kSmallSet) return known_.find(text) != known_.end();
    return std::find(texts_.begin(), texts_.end(), text) != texts_.end();
  }
  [[nodiscard]] const std::vector<std::string>& texts() const { return texts_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  std::vector<std::string> texts_;
  std::unordered_set<std::string, Hash, std::equal_to<>> known_;
};

struct Term {
  Field field = Field::all;
  bool negated = false;
  Compare compare = Compare::one_of;
  std::string
      name;  ///< of a label or a state; the pattern of a glob; the prefix of a range; the salt of a sample
  std::string shown;  ///< a range as it was written
  OneOf values;
  std::uint64_t low = 0;   ///< of a range
  std::uint64_t high = 0;  ///< of a range
  double number = 0;       ///< what an order compares with; the ratio of a sample

  [[nodiscard]] bool holds(const IdentityView& device) const;

 private:
  [[nodiscard]] bool in_range(std::string_view id) const;
  [[nodiscard]] bool in_sample(std::string_view id) const;
  [[nodiscard]] bool state_holds(const std::optional<std::string>& value) const;
};

bool Term::in_range(std::string_view id) const {
  if (!id.starts_with(name)) return false;
  const auto value = digits_in(id.substr(name.size()));
  return value && *value >= low && *value <= high;
}

bool Term::in_sample(std::string_view id) const {
  if (number >= 1) return true;
  return static_cast<double>(mix(hash(id), hash(name)) >> 11U) * 0x1.0p-53 < number;
}

bool Term::state_holds(const std::optional<std::string>& value) const {
  if (!value) return false;
  const auto now = number_in(*value);
  if (compare == Compare::one_of) {
    if (values.has(*value)) return true;
    if (!now) return false;
    return std::any_of(values.texts().begin(), values.texts().end(),
                       [&](const std::string& each) { return number_in(each) == now; });
  }
  if (!now) return false;
  switch (compare) {
    case Compare::one_of:
      break;
    case Compare::less:
      return *now < number;
    case Compare::less_equal:
      return *now <= number;
    case Compare::greater:
      return *now > number;
    case Compare::greater_equal:
      return *now >= number;
  }
  return false;
}

bool Term::holds(const IdentityView& device) const {
  const auto plain = [&] {
    switch (field) {
      case Field::all:
        return true;
      case Field::id:
        return values.has(device.id());
      case Field::id_glob:
        return glob_matches(name, device.id());
      case Field::id_range:
        return in_range(device.id());
      case Field::type:
        return values.has(device.type());
      case Field::group:
        return values.has(device.group());
      case Field::label: {
        const auto value = device.label(name);
        return value && values.has(*value);
      }
      case Field::label_there:
        return device.label(name).has_value();
      case Field::state:
        return state_holds(device.state(name));
      case Field::state_there:
        return device.state(name).has_value();
      case Field::sample:
        return in_sample(device.id());
    }
    return false;
  };
  return plain() != negated;
}

// ---- text ----

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

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

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

/// A value or a name as the parser reads it back: quoted only when it must be.
void append_word(std::string& out, std::string_view text) {
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), is_word) && !has_pattern(text);
  if (plain) {
    out += text;
  } else {
    append_quoted(out, text);
  }
}

/// A bare word that names a label must not look like anything else.
void append_label(std::string& out, std::string_view name, bool bare) {
  const bool taken = name == "id" || name == "type" || name == "group" || name.starts_with("state.");
  const bool other = name == "all" || name.find("..") != std::string_view::npos;
  if (taken || (bare && other)) {
    append_quoted(out, name);
  } else {
    append_word(out, name);
  }
}

void append_list(std::string& out, const std::vector<std::string>& texts) {
  out += '(';
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i > 0) out += ',';
    append_word(out, texts[i]);
  }
  out += ')';
}

/// `name=value`, `name!=value`, `name in (..)` or `name notin (..)`.
void append_one_of(std::string& out, std::string_view name, const Term& term) {
  if (term.field == Field::label) {
    append_label(out, name, false);
  } else {
    out += name;
  }
  if (term.values.texts().size() == 1) {
    out += term.negated ? "!=" : "=";
    append_word(out, term.values.texts().front());
  } else {
    out += term.negated ? " notin " : " in ";
    append_list(out, term.values.texts());
  }
}

void append_state(std::string& out, const Term& term) {
  const std::string name = "state." + term.name;
  std::string_view sign;
  switch (term.compare) {
    case Compare::one_of:
      return append_one_of(out, name, term);
    case Compare::less:
      sign = "<";
      break;
    case Compare::less_equal:
      sign = "<=";
      break;
    case Compare::greater:
      sign = ">";
      break;
    case Compare::greater_equal:
      sign = ">=";
      break;
  }
  out += name;
  out += sign;
  append_word(out, term.values.texts().front());
}

void append_term(std::string& out, const Term& term, bool first) {
  switch (term.field) {
    case Field::all:
      out += "all";
      return;
    case Field::id:
      if (first && !term.negated && term.values.texts().size() == 1) {
        const std::string& id = term.values.texts().front();
        if (id == "all" || id.find("..") != std::string::npos) {
          append_quoted(out, id);
        } else {
          append_word(out, id);
        }
        return;
      }
      append_one_of(out, "id", term);
      return;
    case Field::id_glob:
      if (term.negated) out += '!';
      out += term.name;
      return;
    case Field::id_range:
      if (term.negated) out += '!';
      out += term.shown;
      return;
    case Field::type:
      append_one_of(out, "type", term);
      return;
    case Field::group:
      append_one_of(out, "group", term);
      return;
    case Field::label:
      append_one_of(out, term.name, term);
      return;
    case Field::label_there:
      // As the first term a bare word is an id, so there the label takes a "=".
      if (term.negated) out += '!';
      if (!term.negated && first) out += '=';
      append_label(out, term.name, true);
      return;
    case Field::state:
      append_state(out, term);
      return;
    case Field::state_there:
      if (term.negated) out += '!';
      if (!term.negated && first) out += '=';
      out += "state." + term.name;
      return;
    case Field::sample:
      out += "sample(" + format_quantity(term.number, Unit::ratio);
      if (!term.name.empty()) {
        out += ',';
        append_word(out, term.name);
      }
      out += ')';
      return;
  }
}

// ---- parser ----

struct Word {
  std::string text;
  bool quoted = false;
  std::size_t at = 0;
};

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  /// Reads every term; on failure error() says why.
  bool read_all();

  std::vector<Term> terms;
  std::optional<std::uint64_t> limit;
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  bool refuse(std::size_t at, std::string_view what) {
    error_ = "column " + std::to_string(at + 1) + ": " + std::string(what);
    return false;
  }
  void skip_spaces() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }
  [[nodiscard]] bool ended() const { return at_ == text_.size(); }
  [[nodiscard]] char peek() const { return ended() ? '\0' : text_[at_]; }
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  bool take(std::string_view sign) {
    if (!text_.substr(at_).starts_with(sign)) return false;
    at_ += sign.size();
    return true;
  }
  bool expect(char c, std::string_view after) {
    skip_spaces();
    if (take(c)) return true;
    return refuse(at_, std::string("expected '") + c + "' after " + std::string(after));
  }

  bool word(Word& out, std::string_view what);
  bool quoted(Word& out);
  bool value(std::string& out);
  bool term();
  bool comparison(const Word& key, bool& is_comparison);
  bool one_of(const Word& key, bool negated, bool list);
  bool order(const Word& key, Compare compare);
  bool set_key(const Word& key, Term& term);
  bool call(const Word& name);
  bool sample(Term& term);
  bool limit_of(std::size_t at);
  bool bare(const Word& word, bool negated, bool is_id);
  bool range(const Word& word, bool negated);

  std::string_view text_;
  std::size_t at_ = 0;
  bool first_ = true;
  std::string error_;
};

bool Parser::quoted(Word& out) {
  const std::size_t start = at_++;
  out.quoted = true;
  while (!ended() && text_[at_] != '"') {
    if (text_[at_] == '\\' && ++at_ == text_.size()) break;
    out.text += text_[at_++];
  }
  return take('"') || refuse(start, "this quote is not closed");
}

bool Parser::word(Word& out, std::string_view what) {
  skip_spaces();
  out = Word{.text = {}, .quoted = false, .at = at_};
  if (peek() == '"') return quoted(out);
  while (!ended() && is_word(text_[at_])) out.text += text_[at_++];
  return !out.text.empty() || refuse(at_, "expected " + std::string(what));
}

/// A value: patterns work on bare ids only, and to compare with a star one quotes it.
bool Parser::value(std::string& out) {
  Word word_read;
  if (!word(word_read, "a value")) return false;
  if (!word_read.quoted && has_pattern(word_read.text)) {
    return refuse(word_read.at, "'*' and '?' work in bare ids only; quote the value to mean the character");
  }
  out = std::move(word_read.text);
  return true;
}

bool Parser::set_key(const Word& key, Term& term) {
  if (!key.quoted && has_pattern(key.text)) return refuse(key.at, "expected a name without '*' and '?'");
  if (key.text.empty()) return refuse(key.at, "expected a name");
  if (key.quoted) {
    term.field = Field::label;
    term.name = key.text;
  } else if (key.text == "id") {
    term.field = Field::id;
  } else if (key.text == "type") {
    term.field = Field::type;
  } else if (key.text == "group") {
    term.field = Field::group;
  } else if (key.text.starts_with("state.")) {
    term.field = Field::state;
    term.name = key.text.substr(6);
    if (term.name.empty()) return refuse(key.at, "expected a name after 'state.'");
  } else {
    term.field = Field::label;
    term.name = key.text;
  }
  return true;
}

bool Parser::one_of(const Word& key, bool negated, bool list) {
  Term out;
  out.negated = negated;
  if (!set_key(key, out)) return false;
  std::string text;
  if (!list) {
    if (!value(text)) return false;
    out.values.add(std::move(text));
  } else {
    if (!expect('(', negated ? "'notin'" : "'in'")) return false;
    skip_spaces();
    // An empty list of ids is what control publishes when nothing matched; by hand it would be a slip.
    const bool empty = out.field == Field::id && take(')');
    while (!empty) {
      if (!value(text)) return false;
      out.values.add(std::move(text));
      skip_spaces();
      if (take(')')) break;
      if (!take(',')) return refuse(at_, "expected ',' or ')' after a value");
    }
  }
  terms.push_back(std::move(out));
  return true;
}

bool Parser::order(const Word& key, Compare compare) {
  Term out;
  out.compare = compare;
  if (!set_key(key, out)) return false;
  if (out.field != Field::state) return refuse(key.at, "only state.NAME is compared with '<' and '>'");
  skip_spaces();
  const std::size_t at = at_;
  std::string text;
  if (!value(text)) return false;
  const auto number = number_in(text);
  if (!number) return refuse(at, "expected a number");
  out.number = *number;
  out.values.add(std::move(text));
  terms.push_back(std::move(out));
  return true;
}

/// What follows a name: an operator and its values, when there is one.
bool Parser::comparison(const Word& key, bool& is_comparison) {
  is_comparison = true;
  skip_spaces();
  if (take("!=")) return one_of(key, true, false);
  if (take("==") || take('=')) return one_of(key, false, false);
  if (take("<=")) return order(key, Compare::less_equal);
  if (take(">=")) return order(key, Compare::greater_equal);
  if (take('<')) return order(key, Compare::less);
  if (take('>')) return order(key, Compare::greater);
  if (!ended() && is_word(peek())) {
    Word operation;
    if (!word(operation, "an operator")) return false;
    if (operation.text == "in") return one_of(key, false, true);
    if (operation.text == "notin") return one_of(key, true, true);
    return refuse(operation.at, "expected '=', '!=', 'in', 'notin', '<', '>' or ',' before '" +
                                    operation.text.substr(0, 40) + "'");
  }
  is_comparison = false;
  return true;
}

bool Parser::sample(Term& out) {
  Word ratio;
  if (!word(ratio, "a part, like 5%")) return false;
  const auto part = parse_quantity(ratio.text, Unit::ratio);
  if (!part || !(*part >= 0) || *part > 1) return refuse(ratio.at, "expected a part between 0% and 100%");
  out.field = Field::sample;
  out.number = *part;
  skip_spaces();
  if (take(',') && !value(out.name)) return false;
  return true;
}

bool Parser::limit_of(std::size_t at) {
  Word count;
  if (!word(count, "a count")) return false;
  const auto number = digits_in(count.text);
  if (!number || *number == 0) return refuse(count.at, "expected a count of at least 1");
  if (limit) return refuse(at, "limit() stands there twice");
  limit = number;
  return true;
}

bool Parser::call(const Word& name) {
  ++at_;  // the parenthesis
  if (name.text == "sample") {
    Term out;
    if (!sample(out)) return false;
    terms.push_back(std::move(out));
  } else if (name.text == "limit") {
    if (!limit_of(name.at)) return false;
  } else {
    return refuse(name.at, "expected sample(...) or limit(...)");
  }
  return expect(')', "the value");
}

bool Parser::range(const Word& word, bool negated) {
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
  Term out;
  out.field = Field::id_range;
  out.negated = negated;
  out.name = prefix;
  out.shown = word.text;
  out.low = *low;
  out.high = *high;
  terms.push_back(std::move(out));
  return true;
}

/// A word that stands alone: an id or a pattern of ids, or the presence of a label.
bool Parser::bare(const Word& word, bool negated, bool is_id) {
  if (!word.quoted && !has_pattern(word.text) && word.text.find("..") != std::string::npos) {
    return range(word, negated);
  }
  Term out;
  out.negated = negated;
  if (!word.quoted && has_pattern(word.text)) {
    out.field = Field::id_glob;
    out.name = word.text;
  } else if (!word.quoted && word.text == "all") {
    if (negated) return refuse(word.at, "'!all' matches nothing");
  } else if (is_id) {
    out.field = Field::id;
    out.values.add(word.text);
  } else if (!word.quoted && word.text.starts_with("state.")) {
    out.field = Field::state_there;
    out.name = word.text.substr(6);
    if (out.name.empty()) return refuse(word.at, "expected a name after 'state.'");
  } else {
    if (word.text.empty()) return refuse(word.at, "expected a label");
    out.field = Field::label_there;
    out.name = word.text;
  }
  terms.push_back(std::move(out));
  return true;
}

bool Parser::term() {
  skip_spaces();
  Word read;
  if (take('!')) return word(read, "a label after '!'") && bare(read, true, false);
  if (take('=')) return word(read, "a label after '='") && bare(read, false, false);
  if (!word(read, "an id, a label or 'all'")) return false;
  if (!read.quoted && peek() == '(') return call(read);
  bool is_comparison = false;
  if (!comparison(read, is_comparison)) return false;
  return is_comparison || bare(read, false, first_);
}

bool Parser::read_all() {
  skip_spaces();
  if (ended()) return refuse(0, "expected a selector; 'all' is every device");
  for (;;) {
    if (terms.size() == kTermsMax) return refuse(at_, "more than 256 terms");
    if (!term()) return false;
    first_ = false;
    skip_spaces();
    if (ended()) return true;
    if (!take(',')) return refuse(at_, "expected ',' between terms");
  }
}

std::string text_of(const std::vector<Term>& terms, const std::optional<std::uint64_t>& limit) {
  std::string out;
  for (std::size_t i = 0; i < terms.size(); ++i) {
    if (i > 0) out += ',';
    append_term(out, terms[i], i == 0);
  }
  if (limit) {
    if (!out.empty()) out += ',';
    out += "limit(" + std::to_string(*limit) + ")";
  }
  return out;
}

}  // namespace

/// Never changes after it is made, so copies of a selector share it: 100,000 ids are held once.
struct Selector::Parsed {
  struct Body {
    std::vector<Term> terms;
    std::optional<std::uint64_t> limit;
    std::string text;
  };
  std::shared_ptr<const Body> body;

  static std::unique_ptr<Parsed> of(std::vector<Term> terms, std::optional<std::uint64_t> limit) {
    std::string text = text_of(terms, limit);
    return std::make_unique<Parsed>(
        Parsed{std::make_shared<const Body>(Body{std::move(terms), limit, std::move(text)})});
  }
};

Result<Selector> Selector::parse(std::string_view text) {
  const std::size_t size_max = text.starts_with(kIdList) ? kIdListMax : kTextMax;
  if (text.size() > size_max) {
    return fail(Errc::invalid_argument,
                "column " + std::to_string(size_max + 1) + ": the selector is too long (64 KiB at most)");
  }
  Parser parser(text);
  if (!parser.read_all()) return fail(Errc::invalid_argument, parser.error());
  return Selector(Parsed::of(std::move(parser.terms), parser.limit));
}

Selector::Selector(std::unique_ptr<Parsed> parsed) : parsed_(std::move(parsed)) {}
Selector::Selector(Selector&&) noexcept = default;
Selector& Selector::operator=(Selector&&) noexcept = default;
Selector::Selector(const Selector& other) : parsed_(std::make_unique<Parsed>(*other.parsed_)) {}
Selector& Selector::operator=(const Selector& other) {
  if (this != &other) parsed_ = std::make_unique<Parsed>(*other.parsed_);
  return *this;
}
Selector::~Selector() = default;

bool Selector::matches(const IdentityView& device) const {
  const auto& terms = parsed_->body->terms;
  return std::all_of(terms.begin(), terms.end(), [&](const Term& term) { return term.holds(device); });
}

bool Selector::matches_all() const {
  const auto& terms = parsed_->body->terms;
  return std::all_of(terms.begin(), terms.end(), [](const Term& term) { return term.field == Field::all; });
}

bool Selector::identity_only() const {
  const auto& terms = parsed_->body->terms;
  return !parsed_->body->limit && std::none_of(terms.begin(), terms.end(), [](const Term& term) {
    return term.field == Field::state || term.field == Field::state_there;
  });
}

const std::vector<std::string>* Selector::exact_ids() const {
  const auto& body = *parsed_->body;
  if (body.limit || body.terms.size() != 1) return nullptr;
  const Term& term = body.terms.front();
  return term.field == Field::id && !term.negated ? &term.values.texts() : nullptr;
}

std::optional<std::uint64_t> Selector::limit() const {
  return parsed_->body->limit;
}

std::optional<std::string_view> Selector::group() const {
  for (const Term& term : parsed_->body->terms) {
    if (term.field == Field::group && !term.negated && term.values.texts().size() == 1) {
      return term.values.texts().front();
    }
  }
  return std::nullopt;
}

const std::string& Selector::text() const {
  return parsed_->body->text;
}

Selector Selector::of_ids(const std::vector<std::string>& ids) {
  Term term;
  term.field = Field::id;
  for (const std::string& id : ids) term.values.add(id);
  std::vector<Term> terms;
  terms.push_back(std::move(term));
  return Selector(Parsed::of(std::move(terms), std::nullopt));
}

}  // namespace vfleet::bus
