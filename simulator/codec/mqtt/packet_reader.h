#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "simulator/codec/mqtt/decode.h"

namespace vfleet::codec::mqtt {

/// Makes packets of bytes that come in any slices. It holds memory only while a packet has come in part: a
/// connection that rests owns nothing.
///
///   std::string_view in = what_was_read;
///   Packet packet;
///   while (true) {
///     switch (reader.next(in, context, packet)) { case Progress::packet: ... }
///   }
class PacketReader {
 public:
  enum class Progress : std::uint8_t {
    more,    ///< `in` is used up
    packet,  ///< one packet; its views are valid until next() or reset() is called, or the bytes of `in` go
    broken,  ///< error() says why; only reset() may follow
  };

  /// Takes one packet from the front of `in`, together with what came before, and moves `in` behind it.
  [[nodiscard]] Progress next(std::string_view& in, const DecodeContext& context, Packet& packet);

  [[nodiscard]] ReasonCode error() const { return error_; }
  /// Bytes of a packet that has not come whole.
  [[nodiscard]] std::size_t held() const { return part_ == nullptr || done_ ? 0 : part_->size(); }
  void reset();

  /// The memory under the packet that next() gave last, when it came in parts; the packet's views live with
  /// it. For who may reset() while it still uses the packet.
  [[nodiscard]] std::unique_ptr<std::string> take_memory();

 private:
  Progress broken(ReasonCode error);

  std::unique_ptr<std::string> part_;
  bool done_ = false;  // part_ was a whole packet, given out
  ReasonCode error_ = ReasonCode::success;
};

}  // namespace vfleet::codec::mqtt
