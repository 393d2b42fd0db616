// Bytes of a peer under each framing. The first byte says which one and the size of the slices: the messages
// must be the same in any slices, and what is read can be written and read again.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/codec/framing/framing.h"

namespace {

using namespace vfleet::codec::framing;

void require(bool holds) {
  if (!holds) std::abort();
}

std::vector<std::string> read(const Framing& framing, std::string_view bytes, std::size_t slice) {
  FrameReader reader;
  std::vector<std::string> frames;
  for (std::size_t at = 0; at < bytes.size(); at += slice) {
    std::string_view rest = bytes.substr(at, slice);
    std::string_view frame;
    while (true) {
      const FrameReader::Progress progress = reader.next(framing, rest, frame);
      if (progress == FrameReader::Progress::too_long) return frames;
      if (progress == FrameReader::Progress::more) break;
      require(frame.size() <= framing.frame_max + 1);
      frames.emplace_back(frame);
    }
    require(rest.empty());
  }
  return frames;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const Framing framings[] = {
      {.kind = Kind::lines, .frame_max = 600},
      {.kind = Kind::delimiter, .delimiter = "aab", .frame_max = 600},
      {.kind = Kind::length2be, .frame_max = 600},
      {.kind = Kind::length4be, .frame_max = 600},
  };
  const Framing& framing = framings[data[0] & 3];
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const std::vector<std::string> whole = read(framing, bytes, bytes.size());
  require(read(framing, bytes, 1 + (data[0] >> 2)) == whole);
  std::string again;
  for (const std::string& each : whole) {
    // A line may be 601 characters long when the last of them is not a CR.
    const bool written = append_frame(framing, each, again);
    require(written || framing.kind == Kind::delimiter || framing.kind == Kind::lines);
    if (!written) return 0;
  }
  std::vector<std::string> read_again = read(framing, again, std::max<std::size_t>(again.size(), 1));
  if (framing.kind == Kind::lines) {
    for (const std::string& each : whole) {
      if (each.ends_with('\r')) return 0;  // it had two of them, and now one less
    }
  }
  require(read_again == whole);
  return 0;
}
