#include "simulator/codec/ykc/body_writer.h"

#include <algorithm>
#include <charconv>

#include "simulator/codec/ykc/civil_time.h"
#include "simulator/codec/ykc/text.h"
#include "simulator/codec/ykc/wire_bits.h"
#include "simulator/core/suggest.h"

namespace vfleet::codec::ykc {
namespace {

std::string range_text(const Field& field, std::int64_t low, std::int64_t high) {
  return scaled_text(low, field.decimals) + " to " + scaled_text(high, field.decimals) +
         (field.unit.empty() ? "" : " " + field.unit);
}

std::string words_text(const Field& field) {
  std::string text;
  for (const Word& word : field.words) {
    text += (text.empty() ? "" : ", ") + word.text + " (" + std::to_string(word.value) + ")";
  }
  return text;
}

const Word* word_of(const Field& field, std::string_view text) {
  for (const Word& each : field.words) {
    if (each.text == text) return &each;
  }
  return nullptr;
}

std::string word_hint(const Field& field, std::string_view text) {
  std::vector<std::string> names;
  for (const Word& word : field.words) names.push_back(word.text);
  return did_you_mean(nearest_word(text, names));
}

bool is_digits(std::string_view text, bool hex) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    const int value = hex_value(c);
    return value >= 0 && (hex || value <= 9);
  });
}

// "cards[1].logical_card" as "cards.logical_card" and 1. False: no such form.
bool split_row(std::string_view name, std::string& plain, std::size_t& row) {
  const std::size_t open = name.find('[');
  if (open == std::string_view::npos) {
    plain = name;
    return true;
  }
  const std::size_t close = name.find(']', open);
  if (close == std::string_view::npos) return false;
  const std::string_view digits = name.substr(open + 1, close - open - 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), row);
  if (error != std::errc() || end != digits.data() + digits.size()) return false;
  plain = std::string(name.substr(0, open)) + std::string(name.substr(close + 1));
  return true;
}

}  // namespace

BodyWriter::BodyWriter(const Layout& layout, const FrameLayout& frame, std::string& out)
    : layout_(layout), frame_(frame), out_(out), begin_(out.size()) {
  out_.append(frame.bytes, '\0');
  if (frame.group) rows_ = frame.group->rows;
}

void BodyWriter::wrong(const Field& field, std::string what) {
  if (error_.empty()) error_ = field.name + ": " + what;
}

bool BodyWriter::take_count(int field, std::size_t count) {
  if (field < 0) return true;
  number(field, static_cast<std::int64_t>(count));
  return good();
}

BodyWriter& BodyWriter::rows(std::size_t count) {
  const auto& group = frame_.group;
  if (!group || (group->rows != 0 && count != group->rows) || count > group->rows_max) {
    if (error_.empty()) {
      error_ = group ? group->name + ": " + std::to_string(count) + " rows; there can be " +
                           (group->rows != 0 ? std::string("only ") : std::string("up to ")) +
                           std::to_string(group->rows_max)
                     : frame_.name + " has no rows";
    }
    return *this;
  }
  rows_ = count;
  if (group->rows != 0) return *this;
  out_.resize(begin_ + frame_.bytes + count * group->row_bytes, '\0');
  take_count(group->count_field, count);
  return *this;
}

BodyWriter::Spot BodyWriter::spot(int index, std::size_t row) {
  if (index < 0) return {};
  const auto at = static_cast<std::size_t>(index);
  const Field& field = frame_.fields[at];
  std::size_t base = 0;
  if (frame_.in_group(at)) {
    const Group& group = *frame_.group;
    if (row >= rows_) {
      rows(row + 1);
      if (row >= rows_) return {};
    }
    // Rows stand last, whether their number is fixed or not.
    base = (frame_.bytes - group.rows * group.row_bytes + row * group.row_bytes) * 8;
  } else if (row != 0) {
    wrong(field, "is in no row");
    return {};
  }
  const Spot spot{&field, base + field.bit_at};
  if (field.optional) {
    const std::size_t end = begin_ + (spot.bit_at + field.bit_size) / 8;
    if (out_.size() < end) out_.resize(end, '\0');
  }
  return spot;
}

void BodyWriter::put(const Spot& spot, std::uint64_t raw) {
  put_bits(raw, spot.bit_at, spot.field->bit_size, out_.data() + begin_);
}

