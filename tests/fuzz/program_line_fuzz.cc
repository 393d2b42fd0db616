// What a program of an external device prints: any bytes, cut into lines and read as messages.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "devices/external/message.h"
#include "simulator/child/line_splitter.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  namespace external = vfleet::devices::external;
  constexpr std::size_t kLineMax = 4096;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  vfleet::child::LineSplitter lines(kLineMax);
  // The first byte says how large the pieces are.
  const std::size_t piece = size == 0 ? 1 : 1 + bytes[0] % 64;
  for (std::size_t at = 0; at < size; at += piece) {
    lines.feed(text.substr(at, piece));
    while (const auto line = lines.next()) {
      if (line->size() > kLineMax || line->find('\n') != std::string_view::npos) std::abort();
      const auto message = external::read_message(*line);
      if (!message) {
        if (message.error().detail.empty()) std::abort();
        continue;
      }
      if (message->state.size() > external::kStateMembersMax) std::abort();
      if (message->kind == external::Message::Kind::report &&
          (message->name.empty() || message->data.empty()))
        std::abort();
    }
    if (lines.buffered_bytes() > kLineMax + 64) std::abort();
  }
  return 0;
}
