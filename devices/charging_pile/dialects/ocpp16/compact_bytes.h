#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace vfleet::pile::ocpp16 {

/// Writes small numbers into few bytes, seven bits each. What does not fit is not written, and ok() is false
/// from then on.
class CompactWriter {
 public:
  explicit CompactWriter(std::span<std::byte> out) : out_(out) {}

  void number(std::uint64_t value) {
    while (value >= 0x80) {
      byte(static_cast<std::uint8_t>(value | 0x80));
      value >>= 7;
    }
    byte(static_cast<std::uint8_t>(value));
  }
  void signed_number(std::int64_t value) {
    number(static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63));
  }
  /// At most 255 characters.
  void text(std::string_view value) {
    byte(static_cast<std::uint8_t>(value.size()));
    for (const char c : value.substr(0, 255)) byte(static_cast<std::uint8_t>(c));
  }
  /// Of any length.
  void long_text(std::string_view value) {
    number(value.size());
    for (const char c : value) byte(static_cast<std::uint8_t>(c));
  }
  void raw(std::span<const std::byte> bytes) {
    if (out_.size() - at_ < bytes.size()) {
      ok_ = false;
      return;
    }
    if (!bytes.empty()) std::memcpy(out_.data() + at_, bytes.data(), bytes.size());
    at_ += bytes.size();
  }
  void byte(std::uint8_t value) {
    if (at_ == out_.size()) {
      ok_ = false;
    } else {
      out_[at_++] = static_cast<std::byte>(value);
    }
  }

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::size_t size() const { return ok_ ? at_ : 0; }

 private:
  std::span<std::byte> out_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

/// Reads what CompactWriter wrote; any bytes. Past the end everything is 0, and ok() is false.
class CompactReader {
 public:
  explicit CompactReader(std::span<const std::byte> in) : in_(in) {}

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint8_t next = byte();
      value |= static_cast<std::uint64_t>(next & 0x7f) << shift;
      if ((next & 0x80) == 0) return value;
    }
    ok_ = false;
    return 0;
  }
  std::int64_t signed_number() {
    const std::uint64_t value = number();
    return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
  }
  /// As long as the bytes.
  std::string_view text() { return bytes(byte()); }
  std::string_view long_text() { return bytes(number()); }
  std::uint8_t byte() {
    if (in_.empty()) {
      ok_ = false;
      return 0;
    }
    const auto value = static_cast<std::uint8_t>(in_.front());
    in_ = in_.subspan(1);
    return value;
  }

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::size_t left() const { return in_.size(); }

 private:
  std::string_view bytes(std::uint64_t size) {
    if (in_.size() < size) {
      ok_ = false;
      return {};
    }
    const std::string_view value(reinterpret_cast<const char*>(in_.data()), size);
    in_ = in_.subspan(size);
    return value;
  }

  std::span<const std::byte> in_;
  bool ok_ = true;
};

}  // namespace vfleet::pile::ocpp16
