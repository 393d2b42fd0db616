#pragma once

#include <cstddef>
#include <string_view>

#include "simulator/codec/mqtt/packet.h"

namespace vfleet::codec::mqtt {

/// What decode() must know of the connection.
struct DecodeContext {
  Sender from = Sender::server;
  Version version = Version::v3_1_1;  ///< CONNECT says its own
  std::size_t packet_max = kRemainingLengthMax + 5;
};

struct Decoded {
  /// Bytes of the packet; 0 without an error: more are needed.
  std::size_t consumed = 0;
  /// malformed_packet, protocol_error, packet_too_large, topic_name_invalid, topic_filter_invalid,
  /// unsupported_protocol_version: end the connection with it.
  ReasonCode error = ReasonCode::success;
};

/// Looks at the fixed header alone: `consumed` is the size of the packet at the front of `in`, also when not
/// all of it is there yet; 0: even that is not known yet. Checks the size before anybody buffers.
[[nodiscard]] Decoded packet_size(std::string_view in, std::size_t packet_max);

/// Decodes at most one control packet from the front of `in`. Views in `packet` point into `in`. Allocates
/// nothing. Every rule of the specification that one packet can break by itself is checked.
[[nodiscard]] Decoded decode(std::string_view in, const DecodeContext& context, Packet& packet);

}  // namespace vfleet::codec::mqtt
