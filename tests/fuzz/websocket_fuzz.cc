// Frames of a peer of either role. The first byte says the role and the size of the slices: the events must
// be the same in any slices, and what is read can be written and read again.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/codec/websocket/message_reader.h"
#include "simulator/core/utf8.h"

namespace {

using namespace vfleet::codec::websocket;
using Kind = Event::Kind;

constexpr std::size_t kMax = 4096;

void require(bool holds) {
  if (!holds) std::abort();
}

struct Told {
  Kind kind;
  std::uint16_t code;
  std::string payload;
  bool operator==(const Told&) const = default;
};

std::vector<Told> read(Role sender, std::string bytes, std::size_t slice) {
  MessageReader reader(kMax);
  std::vector<Told> events;
  for (std::size_t at = 0; at < bytes.size(); at += slice) {
    const std::size_t size = std::min(slice, bytes.size() - at);
    std::span<char> theirs(bytes.data() + at, size);
    std::string_view ours(bytes.data() + at, size);
    while (true) {
      const Event event = sender == Role::client ? reader.next(theirs) : reader.next(ours);
      if (event.kind == Kind::none) break;
      // Where a text stops to be UTF-8 may be said in other words.
      events.push_back({event.kind, event.code, event.kind == Kind::error ? "" : std::string(event.payload)});
      if (event.kind == Kind::close || event.kind == Kind::error) return events;
    }
    require(sender == Role::client ? theirs.empty() : ours.empty());
  }
  return events;
}

std::string write(Role role, const std::vector<Told>& events) {
  std::string out;
  for (const Told& each : events) {
    const auto frame = [&](Opcode opcode) { append_frame(role, opcode, each.payload, 0xa1b2c3d4, out); };
    if (each.kind == Kind::text) frame(Opcode::text);
    if (each.kind == Kind::binary) frame(Opcode::binary);
    if (each.kind == Kind::ping) frame(Opcode::ping);
    if (each.kind == Kind::pong) frame(Opcode::pong);
    if (each.kind == Kind::close) append_close(role, each.code, each.payload, 0xa1b2c3d4, out);
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const Role sender = (data[0] & 1) != 0 ? Role::client : Role::server;
  const std::string bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  std::vector<Told> whole = read(sender, bytes, bytes.size());
  require(read(sender, bytes, 1 + (data[0] >> 1)) == whole);
  for (const Told& each : whole) {
    require(each.kind != Kind::text || vfleet::is_utf8(each.payload));
    require(each.kind == Kind::error || each.payload.size() <= kMax);
    require(each.kind != Kind::close || each.code == kNoStatusReceived || may_be_sent(each.code));
  }
  if (!whole.empty() && whole.back().kind == Kind::error) whole.pop_back();
  const std::string again = write(sender, whole);
  require(read(sender, again, std::max<std::size_t>(again.size(), 1)) == whole);
  return 0;
}
