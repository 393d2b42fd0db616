#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "simulator/codec/ykc/layout.h"
#include "simulator/core/result.h"

namespace vfleet::codec::ykc {

/// Frame::encryption of a body that is 3DES.
inline constexpr std::uint8_t kTripleDes = 1;

/// The protocol says 3DES and no more: key, mode and padding are what a pile and its platform agree on.
struct CipherSettings {
  enum class Mode : std::uint8_t { ecb, cbc };
  enum class Padding : std::uint8_t {
    pkcs7,  ///< so many bytes of so much, 1 to 8
    zeros,  ///< up to a multiple of 8
  };

  std::string key;  ///< 48 hexadecimal digits, or 32: the third part is the first
  Mode mode = Mode::ecb;
  std::string iv;  ///< of cbc: 16 hexadecimal digits; empty: zeros
  Padding padding = Padding::pkcs7;
};

/// Bodies that only who has the key can read: the body of a frame alone, whose length and CRC are those of
/// what is sent.
class Cipher {
 public:
  /// Errors: invalid_argument, which does not repeat the key.
  [[nodiscard]] static Result<Cipher> make(const CipherSettings& settings);

  /// Appends the encrypted body. False, and nothing is appended: it would be longer than a frame holds.
  [[nodiscard]] bool encrypt(std::string_view body, std::string& out) const;
  /// Appends the body; zeros that pad it stay, see without_padding(). False, and nothing is appended: it is
  /// not encrypted like this.
  [[nodiscard]] bool decrypt(std::string_view body, std::string& out) const;

 private:
  static constexpr std::size_t kBlock = 8;
  using Block = std::array<unsigned char, kBlock>;

  Cipher() = default;
  bool run(bool encrypts, std::string_view bytes, std::string& out) const;

  std::array<unsigned char, 24> key_{};
  Block iv_{};
  CipherSettings::Mode mode_ = CipherSettings::Mode::ecb;
  CipherSettings::Padding padding_ = CipherSettings::Padding::pkcs7;
};

/// A decrypted body without the zeros behind what `frame` has fields for, as far as that says how long it is.
[[nodiscard]] std::string_view without_padding(const Layout& layout, const FrameLayout& frame,
                                               std::string_view body);

}  // namespace vfleet::codec::ykc
