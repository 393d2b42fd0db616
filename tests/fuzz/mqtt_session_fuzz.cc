#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "simulator/codec/mqtt/encode.h"
#include "simulator/codec/mqtt/faults.h"
#include "simulator/codec/mqtt/session.h"

// What a server says to a session with publications in flight. The first byte sets version, persistence and
// the size of the slices. However it goes, each publication that was taken has one fate.
namespace {

using namespace vfleet;
using namespace vfleet::codec::mqtt;

struct Count {
  std::size_t published = 0;
  std::size_t settled = 0;
};

void publish(ClientSession& session, TimePoint now, std::string& out, Count& count) {
  for (std::uint8_t qos = 0; qos <= 2 && session.accepted(); ++qos) {
    Publish packet{.qos = qos, .topic = "a/b", .properties = {}, .payload = "x"};
    if (session.publish(packet, {}, now, out) == ClientSession::Published::sent && packet.qos > 0) {
      ++count.published;
    }
  }
}

void talk(ClientSession& session, std::string_view bytes, std::size_t slice, TimePoint now, Count& count) {
  std::string out;
  session.connect({.client_id = "d", .username = {}, .password = {}, .will = {}}, now, out);
  while (!bytes.empty()) {
    const std::string part(bytes.substr(0, slice));
    bytes.remove_prefix(part.size());
    std::string_view in = part;
    Event event;
    bool over = false;
    while (!over && session.next(in, now, event, out)) {
      switch (event.kind) {
        case Event::Kind::accepted: {
          Note note;
          bool was_sent = false;
          ClientSession::Unsendable why{};
          while (session.pop_unsendable(note, was_sent, why)) ++count.settled;
          std::string filters;
          Filters::append({.filter = "a/#"}, filters);
          session.subscribe(filters, now, out);
          session.resume(now, out);
          publish(session, now, out, count);
          break;
        }
        case Event::Kind::settled:
          ++count.settled;
          session.resume(now, out);
          publish(session, now, out, count);
          break;
        case Event::Kind::message:
        case Event::Kind::subscribed:
        case Event::Kind::alive:
          publish(session, now, out, count);
          break;
        case Event::Kind::refused:
        case Event::Kind::disconnected:
        case Event::Kind::broken:
          over = true;
          break;
      }
      now += std::chrono::milliseconds(1);
      (void)session.on_timer(now, out);
    }
    if (count.published != count.settled + session.in_flight()) std::abort();
    if (over) break;
  }
  session.lost();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  SessionOptions options;
  options.version = (data[0] & 1) != 0 ? Version::v5 : Version::v3_1_1;
  options.persistent = (data[0] & 2) != 0;
  options.in_flight_max = 5;
  options.receive_maximum = 3;
  options.topic_aliases = 2;
  options.topic_aliases_down = 2;
  options.packet_max = 10'000;
  SessionShared shared(options);
  // The client may break a rule, too: whatever leaves, each publication has one fate.
  Faults faults(options.version);
  const auto kinds = fault_kinds();
  if (const std::size_t kind = size % (2 * kinds.size()); kind < kinds.size()) {
    faults.arm(1, {.kind = kinds[kind].second, .at = data[1], .times = 0});
    shared.misbehaviour = &faults;
  }
  ClientSession session(shared, 1, 0xFFFE);
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  Count count;
  const TimePoint now{std::chrono::hours(1)};
  for (int connection = 0; connection < 2; ++connection) {
    talk(session, bytes, 1 + (data[0] >> 2), now, count);
    if (options.persistent) continue;
    while (session.pop()) ++count.settled;
    if (count.published != count.settled) std::abort();
  }
  return 0;
}
