#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "simulator/codec/websocket/close_code.h"
#include "simulator/codec/websocket/frame.h"

namespace vfleet::codec::websocket {

/// What a peer said. Views live until the reader is asked again, or its bytes change.
struct Event {
  enum class Kind : std::uint8_t {
    none,  ///< every byte was taken, and more are needed
    text,  ///< a whole message; UTF-8
    binary,
    ping,   ///< answer with a pong of the same payload
    pong,   ///< of a ping, or unasked
    close,  ///< answer with the same code; nothing follows
    error,  ///< the peer broke the protocol: close with `code`; nothing follows
  };
  Kind kind = Kind::none;
  std::uint16_t code = 0;    ///< close: the peer's, kNoStatusReceived when it gave none; error: ours
  std::string_view payload;  ///< close: the peer's reason; error: what is wrong, static
};

/// Reads the frames of a peer (RFC 6455 section 5) from bytes in any slices: fragments are put together,
/// control frames between them come at once. Between messages it owns no memory; a message that comes whole
/// in one slice is not copied.
///
///   for (Event e = reader.next(bytes); e.kind != Event::Kind::none; e = reader.next(bytes)) ...
class MessageReader {
 public:
  /// `message_max`: a longer message is an error (1009) as soon as its length is known.
  explicit MessageReader(std::size_t message_max = 1 << 20);
  ~MessageReader();
  MessageReader(MessageReader&&) noexcept;
  MessageReader& operator=(MessageReader&&) noexcept;

  /// A client's: takes the next event from the front of what its server sent.
  [[nodiscard]] Event next(std::string_view& bytes);
  /// A server's: what its client sent is unmasked in place.
  [[nodiscard]] Event next(std::span<char>& bytes);

  /// Whether a message or a frame has begun and not ended.
  [[nodiscard]] bool in_message() const;

 private:
  struct Head;
  struct Part;
  struct Input;
  [[nodiscard]] Event step(Input& in);
  [[nodiscard]] bool read_head(Input& in, Head& head);
  [[nodiscard]] Event check(const Head& head, Role sender) const;
  [[nodiscard]] Event whole(Input& in, const Head& head);
  [[nodiscard]] Event take(Input& in);
  void begin(const Head& head);
  [[nodiscard]] bool in_fragments() const;
  Part& part();

  std::unique_ptr<Part> part_;  // what is here of a message or a frame; null between them
  std::size_t message_max_;
};

}  // namespace vfleet::codec::websocket
