// Any bytes as a command and as a result: what is accepted reads back the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "simulator/bus/command.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vfleet::bus;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto command = decode_command(text)) {
    const auto again = decode_command(encode(*command));
    if (!again || !(*again == *command)) std::abort();
  }
  if (const auto result = decode_result(text)) {
    const auto again = decode_result(encode(*result));
    if (!again || !(*again == *result)) std::abort();
  }
  return 0;
}
