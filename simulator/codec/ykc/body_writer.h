#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "simulator/codec/ykc/layout.h"
#include "simulator/core/result.h"

namespace vfleet::codec::ykc {

/// Writes one body at the end of a buffer. It begins as zeros of the frame's length; fields are then put by
/// their index (FrameLayout::find(), asked once) in any order. An index of -1 (a fork has no such field) is
/// passed over. Allocates nothing once the buffer has grown to its size; what goes wrong is kept as words.
///
///   BodyWriter body(layout, frame, out);
///   body.text(pile, "32010600019236").number(voltage, 3732);
///   if (!body.good()) ... body.error()
class BodyWriter {
 public:
  /// All outlive the writer.
  BodyWriter(const Layout& layout, const FrameLayout& frame, std::string& out);

  /// A number (scaled), flags (bit n of the value stands for the flag of number n), or a time
  /// (milliseconds, civil_time.h); for bcd its digits. `row` counts from 0; rows up to it are added.
  BodyWriter& number(int index, std::int64_t value, std::size_t row = 0);
  /// Digits for bcd (zeros are put before them), characters for ascii.
  BodyWriter& text(int index, std::string_view value, std::size_t row = 0);
  /// Bytes as they go on the wire, legal or not: as many as the field has.
  BodyWriter& bytes(int index, std::string_view value, std::size_t row = 0);
  /// Makes so many rows, and says so in the field that counts them.
  BodyWriter& rows(std::size_t count);

  /// From text: "373.2", "charging", "2024-12-18T17:15:30", "32010600019236", "D14B0A54" for hex,
  /// "emergency_stop, door_open" for flags. `name` may be of a row: "cards[1].logical_card". "raw:FF" puts
  /// bytes (or a number's bits) as they are, so that illegal values can be sent; else words, digits and
  /// ranges are checked.
  [[nodiscard]] Status set(std::string_view name, std::string_view value);

  [[nodiscard]] bool good() const { return error_.empty(); }
  /// The first thing that went wrong: "voltage: 7000.0 is out of range: 0.0 to 6553.5 V".
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  struct Spot {
    const Field* field = nullptr;
    std::size_t bit_at = 0;
  };
  // Where the field goes; makes room for it. Null: nothing is to be written.
  Spot spot(int index, std::size_t row);
  void put(const Spot& spot, std::uint64_t raw);
  void put_bytes(const Spot& spot, std::string_view value);
  void put_digits(const Spot& spot, std::string_view digits);
  bool take_count(int field, std::size_t count);
  void wrong(const Field& field, std::string what);
  void set_value(int index, std::string_view value, std::size_t row);
  void set_number(int index, const Field& field, std::string_view value, std::size_t row);
  void set_flags(int index, const Field& field, std::string_view value, std::size_t row);
  void set_raw(int index, const Field& field, std::string_view value, std::size_t row);

  const Layout& layout_;
  const FrameLayout& frame_;
  std::string& out_;
  std::size_t begin_;
  std::size_t rows_ = 0;
  std::string error_;
};

}  // namespace vfleet::codec::ykc
