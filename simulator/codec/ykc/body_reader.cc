#include "simulator/codec/ykc/body_reader.h"

#include <algorithm>

#include "simulator/codec/ykc/civil_time.h"
#include "simulator/codec/ykc/text.h"
#include "simulator/codec/ykc/wire_bits.h"

namespace vfleet::codec::ykc {
namespace {

constexpr std::size_t kNumberDigitsMax = 18;

bool printable(char c) {
  return c >= ' ' && c <= '~';
}

// Without the zeros behind it.
std::string_view without_padding(std::string_view text) {
  while (!text.empty() && text.back() == '\0') text.remove_suffix(1);
  return text;
}

std::string known_words(const Field& field) {
  constexpr std::size_t kShown = 12;
  std::string text;
  for (std::size_t i = 0; i < field.words.size() && i < kShown; ++i) {
    text += (i == 0 ? "" : ", ") + std::to_string(field.words[i].value) + " " + field.words[i].text;
  }
  return text + (field.words.size() > kShown ? ", ..." : "");
}

// What is strictly wrong with a value; empty: nothing.
std::string wrong_number(const Field& field, std::int64_t value) {
  if (!field.words.empty() && field.word(value) == nullptr) {
    return scaled_text(value, field.decimals) + " means nothing; known are " + known_words(field);
  }
  if (field.range && (value < field.range->first || value > field.range->second)) {
    return scaled_text(value, field.decimals) +
           " is out of range: " + scaled_text(field.range->first, field.decimals) + " to " +
           scaled_text(field.range->second, field.decimals);
  }
  return {};
}

std::string wrong_flags(const Field& field, std::int64_t flags) {
  for (int number = 0; number <= static_cast<int>(field.bit_size); ++number) {
    if ((flags >> number & 1) != 0 && !field.words.empty() && field.word(number) == nullptr) {
      return "flag " + std::to_string(number) + " has no meaning";
    }
  }
  return {};
}

std::string wrong_text(const Field& field, std::string_view bytes) {
  const std::string_view text = field.bit_size == 0 ? bytes : without_padding(bytes);
  if (std::all_of(text.begin(), text.end(), printable)) return {};
  if (field.reversed && text.find_first_not_of('\0') != 0) return "zeros stand before the reversed text";
  return text.find('\0') != std::string_view::npos ? "something follows the zero that ends the text"
                                                   : "has characters that are not ASCII";
}

std::string wrong_digits(const Field& field, std::string_view bytes) {
  std::string digits;
  append_hex(bytes, digits);
  if (field.hex_digits || std::all_of(digits.begin(), digits.end(), [](char c) { return c <= '9'; }))
    return {};
  return digits + " is no BCD: only 0 to 9 are digits";
}

}  // namespace

BodyReader::BodyReader(const Layout& layout, const FrameLayout& frame, std::string_view body)
    : layout_(layout), frame_(frame), body_(body) {
  if (!frame.group) return;
  const Group& group = *frame.group;
  const std::size_t before = frame.bytes - group.rows * group.row_bytes;
  rows_ = body.size() < before ? 0 : (body.size() - before) / group.row_bytes;
  if (group.rows != 0) rows_ = std::min(rows_, group.rows);
  if (const auto count = number(group.count_field)) {
    rows_ = std::min(rows_, static_cast<std::size_t>(*count));
  }
}

std::size_t BodyReader::bit_at(int index, std::size_t row) const {
  const auto at = static_cast<std::size_t>(index);
  if (!frame_.in_group(at)) return frame_.fields[at].bit_at;
  const Group& group = *frame_.group;
  return (frame_.bytes - group.rows * group.row_bytes + row * group.row_bytes) * 8 + frame_.fields[at].bit_at;
}

std::size_t BodyReader::bit_size(int index) const {
  if (field(index).bit_size != 0) return field(index).bit_size;
  // As long as the other field says, or as there are bytes.
  const std::size_t begin = field(index).bit_at / 8;
  const std::size_t rest = body_.size() < begin ? 0 : body_.size() - begin;
  const auto said = number(field(index).length_field);
  return 8 * (said ? std::min(rest, static_cast<std::size_t>(*said)) : rest);
}

std::size_t BodyReader::offset(int index, std::size_t row) const {
  return bit_at(index, row) / 8;
}

bool BodyReader::has(int index, std::size_t row) const {
  if (index < 0) return false;
  const bool grouped = frame_.in_group(static_cast<std::size_t>(index));
  if (grouped ? row >= rows_ : row != 0) return false;
  return bit_at(index, row) + bit_size(index) <= body_.size() * 8;
}

std::string_view BodyReader::bytes(int index, std::size_t row) const {
  if (!has(index, row)) return {};
  const std::size_t from = bit_at(index, row);
  return body_.substr(from / 8, (from + bit_size(index) + 7) / 8 - from / 8);
}

std::optional<std::int64_t> BodyReader::number(int index, std::size_t row) const {
  if (!has(index, row)) return std::nullopt;
  const Field& what = field(index);
  switch (what.encoding) {
    case Encoding::number:
      return static_cast<std::int64_t>(get_bits(body_, bit_at(index, row), what.bit_size)) + what.offset;
    case Encoding::bits:
      return static_cast<std::int64_t>(get_bits(body_, bit_at(index, row), what.bit_size)
                                       << layout_.settings().fault_bit_base);
    case Encoding::cp56:
      return get_cp56(bytes(index, row));
    case Encoding::bcd: {
      std::int64_t value = 0;
      std::size_t digits = 0;
      for (const char c : bytes(index, row)) {
        const int pair[] = {static_cast<unsigned char>(c) >> 4, static_cast<unsigned char>(c) & 15};
        for (const int digit : pair) {
          if (digit > 9) return std::nullopt;
          if (value != 0 || digit != 0) ++digits;
          if (digits > kNumberDigitsMax) return std::nullopt;
          value = value * 10 + digit;
        }
      }
      return value;
    }
    case Encoding::ascii:
    case Encoding::hex:
    case Encoding::card:
      return std::nullopt;
  }
  return std::nullopt;
}

void BodyReader::append_text(int index, std::size_t row, std::string& out) const {
  if (!has(index, row)) return;
  const std::string_view wire = bytes(index, row);
  const Field& what = field(index);
  if (what.encoding == Encoding::ascii) {
    const std::string_view text = what.bit_size == 0 ? wire : without_padding(wire);
    const std::size_t at = out.size();
    out += text;
    if (what.reversed) std::reverse(out.begin() + static_cast<std::ptrdiff_t>(at), out.end());
    return;
  }
  if (what.encoding == Encoding::card && layout_.settings().card_reversed) {
    for (std::size_t i = wire.size(); i > 0; --i) append_hex(wire.substr(i - 1, 1), out);
    return;
  }
  append_hex(wire, out);
}

std::string BodyReader::field_name(int index, std::size_t row) const {
  const std::string& name = field(index).name;
  if (!frame_.in_group(static_cast<std::size_t>(index))) return name;
  const std::size_t dot = name.find('.');
  return name.substr(0, dot) + "[" + std::to_string(row) + "]" + name.substr(dot);
}

void BodyReader::check_field(int index, std::size_t row, std::vector<Deviation>& out) const {
  if (!has(index, row)) return;
  const Field& what = field(index);
  std::string wrong;
  switch (what.encoding) {
    case Encoding::number:
      wrong = wrong_number(what, *number(index, row));
      break;
    case Encoding::bits:
      wrong = wrong_flags(what, *number(index, row));
      break;
    case Encoding::bcd:
      wrong = wrong_digits(what, bytes(index, row));
      break;
    case Encoding::ascii:
      wrong = wrong_text(what, bytes(index, row));
      break;
    case Encoding::cp56:
      if (!number(index, row)) {
        append_hex(bytes(index, row), wrong);
        wrong += " is no time";
      }
      break;
    case Encoding::hex:
    case Encoding::card:
      break;
  }
  if (!wrong.empty()) out.push_back({field_name(index, row), offset(index, row), std::move(wrong)});
}

void BodyReader::check_length(std::vector<Deviation>& out) const {
  // What the fields that are there take, and the first one that is not.
  std::size_t used = 0;
  for (std::size_t i = 0; i < frame_.fields.size(); ++i) {
    const int index = static_cast<int>(i);
    if (frame_.in_group(i)) break;
    const std::size_t end = (bit_at(index, 0) + bit_size(index) + 7) / 8;
    if (!has(index)) {
      if (frame_.fields[i].optional && body_.size() == used) return;
      out.push_back({frame_.fields[i].name, offset(index),
                     "the body ends after " + std::to_string(body_.size()) + " bytes; it should have " +
                         frame_.length_text()});
      return;
    }
    used = end;
    if (frame_.fields[i].bit_size != 0) continue;
    const auto said = number(frame_.fields[i].length_field);
    if (said && static_cast<std::size_t>(*said) * 8 > bit_size(index)) {
      out.push_back({frame_.fields[i].name, offset(index),
                     "has " + std::to_string(bit_size(index) / 8) + " characters; " +
                         field(frame_.fields[i].length_field).name + " says " + std::to_string(*said)});
      return;
    }
  }
  if (frame_.group) {
    const Group& group = *frame_.group;
    const auto count = number(group.count_field);
    const std::size_t said = group.rows != 0 ? group.rows : count ? static_cast<std::size_t>(*count) : rows_;
    used += rows_ * group.row_bytes;
    if (said > group.rows_max) {
      out.push_back({group.name, used - rows_ * group.row_bytes,
                     std::to_string(said) + " rows; there can be up to " + std::to_string(group.rows_max)});
    }
    if (rows_ < said) {
      out.push_back(
          {group.name, used,
           "there are " + std::to_string(rows_) + " whole rows; it should have " + std::to_string(said)});
      return;
    }
  }
  if (body_.size() > used) {
    out.push_back({"", used, std::to_string(body_.size() - used) + " bytes follow the last field"});
  }
}

std::vector<Deviation> BodyReader::check() const {
  std::vector<Deviation> out;
  for (std::size_t i = 0; i < frame_.fields.size(); ++i) {
    if (!frame_.in_group(i)) check_field(static_cast<int>(i), 0, out);
  }
  for (std::size_t row = 0; row < rows_; ++row) {
    for (std::size_t i = frame_.group->first; i < frame_.fields.size(); ++i) {
      check_field(static_cast<int>(i), row, out);
    }
  }
  check_length(out);
  std::stable_sort(out.begin(), out.end(),
                   [](const Deviation& a, const Deviation& b) { return a.offset < b.offset; });
  return out;
}

}  // namespace vfleet::codec::ykc
