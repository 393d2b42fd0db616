#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/codec/ykc/layout.h"

namespace vfleet::codec::ykc {

/// Where a body is not what the layout says.
struct Deviation {
  std::string field;       ///< "state"; "cards[1].result" of a row; empty: the body as a whole
  std::size_t offset = 0;  ///< of its first byte in the body
  std::string what;
};

/// Reads the fields of one body by their index, whatever it holds: a field that the body is too short for is
/// not there, and bytes behind the last one do not hurt. check() says what is strictly wrong. Reading
/// numbers and views allocates nothing.
class BodyReader {
 public:
  /// All outlive the reader.
  BodyReader(const Layout& layout, const FrameLayout& frame, std::string_view body);

  [[nodiscard]] const Layout& layout() const { return layout_; }
  [[nodiscard]] const FrameLayout& frame() const { return frame_; }
  /// Whole rows that are there; not more than the field that counts them says.
  [[nodiscard]] std::size_t rows() const { return rows_; }

  /// Whether the whole field is there. An index of -1 never is.
  [[nodiscard]] bool has(int index, std::size_t row = 0) const;
  /// Scaled numbers; flags (bit n stands for the flag of number n); times as milliseconds (civil_time.h);
  /// digits of up to 18 as their number. nullopt: not there, or not what its encoding says.
  [[nodiscard]] std::optional<std::int64_t> number(int index, std::size_t row = 0) const;
  /// The field's bytes as on the wire (of bits within bytes: those that hold them); empty: not there.
  [[nodiscard]] std::string_view bytes(int index, std::size_t row = 0) const;
  /// Characters of ascii, digits of bcd with their zeros, hexadecimal digits of the rest; nothing when it is
  /// not there.
  void append_text(int index, std::size_t row, std::string& out) const;

  /// Every deviation, in the order of the bytes; none: the body is strictly as the layout says.
  [[nodiscard]] std::vector<Deviation> check() const;
  /// Offset in the body.
  [[nodiscard]] std::size_t offset(int index, std::size_t row = 0) const;

 private:
  [[nodiscard]] const Field& field(int index) const { return frame_.fields[static_cast<std::size_t>(index)]; }
  [[nodiscard]] std::size_t bit_at(int index, std::size_t row) const;
  [[nodiscard]] std::size_t bit_size(int index) const;
  void check_field(int index, std::size_t row, std::vector<Deviation>& out) const;
  void check_length(std::vector<Deviation>& out) const;
  [[nodiscard]] std::string field_name(int index, std::size_t row) const;

  const Layout& layout_;
  const FrameLayout& frame_;
  std::string_view body_;
  std::size_t rows_ = 0;
};

}  // namespace vfleet::codec::ykc
