#include "simulator/bus/selector_text.h"

#include <algorithm>
#include <string_view>

#include "simulator/bus/selector_lexer.h"
#include "simulator/core/units.h"

namespace vfleet::bus {
namespace {

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
void append_one_of(std::string& out, std::string_view name, const SelectorTerm& term) {
  if (term.field == SelectorField::label) {
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

void append_state(std::string& out, const SelectorTerm& term) {
  const std::string name = "state." + term.name;
  std::string_view sign;
  switch (term.compare) {
    case SelectorCompare::one_of:
      return append_one_of(out, name, term);
    case SelectorCompare::less:
      sign = "<";
      break;
    case SelectorCompare::less_equal:
      sign = "<=";
      break;
    case SelectorCompare::greater:
      sign = ">";
      break;
    case SelectorCompare::greater_equal:
      sign = ">=";
      break;
  }
  out += name;
  out += sign;
  append_word(out, term.values.texts().front());
}

void append_term(std::string& out, const SelectorTerm& term, bool first) {
  switch (term.field) {
    case SelectorField::all:
      out += "all";
      return;
    case SelectorField::id:
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
    case SelectorField::id_glob:
      if (term.negated) out += '!';
      out += term.name;
      return;
    case SelectorField::id_range:
      if (term.negated) out += '!';
      out += term.shown;
      return;
    case SelectorField::type:
      append_one_of(out, "type", term);
      return;
    case SelectorField::group:
      append_one_of(out, "group", term);
      return;
    case SelectorField::label:
      append_one_of(out, term.name, term);
      return;
    case SelectorField::label_there:
      // As the first term a bare word is an id, so there the label takes a "=".
      if (term.negated) out += '!';
      if (!term.negated && first) out += '=';
      append_label(out, term.name, true);
      return;
    case SelectorField::state:
      append_state(out, term);
      return;
    case SelectorField::state_there:
      if (term.negated) out += '!';
      if (!term.negated && first) out += '=';
      out += "state." + term.name;
      return;
    case SelectorField::sample:
      out += "sample(" + format_quantity(term.number, Unit::ratio);
      if (!term.name.empty()) {
        out += ',';
        append_word(out, term.name);
      }
      out += ')';
      return;
  }
}

}  // namespace

std::string selector_text(const std::vector<SelectorTerm>& terms, const std::optional<std::uint64_t>& limit) {
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

}  // namespace vfleet::bus
