#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "simulator/codec/ykc/frame.h"

/// Bodies of frames as data: which fields, how long, how written. Encoder, decoder, people's form and JSON
/// all come from it, so that a vendor's fork is a list of lines and no code. LayoutBuilder makes layouts.
namespace vfleet::codec::ykc {

enum class Encoding : std::uint8_t {
  number,  ///< unsigned, low byte first; shorter than a byte: low bits first
  bits,    ///< a set of numbered flags; which bit stands for number 1 is a setting
  bcd,     ///< two digits a byte, the most significant first
  ascii,   ///< padded with zeros at the right
  hex,     ///< bytes that mean nothing to us
  card,    ///< a physical card number: the same, in an order that is a setting
  cp56,    ///< CP56Time2a
};

/// A name of a number's value, or of a bit.
struct Word {
  std::int64_t value = 0;
  std::string text;
};

struct Field {
  std::string name;  ///< of a row: "cards.logical_card"
  Encoding encoding = Encoding::number;
  std::size_t bit_at = 0;    ///< from the body's begin; of a row: from the row's
  std::size_t bit_size = 0;  ///< 0: as many bytes as the field `length_field` says
  int decimals = 0;          ///< a number's value is scaled: 3732 with one decimal is 373.2
  std::int64_t offset = 0;   ///< scaled; added to what is on the wire
  std::string unit;
  std::string doc;
  std::vector<Word> words;
  std::optional<std::pair<std::int64_t, std::int64_t>> range;  ///< scaled, both ends belong to it
  bool optional = false;                                       ///< may be missing at the body's end
  bool reversed = false;                                       ///< ascii: the last character first
  bool hex_digits = false;                                     ///< bcd: A to F are digits too
  int length_field = -1;

  /// Scaled: what the bits can hold.
  [[nodiscard]] std::int64_t low() const { return offset; }
  [[nodiscard]] std::int64_t high() const {
    return offset + static_cast<std::int64_t>((std::uint64_t{1} << bit_size) - 1);
  }
  /// The word for a value; null when there is none.
  [[nodiscard]] const Word* word(std::int64_t value) const;
};

/// Fields that repeat, at the body's end.
struct Group {
  std::string name;  ///< "cards"
  std::string doc;
  std::size_t first = 0;      ///< the first of its fields; they are the frame's last
  std::size_t row_bytes = 0;  ///< of one row
  int count_field = -1;       ///< says how many rows; -1: as many as there are
  std::size_t rows = 0;       ///< always so many; 0: it varies
  std::size_t rows_max = 0;
};

/// A line of the table, as it was written; see LayoutBuilder::field().
struct FieldLine {
  std::string name;
  std::string spec;
};

struct FrameLayout {
  std::uint8_t type = 0;
  std::string name;  ///< "realtime"
  std::string doc;
  std::vector<Field> fields;
  std::optional<Group> group;
  std::size_t bytes = 0;  ///< of a body without its optional fields, rows that vary and texts that vary
  std::vector<FieldLine> lines;

  /// The index of a field, to be kept: -1 when there is none (of a row: "cards.logical_card").
  [[nodiscard]] int find(std::string_view field) const;
  [[nodiscard]] bool in_group(std::size_t index) const { return group && index >= group->first; }
  /// "60", "8+16n": the body's length for people.
  [[nodiscard]] std::string length_text() const;
};

/// What sources disagree about.
struct Settings {
  std::uint8_t fault_bit_base = 1;  ///< the number of the lowest bit: 1, or 0 (then the lowest stays unused)
  bool card_reversed = false;       ///< physical cards: false as they are printed, true as integers
  bool weekday = false;             ///< whether times are written with the day of the week
  CrcOrder crc_order = CrcOrder::low_first;  ///< of what is sent; both are read
};

class Layout {
 public:
  Layout();

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& doc() const { return doc_; }
  [[nodiscard]] const Settings& settings() const { return settings_; }
  /// In the order of their types.
  [[nodiscard]] const std::vector<FrameLayout>& frames() const { return frames_; }
  /// Null when the layout has no such frame. Lives as long as the layout stays where it is.
  [[nodiscard]] const FrameLayout* find(std::uint8_t type) const;
  /// By "realtime", "0x13" or "13".
  [[nodiscard]] const FrameLayout* find(std::string_view name) const;

 private:
  friend class LayoutBuilder;
  void index();

  std::string name_;
  std::string doc_;
  Settings settings_;
  std::vector<FrameLayout> frames_;
  std::array<std::int16_t, 256> at_;  // type -> frames_; -1: none
};

/// "0x3B", "3b": nullopt when it is no byte in hexadecimal digits.
[[nodiscard]] std::optional<std::uint8_t> parse_type(std::string_view text);
/// "0x3B"
[[nodiscard]] std::string type_text(std::uint8_t type);

}  // namespace vfleet::codec::ykc
