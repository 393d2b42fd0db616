#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vfleet::child {

/// Cuts what a child prints into lines, whatever pieces it comes in. A line that is longer than its limit is
/// dropped up to its end and counted: memory stays bounded by the limit and what was fed and not yet taken.
class LineSplitter {
 public:
  explicit LineSplitter(std::size_t line_bytes_max) : line_bytes_max_(line_bytes_max) {}

  void feed(std::string_view bytes);
  /// The next whole line, without its end (LF or CR LF); valid until the next call of anything here.
  [[nodiscard]] std::optional<std::string_view> next();
  /// What is there of a line whose end has not come; for what a child leaves behind when it ends.
  [[nodiscard]] std::string_view rest() const { return std::string_view(buffer_).substr(taken_); }
  /// Lines that were dropped because they were too long.
  [[nodiscard]] std::uint64_t too_long() const { return too_long_; }
  [[nodiscard]] std::size_t buffered_bytes() const { return buffer_.size() - taken_; }
  void clear();

 private:
  std::size_t line_bytes_max_;
  std::string buffer_;
  std::size_t taken_ = 0;    // of buffer_: given out
  std::size_t scanned_ = 0;  // of buffer_: holds no line end from taken_ on
  bool dropping_ = false;    // within a line that is too long
  std::uint64_t too_long_ = 0;
};

}  // namespace vfleet::child
