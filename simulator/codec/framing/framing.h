#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

/// How messages stand one after the other in a stream of bytes.
namespace vfleet::codec::framing {

enum class Kind : std::uint8_t {
  lines,      ///< each ends with LF; a CR before it is left out when reading
  delimiter,  ///< each ends with a text of one's own
  length2be,  ///< each after its length: two bytes, the high one first
  length4be,  ///< the same with four bytes
  sized,      ///< by a rule of the protocol's own (Framing::size_of); they keep their heads
  none,       ///< as they come: whatever is read at once is a message
};

/// How long the message is that `front` begins with, all of it: 0 while that cannot be told. Bytes that
/// belong to no message are one, for its reader to drop: of these a longer `front` may tell more. `front` is
/// not empty.
using SizeOf = std::size_t (*)(std::string_view front);

struct Framing {
  Kind kind = Kind::lines;
  std::string delimiter = {};     ///< not empty with Kind::delimiter
  std::size_t frame_max = 65536;  ///< a longer message of the peer is an error
  SizeOf size_of = nullptr;       ///< not null with Kind::sized
};

/// Appends one message. False, and nothing is appended: it is too long for its length field, or holds what
/// would end it.
[[nodiscard]] bool append_frame(const Framing& framing, std::string_view payload, std::string& out);

/// Takes messages from bytes in any slices. Between messages it owns no memory; a message that comes whole in
/// one slice is not copied.
class FrameReader {
 public:
  enum class Progress : std::uint8_t {
    more,      ///< every byte was taken
    frame,     ///< here is one
    too_long,  ///< past frame_max; nothing follows
  };
  /// Takes the next message from the front of `bytes`. `frame` lives until the next call, or until the bytes
  /// change. `framing` is the same each time.
  [[nodiscard]] Progress next(const Framing& framing, std::string_view& bytes, std::string_view& frame);

  /// Whether a message has begun and not ended.
  [[nodiscard]] bool in_frame() const { return part_ != nullptr && !told_; }
  /// Forgets what is here of one.
  void reset() { part_.reset(), told_ = false, told_bytes_ = 0; }

 private:
  [[nodiscard]] Progress next_delimited(const Framing& framing, std::string_view end, std::string_view& bytes,
                                        std::string_view& frame);
  [[nodiscard]] Progress next_counted(const Framing& framing, std::size_t head, std::string_view& bytes,
                                      std::string_view& frame);
  [[nodiscard]] Progress next_sized(const Framing& framing, std::string_view& bytes, std::string_view& frame);
  void forget_told();

  std::unique_ptr<std::string> part_;
  bool told_ = false;             // part_ was handed out
  std::uint32_t told_bytes_ = 0;  // so much of it; 0: all
};

}  // namespace vfleet::codec::framing
