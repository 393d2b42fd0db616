#pragma once

#include <string>

#include "simulator/codec/mqtt/packet.h"

/// Each function appends one control packet to `out`: nothing else is allocated. What is given is written as
/// it is, also when it breaks a rule (tests and fault injection want that); only lengths are kept in range:
/// texts are cut at kTextMax. Properties and reason codes are left out in 3.1.1.
namespace vfleet::codec::mqtt {

void encode(const Connect& packet, std::string& out);  ///< in its own version
void encode(const Connack& packet, Version version, std::string& out);
void encode(const Publish& packet, Version version, std::string& out);
void encode(const Ack& packet, Version version, std::string& out);
void encode(const Subscribe& packet, Version version, std::string& out);
void encode(const Unsubscribe& packet, Version version, std::string& out);
void encode(const Suback& packet, Version version, std::string& out);
void encode(const Disconnect& packet, Version version, std::string& out);
void encode(const Auth& packet, std::string& out);
void encode(Pingreq packet, std::string& out);
void encode(Pingresp packet, std::string& out);
void encode(const Packet& packet, Version version, std::string& out);

/// The size that encode() gives a PUBLISH.
[[nodiscard]] std::size_t encoded_size(const Publish& packet, Version version);

}  // namespace vfleet::codec::mqtt
