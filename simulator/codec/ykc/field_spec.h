#pragma once

#include <string>
#include <string_view>

#include "simulator/codec/ykc/layout.h"
#include "simulator/core/result.h"

namespace vfleet::codec::ykc {

/// What a line of a layout says of a name. First what it is:
///
///   u1 .. u56      a number of so many bits, low byte first
///   bits8 .. bits32  flags
///   bcd16, ascii32, hex8, card8   so many bytes of that encoding
///   ascii(length)  as many bytes as the field `length` says; the last field
///   cp56           a time, 7 bytes
///   repeat count | repeat rest | repeat 48   rows follow, at the body's end: as many as the field `count`
///                  says, as there are, or always 48; `max 15`; fields of a row are called NAME.FIELD
///   removed        there is no such field in this fork
///
/// then, in any order: x0.1 (a unit on the wire is worth so much), -400 (added to it), 30..100 (what is
/// allowed), 0=idle (a value's or a flag's name), V (the unit), optional (may be missing at the end),
/// reversed (ascii), hexdigits (bcd with A to F), after NAME (where it stands, for changes). Last a doc: #
/// ...
struct FieldSpec {
  enum class Kind : std::uint8_t { field, rows, removed };

  Kind kind = Kind::field;
  Field field;        ///< without its name and place
  std::string after;  ///< empty: at the end, or where the field was that it replaces
  std::string count;  ///< the field that says how many rows, or how long the text is
  std::size_t rows = 0;
  std::size_t rows_max = 0;
};

/// Errors say which word is wrong and what was expected.
[[nodiscard]] Result<FieldSpec> parse_spec(std::string_view spec);

}  // namespace vfleet::codec::ykc
