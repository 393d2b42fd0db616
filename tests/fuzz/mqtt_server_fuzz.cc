#include "tests/fuzz/mqtt_packet_fuzz.h"

// What a server sends; see mqtt_packet_fuzz.h.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using vfleet::codec::mqtt::Sender;
  vfleet::codec::mqtt::fuzz_packets(data, size, Sender::server);
  return 0;
}
