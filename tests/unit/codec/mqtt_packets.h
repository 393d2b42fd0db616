#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "simulator/codec/mqtt/packet.h"

namespace vfleet::codec::mqtt {

/// One packet and the bytes that the specification gives it. Views are into static storage.
struct PacketCase {
  std::string_view name;
  Sender from;
  Version version;
  std::string bytes;
  Packet packet;
};

/// Every packet type in both versions: drives decoding, encoding and, by its bytes, the seeds of the fuzzers.
[[nodiscard]] const std::vector<PacketCase>& packet_cases();

/// "10 0C 00" as bytes.
[[nodiscard]] std::string from_hex(std::string_view hex);

}  // namespace vfleet::codec::mqtt
