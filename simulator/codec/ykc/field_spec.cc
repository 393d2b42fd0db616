#include "simulator/codec/ykc/field_spec.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "simulator/codec/ykc/text.h"

namespace vfleet::codec::ykc {
namespace {

constexpr std::size_t kNumberBitsMax = 56;
constexpr int kDecimalsMax = 6;
constexpr std::int64_t kOffsetMax = 1'000'000;

std::optional<std::size_t> whole(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

tl::unexpected<Error> wrong(std::string_view word, std::string_view expected) {
  return fail(Errc::invalid_argument, "'" + std::string(word) + "': " + std::string(expected));
}

// What a line says first.
Status read_encoding(std::string_view word, FieldSpec& out) {
  struct Shape {
    std::string_view prefix;
    Encoding encoding;
    std::size_t unit;  // bits
    std::size_t most;  // units
  };
  constexpr Shape kShapes[] = {
      {"u", Encoding::number, 1, kNumberBitsMax}, {"bits", Encoding::bits, 1, 32},
      {"bcd", Encoding::bcd, 8, kBodyBytesMax},   {"ascii", Encoding::ascii, 8, kBodyBytesMax},
      {"hex", Encoding::hex, 8, kBodyBytesMax},   {"card", Encoding::card, 8, kBodyBytesMax},
  };
  if (word == "cp56") {
    out.field.encoding = Encoding::cp56;
    out.field.bit_size = 56;
    return {};
  }
  if (word.starts_with("ascii(") && word.ends_with(')')) {
    out.field.encoding = Encoding::ascii;
    out.count = word.substr(6, word.size() - 7);
    if (!is_name(out.count)) return wrong(word, "expected ascii(NAME) of the field that says how long");
    return {};
  }
  for (const Shape& shape : kShapes) {
    if (!word.starts_with(shape.prefix)) continue;
    const auto size = whole(word.substr(shape.prefix.size()));
    if (!size) continue;
    if (*size < 1 || *size > shape.most || (shape.encoding == Encoding::bits && *size % 8 != 0)) {
      return wrong(word, shape.encoding == Encoding::bits
                             ? std::string("expected bits8, bits16, bits24 or bits32")
                             : "expected " + std::string(shape.prefix) + "1 to " + std::string(shape.prefix) +
                                   std::to_string(shape.most));
    }
    out.field.encoding = shape.encoding;
    out.field.bit_size = *size * shape.unit;
    return {};
  }
  return wrong(word, "expected u16, bits16, bcd7, ascii8, hex8, card8, cp56, repeat or removed");
}

// "x0.001"
Status read_scale(std::string_view word, Field& field) {
  std::string_view digits = word.substr(1);
  bool good = digits.starts_with("0.") && digits.ends_with('1');
  if (good) digits.remove_prefix(2);
  good = good && digits.find_first_not_of('0') == digits.size() - 1 && digits.size() <= kDecimalsMax;
  if (!good) return wrong(word, "expected x0.1, x0.01, ... x0.000001");
  field.decimals = static_cast<int>(digits.size());
  return {};
}

// "0x55=up"
Status read_name(std::string_view word, std::size_t equals, Field& field) {
  std::string_view digits = word.substr(0, equals);
  const bool hex = digits.starts_with("0x");
  if (hex) digits.remove_prefix(2);
  std::int64_t value = -1;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, hex ? 16 : 10);
  if (error != std::errc() || end != digits.data() + digits.size() || value < 0) {
    return wrong(word, "expected NUMBER=NAME");
  }
  const std::string_view text = word.substr(equals + 1);
  if (!is_name(text)) return wrong(word, "a name has a-z, 0-9 and _");
  if (field.word(value) != nullptr) return wrong(word, "this number has a name already");
  field.words.push_back({value, std::string(text)});
  return {};
}

struct Later {  // what needs the scale, which may stand behind it
  std::string_view offset;
  std::string_view range;
};

bool is_offset(std::string_view word) {
  return word.size() > 1 && (word[0] == '-' || word[0] == '+') && word[1] >= '0' && word[1] <= '9';
}

Status read_word(std::string_view word, std::string_view& rest, FieldSpec& out, Later& later) {
  Field& field = out.field;
  if (word == "optional") return field.optional = true, Status();
  if (word == "reversed") return field.reversed = true, Status();
  if (word == "hexdigits") return field.hex_digits = true, Status();
  if (word == "after") {
    out.after = take_word(rest);
    if (out.after.empty()) return wrong(word, "expected the name of the field that stands before");
    return {};
  }
  if (word.size() > 1 && word[0] == 'x' && word[1] >= '0' && word[1] <= '9') return read_scale(word, field);
  if (word.find("..") != std::string_view::npos) return later.range = word, Status();
  if (is_offset(word)) return later.offset = word, Status();
  if (const std::size_t equals = word.find('='); equals != std::string_view::npos) {
    return read_name(word, equals, field);
  }
  const char first = word.front();
  const bool plain = std::all_of(word.begin(), word.end(), [](char c) { return c > ' ' && c <= '~'; });
  const bool unit =
      plain && (first == '%' || (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z'));
  if (!unit || !field.unit.empty()) {
    return wrong(word,
                 "expected x0.1, -400, 0..100, 0=name, a unit, optional, reversed, hexdigits or after NAME");
  }
  field.unit = word;
  return {};
}

Status read_later(const Later& later, Field& field) {
  if (!later.offset.empty()) {
    const auto offset = parse_scaled(later.offset, field.decimals);
    const auto units = parse_scaled(later.offset, 0);
    if (!offset || (units && (*units > kOffsetMax || *units < -kOffsetMax))) {
      return wrong(later.offset, "expected a number to add, with no more decimals than the scale has");
    }
    field.offset = *offset;
  }
  if (later.range.empty()) return {};
  const std::size_t dots = later.range.find("..");
  const auto low = parse_scaled(later.range.substr(0, dots), field.decimals);
  const auto high = parse_scaled(later.range.substr(dots + 2), field.decimals);
  if (!low || !high || *low > *high) return wrong(later.range, "expected LOW..HIGH");
  field.range = {*low, *high};
  return {};
}

// What does not go with the encoding.
Status check(const Field& field) {
  const bool number = field.encoding == Encoding::number;
  const auto only = [](std::string_view what, std::string_view whom) {
    return fail(Errc::invalid_argument, std::string(what) + " is for " + std::string(whom));
  };
  if (!number && (field.decimals != 0 || field.offset != 0 || field.range)) {
    return only("a scale, an offset or a range", "numbers");
  }
  if (!number && field.encoding != Encoding::bits && !field.words.empty()) {
    return only("a name of a value", "numbers and flags");
  }
  if (field.reversed && field.encoding != Encoding::ascii) return only("'reversed'", "ascii");
  if (field.hex_digits && field.encoding != Encoding::bcd) return only("'hexdigits'", "bcd");
  for (const Word& word : field.words) {
    // A flag's number may count from 1.
    const bool fits = number ? word.value >= field.low() && word.value <= field.high()
                             : static_cast<std::size_t>(word.value) <= field.bit_size;
    if (!fits) return wrong(word.text, "its number does not fit the field");
  }
  if (number && field.range && (field.range->first < field.low() || field.range->second > field.high())) {
    return fail(Errc::invalid_argument, "the field holds " + scaled_text(field.low(), field.decimals) +
                                            " to " + scaled_text(field.high(), field.decimals) +
                                            ": the range is larger");
  }
  return {};
}

Status read_rows(std::string_view rest, FieldSpec& out) {
  const std::string_view count = take_word(rest);
  if (const auto rows = whole(count)) {
    if (*rows < 1 || *rows > kBodyBytesMax) return wrong(count, "expected 1 to 251 rows");
    out.rows = out.rows_max = *rows;
  } else if (is_name(count)) {
    if (count != "rest") out.count = count;
  } else {
    return wrong(count, "expected the name of the field that says how many, 'rest', or a number");
  }
  while (true) {
    const std::string_view word = take_word(rest);
    if (word.empty()) return {};
    if (word == "after") {
      out.after = take_word(rest);
      if (!out.after.empty()) continue;
    }
    const auto most = word == "max" && out.rows == 0 ? whole(take_word(rest)) : std::nullopt;
    if (!most || *most < 1 || *most > kBodyBytesMax) return wrong(word, "expected max and a number");
    out.rows_max = *most;
  }
}

}  // namespace

Result<FieldSpec> parse_spec(std::string_view spec) {
  FieldSpec out;
  if (std::any_of(spec.begin(), spec.end(), [](unsigned char c) { return c < ' ' && c != '\t'; })) {
    return fail(Errc::invalid_argument, "expected one line");
  }
  const std::size_t mark = spec.starts_with('#') ? 0 : spec.find(" #");
  if (mark != std::string_view::npos) out.field.doc = trimmed(spec.substr(spec.find('#', mark) + 1));
  std::string_view rest = spec.substr(0, mark);
  const std::string_view first = take_word(rest);
  if (first.empty()) return fail(Errc::invalid_argument, "expected what it is, such as u16 or bcd7");
  if (first == "removed") {
    if (!trimmed(rest).empty()) return wrong(trimmed(rest), "nothing follows 'removed'");
    out.kind = FieldSpec::Kind::removed;
    return out;
  }
  if (first == "repeat") {
    out.kind = FieldSpec::Kind::rows;
    if (auto read = read_rows(rest, out); !read) return tl::unexpected<Error>(read.error());
    return out;
  }
  if (auto read = read_encoding(first, out); !read) return tl::unexpected<Error>(read.error());
  Later later;
  for (std::string_view word; !(word = take_word(rest)).empty();) {
    if (auto read = read_word(word, rest, out, later); !read) return tl::unexpected<Error>(read.error());
  }
  if (auto read = read_later(later, out.field); !read) return tl::unexpected<Error>(read.error());
  if (auto good = check(out.field); !good) return tl::unexpected<Error>(good.error());
  return out;
}

}  // namespace vfleet::codec::ykc
