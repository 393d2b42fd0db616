#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "simulator/platform/platform.h"
#include "simulator/platform/stream/listening.h"

namespace vfleet::loop {
class AsioLoop;
}

namespace vfleet::platform {

struct UdpCounts {
  std::uint64_t datagrams = 0;
  std::uint64_t commands = 0;
  std::uint64_t acks = 0;
};

/// Takes reports over UDP, one a datagram. Commands go, each as {"id","type","data"} in a datagram, to where
/// the device's next report comes from. With `acks` each report is answered by {"ack":SEQ}. What the kernel
/// drops nobody hears of: it is missing in the sequence.
class UdpIngest {
 public:
  /// `loop` and `platform` outlive it.
  UdpIngest(loop::AsioLoop& loop, Platform& platform, bool acks);
  ~UdpIngest();

  void receive_from(stream::Fd socket);
  /// Takes what has arrived, closes.
  void stop();

  [[nodiscard]] const UdpCounts& counts() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vfleet::platform