BodyWriter& BodyWriter::number(int index, std::int64_t value, std::size_t row) {
  const Spot where = spot(index, row);
  if (where.field == nullptr) return *this;
  const Field& field = *where.field;
  switch (field.encoding) {
    case Encoding::number:
      if (value < field.low() || value > field.high()) {
        wrong(field, scaled_text(value, field.decimals) +
                         " is out of range: " + range_text(field, field.low(), field.high()));
        return *this;
      }
      put(where, static_cast<std::uint64_t>(value - field.offset));
      return *this;
    case Encoding::bits: {
      const auto flags = static_cast<std::uint64_t>(value);
      const std::uint64_t raw = flags >> layout_.settings().fault_bit_base;
      if (raw << layout_.settings().fault_bit_base != flags || raw >> field.bit_size != 0) {
        wrong(field, "flags are numbered from " + std::to_string(layout_.settings().fault_bit_base) + " to " +
                         std::to_string(field.bit_size - 1 + layout_.settings().fault_bit_base));
        return *this;
      }
      put(where, raw);
      return *this;
    }
    case Encoding::cp56:
      if (value < kCp56Low || value > kCp56High) {
        wrong(field, "a time is in the years 2000 to 2099");
        return *this;
      }
      put_cp56(value, layout_.settings().weekday, out_.data() + begin_ + where.bit_at / 8);
      return *this;
    case Encoding::bcd: {
      char digits[24];
      const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
      put_digits(where, {digits, static_cast<std::size_t>(end - digits)});
      return *this;
    }
    case Encoding::ascii:
    case Encoding::hex:
    case Encoding::card:
      wrong(field, "is no number");
      return *this;
  }
  return *this;
}

void BodyWriter::put_digits(const Spot& spot, std::string_view digits) {
  const std::size_t most = spot.field->bit_size / 4;
  if (digits.size() > most || !is_digits(digits, spot.field->hex_digits)) {
    return wrong(*spot.field, "'" + std::string(digits) + "': expected up to " + std::to_string(most) +
                                  (spot.field->hex_digits ? " digits (A to F too)" : " digits"));
  }
  char* const to = out_.data() + begin_ + spot.bit_at / 8;
  std::fill(to, to + most / 2, '\0');
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const std::size_t nibble = most - digits.size() + i;
    const unsigned value = static_cast<unsigned>(hex_value(digits[i])) << (nibble % 2 == 0 ? 4U : 0U);
    to[nibble / 2] = static_cast<char>(static_cast<std::uint8_t>(to[nibble / 2]) | value);
  }
}

BodyWriter& BodyWriter::text(int index, std::string_view value, std::size_t row) {
  const Spot where = spot(index, row);
  if (where.field == nullptr) return *this;
  const Field& field = *where.field;
  if (field.encoding == Encoding::bcd) {
    put_digits(where, value);
    return *this;
  }
  if (field.encoding != Encoding::ascii) {
    wrong(field, "is no text");
    return *this;
  }
  if (field.bit_size == 0) {
    const std::size_t before = where.bit_at / 8;
    if (value.size() > kBodyBytesMax - before) {
      wrong(field, "has " + std::to_string(value.size()) + " characters; there is room for " +
                       std::to_string(kBodyBytesMax - before));
      return *this;
    }
    if (!take_count(field.length_field, value.size())) return *this;
    out_.resize(begin_ + before);
    out_ += value;
    return *this;
  }
  const std::size_t most = field.bit_size / 8;
  if (value.size() > most) {
    wrong(field, "'" + std::string(value) + "' has " + std::to_string(value.size()) +
                     " characters; there is room for " + std::to_string(most));
    return *this;
  }
  char* const to = out_.data() + begin_ + where.bit_at / 8;
  std::fill(to, to + most, '\0');
  if (field.reversed) {
    std::reverse_copy(value.begin(), value.end(), to);
  } else {
    std::copy(value.begin(), value.end(), to);
  }
  return *this;
}

void BodyWriter::put_bytes(const Spot& spot, std::string_view value) {
  if (value.size() * 8 != spot.field->bit_size) {
    return wrong(*spot.field,
                 std::to_string(value.size()) + " bytes; it has " + std::to_string(spot.field->bit_size / 8));
  }
  std::copy(value.begin(), value.end(), out_.begin() + static_cast<std::ptrdiff_t>(begin_ + spot.bit_at / 8));
}

BodyWriter& BodyWriter::bytes(int index, std::string_view value, std::size_t row) {
  const Spot where = spot(index, row);
  if (where.field == nullptr) return *this;
  if (where.bit_at % 8 != 0 || where.field->bit_size % 8 != 0) {
    wrong(*where.field, "is no whole bytes");
  } else if (where.field->bit_size == 0) {
    text(index, value);
  } else {
    put_bytes(where, value);
  }
  return *this;
}

Status BodyWriter::set(std::string_view name, std::string_view value) {
  std::string plain;
  std::size_t row = 0;
  if (!split_row(name, plain, row))
    return fail(Errc::invalid_argument, std::string(name) + ": expected NAME[0]...");
  int index = frame_.find(plain);
  // "rates[0]" is enough where a row is one field.
  if (index < 0 && frame_.group && plain == frame_.group->name &&
      frame_.group->first + 1 == frame_.fields.size() && plain.size() != name.size()) {
    index = static_cast<int>(frame_.group->first);
  }
  if (index < 0) {
    std::vector<std::string> names;
    for (const Field& each : frame_.fields) names.push_back(each.name);
    return fail(Errc::not_found, frame_.name + " has no field '" + std::string(name) + "'" +
                                     did_you_mean(nearest_word(plain, names)));
  }
  if (row > kBodyBytesMax) row = kBodyBytesMax;
  std::string before;
  error_.swap(before);
  set_value(index, value, row);
  error_.swap(before);
  if (!before.empty()) return fail(Errc::invalid_argument, std::move(before));
  return {};
}

