#include "simulator/codec/ykc/inspect.h"

#include "simulator/codec/ykc/layout.h"
#include "simulator/codec/ykc/text.h"

namespace vfleet::codec::ykc {
namespace {

constexpr std::size_t kBeforeLength = 2;
constexpr std::size_t kCrcBytes = 2;
constexpr std::size_t kLengthMin = 4;

unsigned byte(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

// How long the frame at the front says it is; 0: it is too short to say, or begins with something else.
std::size_t said_size(std::string_view bytes) {
  if (bytes.size() < kBeforeLength || byte(bytes, 0) != kStart || byte(bytes, 1) < kLengthMin) return 0;
  return kBeforeLength + byte(bytes, 1) + kCrcBytes;
}

// Where the next frame begins that is right; the end when there is none.
std::size_t next_frame(std::string_view bytes, std::size_t from) {
  for (std::size_t at = from; at < bytes.size(); ++at) {
    const std::size_t size = said_size(bytes.substr(at));
    if (size != 0 && size <= bytes.size() - at && parse_frame(bytes.substr(at, size))) return at;
  }
  return bytes.size();
}

std::string word_hex(unsigned value) {
  std::string out;
  append_hex(std::string{static_cast<char>(value >> 8U), static_cast<char>(value & 0xFFU)}, out);
  return out;
}

// Reads the frame without a look at its CRC. `bytes` has room for head and CRC.
Frame read_anyway(std::string_view bytes) {
  Frame frame;
  frame.sequence = static_cast<std::uint16_t>(byte(bytes, 2) | byte(bytes, 3) << 8U);
  frame.encryption = static_cast<std::uint8_t>(byte(bytes, 4));
  frame.type = static_cast<std::uint8_t>(byte(bytes, 5));
  frame.body = bytes.substr(kHeadBytes, bytes.size() - kHeadBytes - kCrcBytes);
  return frame;
}

std::string crc_is(std::string_view bytes) {
  const unsigned right = crc16(bytes.substr(kBeforeLength, bytes.size() - kBeforeLength - kCrcBytes));
  const std::string low = word_hex((right & 0xFFU) << 8U | right >> 8U);
  return "the CRC on the wire is " +
         word_hex(byte(bytes, bytes.size() - 2) << 8U | byte(bytes, bytes.size() - 1)) + "; right is " + low +
         " (low byte first) or " + word_hex(right) + " (high byte first)";
}

// Whether the CRC is right when the frame is all of `bytes`, whatever its length byte says.
bool whole_is_right(std::string_view bytes) {
  if (bytes.size() < kFrameBytesMin || bytes.size() > kHeadBytes + kBodyBytesMax + kCrcBytes) return false;
  const unsigned right = crc16(bytes.substr(kBeforeLength, bytes.size() - kBeforeLength - kCrcBytes));
  const unsigned first = byte(bytes, bytes.size() - 2);
  const unsigned second = byte(bytes, bytes.size() - 1);
  return (first | second << 8U) == right || (second | first << 8U) == right;
}

// What stands at the front of `bytes`, where no right frame is.
Piece broken(std::string_view bytes, std::size_t until_next) {
  Piece piece;
  const std::size_t size = said_size(bytes);
  const std::string_view part = bytes.substr(0, until_next);
  piece.bytes = part;
  const std::string length = bytes.size() > 1 ? std::to_string(byte(bytes, 1)) : "";
  if (byte(bytes, 0) != kStart) {
    const std::size_t start = part.find(static_cast<char>(kStart));
    piece.bytes = part.substr(0, start);
    piece.wrong = std::to_string(piece.bytes.size()) + " bytes that begin no frame: a frame begins with 68";
  } else if (bytes.size() < kBeforeLength) {
    piece.wrong = "a frame has at least 8 bytes, here is 1";
  } else if (whole_is_right(part)) {
    piece.is_frame = true;
    piece.frame = read_anyway(part);
    piece.wrong = "the length byte says " + length + "; it should say " +
                  std::to_string(part.size() - kBeforeLength - kCrcBytes) + ": with all " +
                  std::to_string(part.size()) + " bytes the CRC is right";
  } else if (size == 0) {
    piece.wrong = "the length byte says " + length + "; the least is 4";
  } else if (bytes.size() < size) {
    piece.wrong = "the length byte says " + length + ", so " + std::to_string(size) + " bytes; there are " +
                  std::to_string(bytes.size());
    if (bytes.size() >= kFrameBytesMin) {
      piece.wrong += ", and as they are " + crc_is(bytes);
      piece.is_frame = true;
      piece.frame = read_anyway(bytes);
    }
  } else {
    piece.bytes = bytes.substr(0, size);
    piece.is_frame = true;
    piece.frame = read_anyway(piece.bytes);
    piece.wrong = crc_is(piece.bytes);
    // A wrong length hides where the next frame begins.
    if (until_next < size) piece.wrong += "; a right frame begins within it";
  }
  return piece;
}

}  // namespace

std::vector<Piece> inspect(std::string_view bytes) {
  std::vector<Piece> out;
  std::size_t next = 0;  // where the next right frame begins, once it was looked for
  for (std::size_t at = 0; at < bytes.size();) {
    const std::string_view rest = bytes.substr(at);
    Piece piece;
    const std::size_t size = said_size(rest);
    const auto frame = size != 0 && size <= rest.size() ? parse_frame(rest.substr(0, size)) : std::nullopt;
    if (frame) {
      piece.bytes = rest.substr(0, size);
      piece.is_frame = true;
      piece.frame = *frame;
    } else {
      if (next <= at) next = next_frame(bytes, at + 1);
      piece = broken(rest, next - at);
      piece.bytes = piece.bytes.substr(0, next - at);
    }
    piece.offset = at;
    at += piece.bytes.size();
    out.push_back(std::move(piece));
  }
  return out;
}

}  // namespace vfleet::codec::ykc
