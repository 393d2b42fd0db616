#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "simulator/codec/mqtt/wire.h"

namespace vfleet::codec::mqtt {

/// Makes a client break the rules, at any byte: a session with one asks before each packet leaves.
class Misbehaviour {
 public:
  virtual ~Misbehaviour() = default;

  enum class Then : std::uint8_t {
    go_on,
    cut,  ///< what is left of the packet leaves, and the connection is dropped right behind it
  };

  /// `bytes` from `start` on is one encoded packet of the session with this key. It may be changed,
  /// shortened, lengthened or taken away, and more packets may be put behind it; what stands before `start`
  /// is not its. The session believes that the packet left as it was.
  virtual Then leaving(std::uint32_t key, PacketType type, std::string& bytes, std::size_t start) = 0;
};

}  // namespace vfleet::codec::mqtt