void BodyWriter::set_value(int index, std::string_view value, std::size_t row) {
  const Field& field = frame_.fields[static_cast<std::size_t>(index)];
  if (value.starts_with("raw:")) return set_raw(index, field, value.substr(4), row);
  switch (field.encoding) {
    case Encoding::number:
      return set_number(index, field, value, row);
    case Encoding::bits:
      return set_flags(index, field, value, row);
    case Encoding::bcd:
    case Encoding::ascii:
      text(index, value, row);
      return;
    case Encoding::hex:
    case Encoding::card: {
      std::string wire(value == "0" ? field.bit_size / 8 : 0, '\0');
      if (wire.empty() && !append_bytes(value, wire)) {
        return wrong(field, "'" + std::string(value) + "': expected pairs of hexadecimal digits");
      }
      if (field.encoding == Encoding::card) {
        // A card's number is written without the zeros before it.
        if (wire.size() < field.bit_size / 8) wire.insert(0, field.bit_size / 8 - wire.size(), '\0');
        if (layout_.settings().card_reversed) std::reverse(wire.begin(), wire.end());
      }
      bytes(index, wire, row);
      return;
    }
    case Encoding::cp56: {
      const auto time = parse_time(value);
      if (!time) {
        return wrong(
            field, "'" + std::string(value) + "': expected a time of 2000 to 2099, like 2024-12-18T17:15:30");
      }
      number(index, *time, row);
      return;
    }
  }
}

void BodyWriter::set_number(int index, const Field& field, std::string_view value, std::size_t row) {
  if (const Word* word = word_of(field, value)) {
    number(index, word->value, row);
    return;
  }
  const auto scaled = parse_scaled(value, field.decimals);
  if (!field.words.empty() && (!scaled || field.word(*scaled) == nullptr)) {
    return wrong(field,
                 "'" + std::string(value) + "': expected " + words_text(field) + word_hint(field, value));
  }
  if (!scaled) {
    return wrong(field, "'" + std::string(value) + "': expected a number with up to " +
                            std::to_string(field.decimals) + " decimals, " +
                            range_text(field, field.low(), field.high()));
  }
  if (field.range && (*scaled < field.range->first || *scaled > field.range->second)) {
    return wrong(field, scaled_text(*scaled, field.decimals) + " is out of range: " +
                            range_text(field, field.range->first, field.range->second));
  }
  number(index, *scaled, row);
}

void BodyWriter::set_flags(int index, const Field& field, std::string_view value, std::size_t row) {
  std::uint64_t flags = 0;
  const std::size_t last = field.bit_size - 1 + layout_.settings().fault_bit_base;
  while (!value.empty() && value != "none") {
    const std::size_t comma = std::min(value.find(','), value.size());
    const std::string_view name = trimmed(value.substr(0, comma));
    value.remove_prefix(std::min(comma + 1, value.size()));
    const Word* word = word_of(field, name);
    std::size_t number = word == nullptr ? 0 : static_cast<std::size_t>(word->value);
    if (word == nullptr) {
      const std::string_view digits = name.starts_with("bit") ? name.substr(3) : name;
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
      if (error != std::errc() || end != digits.data() + digits.size() || number > last) {
        return wrong(field, "'" + std::string(name) + "': expected none, bit1 and so on, or of " +
                                words_text(field) + word_hint(field, name));
      }
    }
    flags |= std::uint64_t{1} << number;
  }
  number(index, static_cast<std::int64_t>(flags), row);
}

void BodyWriter::set_raw(int index, const Field& field, std::string_view value, std::size_t row) {
  std::string wire;
  if (!append_bytes(value, wire)) {
    return wrong(field, "'raw:" + std::string(value) + "': expected pairs of hexadecimal digits");
  }
  if (field.encoding != Encoding::number || field.bit_size % 8 == 0) {
    bytes(index, wire, row);
    return;
  }
  // Bits within bytes: a number, low byte first.
  const std::size_t size = (field.bit_size + 7) / 8;
  const bool fits = wire.size() == size && get_bits(wire, 0, size * 8) >> field.bit_size == 0;
  if (!fits)
    return wrong(field,
                 "'raw:" + std::string(value) + "': it has " + std::to_string(field.bit_size) + " bits");
  const Spot where = spot(index, row);
  if (where.field != nullptr) put(where, get_bits(wire, 0, field.bit_size));
}

}  // namespace vfleet::codec::ykc
