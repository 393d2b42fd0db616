#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

/// Frames of YKC (云快充) V1.5 to V1.7: 68 L SEQ SEQ ENC TYPE BODY... CRC CRC, where L counts from the
/// sequence to the end of the body.
namespace vfleet::codec::ykc {

inline constexpr unsigned char kStart = 0x68;
inline constexpr std::size_t kHeadBytes = 6;       ///< before the body
inline constexpr std::size_t kFrameBytesMin = 8;   ///< with an empty body
inline constexpr std::size_t kBodyBytesMax = 251;  ///< what the length byte can say

/// In which order the two bytes of the CRC stand. Piles in the field exist with both.
enum class CrcOrder : std::uint8_t { low_first, high_first };

struct Frame {
  std::uint16_t sequence = 0;   ///< low byte first on the wire
  std::uint8_t encryption = 0;  ///< 0: none
  std::uint8_t type = 0;        ///< odd: of the pile, even: of the platform
  std::string_view body;
  CrcOrder crc_order = CrcOrder::low_first;
};

/// CRC-16/MODBUS: of "123456789" it is 0x4B37.
[[nodiscard]] std::uint16_t crc16(std::string_view bytes);

/// Appends the frame. False, and nothing is appended: the body is longer than kBodyBytesMax.
bool append_frame(const Frame& frame, std::string& out);

/// Reads one whole frame, no byte more or less. nullopt: it is none, or its CRC is right in neither order.
/// `body` is a view of `bytes`.
[[nodiscard]] std::optional<Frame> parse_frame(std::string_view bytes);

/// For codec::framing::Kind::sized: how long the message at the front of `front` is, which is not empty: a
/// whole frame whose CRC is right; else as many bytes as belong to none, of which is_noise() is true; 0: more
/// bytes are needed to know. What it takes grows with the bytes that it tells of, whatever they are.
[[nodiscard]] std::size_t sized_frame(std::string_view front);
/// Of a message that sized_frame() has measured: it is no frame.
[[nodiscard]] bool is_noise(std::string_view message);
inline constexpr std::size_t kNoiseBytesMax = 4096;  ///< of one such message

/// Finds frames in bytes in any slices: looks for the start byte, believes a length only when the CRC agrees
/// (in either order), and else goes on one byte behind the start. What that takes grows with the bytes, also
/// when each of them begins a frame that turns out to be none. Between frames it owns no memory.
class FrameReader {
 public:
  struct Totals {
    std::uint64_t skipped_bytes = 0;  ///< that belonged to no frame
    std::uint64_t bad_crcs = 0;
  };

  /// Takes the next whole frame from the front of `bytes`; empty: every byte was taken. The view lives until
  /// the next call, or until the bytes change.
  [[nodiscard]] std::string_view next(std::string_view& bytes, Totals& totals);
  void reset() { part_.reset(), used_ = 0; }

 private:
  std::unique_ptr<std::string> part_;  // bytes that are no whole frame yet
  std::size_t used_ = 0;               // of part_: handed out
};

}  // namespace vfleet::codec::ykc
