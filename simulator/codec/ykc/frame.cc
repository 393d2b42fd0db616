#include "simulator/codec/ykc/frame.h"

#include <algorithm>

#include "simulator/codec/ykc/crc.h"

namespace vfleet::codec::ykc {
namespace {

std::uint8_t byte(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

// From the sequence to the end of the body, and the two bytes of the CRC.
constexpr std::size_t kBeforeLength = 2;
constexpr std::size_t kCrcBytes = 2;
constexpr std::size_t kLengthMin = 4;

// The front of `bytes`: a frame's size; 0: none can begin here; npos: more bytes are needed to know.
std::size_t frame_size(std::string_view bytes) {
  if (byte(bytes, 0) != kStart) return 0;
  if (bytes.size() < kBeforeLength) return std::string_view::npos;
  const std::size_t length = byte(bytes, 1);
  if (length < kLengthMin) return 0;
  const std::size_t size = kBeforeLength + length + kCrcBytes;
  return bytes.size() < size ? std::string_view::npos : size;
}

bool is_right(std::string_view frame, unsigned crc) {
  const unsigned first = byte(frame, frame.size() - 2);
  const unsigned second = byte(frame, frame.size() - 1);
  return (second << 8U | first) == crc || (first << 8U | second) == crc;
}

// Looks for a frame from the front of `bytes`, which it shortens by what it skips. The frame's size; 0: there
// is no whole one.
std::size_t find_frame(std::string_view& bytes, FrameReader::Totals& totals) {
  const std::string_view all = bytes;
  PartCrcs crcs(all);
  while (!bytes.empty()) {
    const std::size_t size = frame_size(bytes);
    if (size == std::string_view::npos) return 0;
    if (size != 0) {
      const std::size_t at = all.size() - bytes.size();
      if (is_right(bytes.substr(0, size), crcs.of(at + kBeforeLength, at + size - kCrcBytes))) return size;
      ++totals.bad_crcs;
    }
    const std::size_t next = std::min(bytes.find(static_cast<char>(kStart), 1), bytes.size());
    bytes.remove_prefix(next);
    totals.skipped_bytes += next;
  }
  return 0;
}

}  // namespace

bool append_frame(const Frame& frame, std::string& out) {
  if (frame.body.size() > kBodyBytesMax) return false;
  const std::size_t begin = out.size();
  const auto put = [&](unsigned value) { out += static_cast<char>(value & 0xFFU); };
  put(kStart);
  put(static_cast<unsigned>(kLengthMin + frame.body.size()));
  put(frame.sequence);
  put(frame.sequence >> 8U);
  put(frame.encryption);
  put(frame.type);
  out += frame.body;
  const unsigned crc = crc16(std::string_view(out).substr(begin + kBeforeLength));
  const bool low_first = frame.crc_order == CrcOrder::low_first;
  put(low_first ? crc : crc >> 8U);
  put(low_first ? crc >> 8U : crc);
  return true;
}

std::optional<Frame> parse_frame(std::string_view bytes) {
  if (bytes.size() < kFrameBytesMin || frame_size(bytes) != bytes.size()) return std::nullopt;
  const std::size_t end = bytes.size() - kCrcBytes;
  const unsigned crc = crc16(bytes.substr(kBeforeLength, end - kBeforeLength));
  const unsigned first = byte(bytes, end);
  const unsigned second = byte(bytes, end + 1);
  Frame frame;
  if ((second << 8U | first) == crc) {
    frame.crc_order = CrcOrder::low_first;
  } else if ((first << 8U | second) == crc) {
    frame.crc_order = CrcOrder::high_first;
  } else {
    return std::nullopt;
  }
  frame.sequence = static_cast<std::uint16_t>(byte(bytes, 2) | byte(bytes, 3) << 8U);
  frame.encryption = byte(bytes, 4);
  frame.type = byte(bytes, 5);
  frame.body = bytes.substr(kHeadBytes, end - kHeadBytes);
  return frame;
}

std::size_t sized_frame(std::string_view front) {
  const std::size_t size = frame_size(front);
  if (size == std::string_view::npos) return 0;
  if (size != 0 && parse_frame(front.substr(0, size))) return size;
  std::string_view rest = front.substr(0, kNoiseBytesMax);
  const std::size_t looked_at = rest.size();
  FrameReader::Totals totals;
  (void)find_frame(rest, totals);
  const std::size_t noise = looked_at - rest.size();
  return is_noise(front.substr(0, noise)) ? noise : 1;
}

bool is_noise(std::string_view message) {
  return message.empty() || frame_size(message) != message.size();
}

std::string_view FrameReader::next(std::string_view& bytes, Totals& totals) {
  if (part_ == nullptr) {
    const std::size_t size = find_frame(bytes, totals);
    if (size == 0) {
      if (!bytes.empty()) part_ = std::make_unique<std::string>(bytes);
      bytes = {};
      return {};
    }
    const std::string_view frame = bytes.substr(0, size);
    bytes.remove_prefix(size);
    return frame;
  }
  *part_ += bytes;
  bytes = {};
  std::string_view rest = std::string_view(*part_).substr(used_);
  const std::size_t size = find_frame(rest, totals);
  // What was skipped goes with what is handed out.
  used_ = part_->size() - rest.size() + size;
  if (size != 0) return rest.substr(0, size);
  // It is taken from the front now that no other frame is here, not one by one.
  part_->erase(0, used_);
  used_ = 0;
  if (part_->empty()) reset();
  return {};
}

}  // namespace vfleet::codec::ykc
