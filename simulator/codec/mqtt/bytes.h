#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// The data representation of MQTT (§1.5): what packets and properties are made of. Used by the files of this
/// folder.
namespace vfleet::codec::mqtt {

/// Whether `text` is UTF-8 as MQTT wants it: no surrogates, no U+0000 (§1.5.4).
[[nodiscard]] bool is_text(std::string_view text);

/// Takes values from the front of bytes. The first that is not there, or not well-formed, makes it fail: from
/// then on everything is zero or empty, and ok() is false.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool empty() const { return rest_.empty(); }
  [[nodiscard]] std::string_view rest() const { return rest_; }
  void fail() {
    ok_ = false;
    rest_ = {};
  }

  std::string_view take(std::size_t size) {
    if (size > rest_.size()) {
      fail();
      return {};
    }
    const std::string_view out = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return out;
  }
  std::string_view take_rest() { return take(rest_.size()); }
  std::uint8_t byte() { return static_cast<std::uint8_t>(number(1)); }
  std::uint16_t two() { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t four() { return number(4); }
  /// Variable byte integer (§1.5.5), in its shortest form.
  std::uint32_t variable();
  std::string_view binary() { return take(two()); }
  std::string_view text();

 private:
  std::uint32_t number(std::size_t size) {
    std::uint32_t out = 0;
    for (const char c : take(size)) out = out << 8 | static_cast<std::uint8_t>(c);
    return out;
  }

  std::string_view rest_;
  bool ok_ = true;
};

// Writers append. Texts and binaries past kTextMax are cut there: who takes them from outside checks first.
inline void put_byte(std::string& out, std::uint8_t value) {
  out.push_back(static_cast<char>(value));
}
inline void put_two(std::string& out, std::uint16_t value) {
  const char bytes[] = {static_cast<char>(value >> 8), static_cast<char>(value)};
  out.append(bytes, sizeof bytes);
}
inline void put_four(std::string& out, std::uint32_t value) {
  put_two(out, static_cast<std::uint16_t>(value >> 16));
  put_two(out, static_cast<std::uint16_t>(value));
}
void put_variable(std::string& out, std::uint32_t value);
void put_text(std::string& out, std::string_view text);

/// Bytes that put_variable() makes.
[[nodiscard]] constexpr std::size_t variable_size(std::size_t value) {
  if (value < 128) return 1;
  if (value < 16'384) return 2;
  return value < 2'097'152 ? 3 : 4;
}

}  // namespace vfleet::codec::mqtt
