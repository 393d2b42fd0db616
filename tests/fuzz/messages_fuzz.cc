// The first byte is the letter, the rest the body; both directions, and what is published.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "simulator/bus/messages.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vfleet::bus;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string_view letter = text.substr(0, 1);
  const std::string_view body = text.substr(1);
  if (const auto message = unpack_from_worker(letter, body)) {
    const auto packed = pack(*message);
    // Escapes may make a text longer on its way out, so a body near the limit may not go again.
    if (packed) {
      const auto again = unpack_from_worker(packed->letter, packed->body);
      if (!again || !(*again == *message)) std::abort();
    }
  }
  if (const auto message = unpack_to_worker(letter, body)) {
    const auto packed = pack(*message);
    if (packed && !unpack_to_worker(packed->letter, packed->body)) std::abort();
  }
  (void)decode_beat(body);
  (void)decode_xpub_welcome(text);
  (void)shard_of_identity(text);
  return 0;
}
