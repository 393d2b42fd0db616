#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/codec/mqtt/encode.h"
#include "simulator/codec/mqtt/packet_reader.h"
#include "simulator/codec/mqtt/topic.h"

/// What the two MQTT targets share: bytes of a peer are read whole and in slices, which must come out the
/// same, and what was read is written and read again. The first byte sets version and size of the slices.
namespace vfleet::codec::mqtt {

/// Goes through everything that a packet holds.
inline std::size_t walk(const Packet& packet) {
  std::size_t sum = 0;
  const auto walk_properties = [&](Properties rest) {
    while (const auto each = Properties::next(rest)) sum += each->text.size() + each->value.size();
    if (!rest.empty()) std::abort();  // checked properties that cannot be read
  };
  const auto walk_filters = [&](Filters rest) {
    while (const auto each = Filters::next(rest)) sum += topic_matches(each->filter, "a/b/c") ? 1 : 0;
    if (!rest.bytes().empty()) std::abort();
  };
  if (const auto* connect = std::get_if<Connect>(&packet)) {
    walk_properties(connect->properties);
    if (connect->will) walk_properties(connect->will->properties);
  }
  if (const auto* publish = std::get_if<Publish>(&packet)) walk_properties(publish->properties);
  if (const auto* ack = std::get_if<Ack>(&packet)) walk_properties(ack->properties);
  if (const auto* subscribe = std::get_if<Subscribe>(&packet)) walk_filters(subscribe->filters);
  if (const auto* unsubscribe = std::get_if<Unsubscribe>(&packet)) walk_filters(unsubscribe->filters);
  return sum;
}

struct Reading {
  std::vector<std::string> packets;  ///< written again
  ReasonCode error = ReasonCode::success;
};

inline Reading read_in_slices(std::string_view bytes, Sender from, Version version, std::size_t slice) {
  Reading out;
  PacketReader reader;
  Packet packet;
  constexpr std::size_t kPacketMax = 100'000;
  while (!bytes.empty()) {
    const std::string part(bytes.substr(0, slice));
    bytes.remove_prefix(part.size());
    std::string_view in = part;
    while (true) {
      const auto progress =
          reader.next(in, {.from = from, .version = version, .packet_max = kPacketMax}, packet);
      if (progress == PacketReader::Progress::more) break;
      if (progress == PacketReader::Progress::broken) {
        out.error = reader.error();
        return out;
      }
      walk(packet);
      std::string again;
      Version own = version;
      if (const auto* connect = std::get_if<Connect>(&packet)) own = connect->version;
      encode(packet, own, again);
      Packet second;
      const Decoded decoded = decode(again, {.from = from, .version = own}, second);
      if (decoded.consumed != again.size() || !(second == packet)) std::abort();
      out.packets.push_back(std::move(again));
    }
  }
  return out;
}

inline void fuzz_packets(const std::uint8_t* data, std::size_t size, Sender from) {
  if (size < 2) return;
  const Version version = (data[0] & 1) != 0 ? Version::v5 : Version::v3_1_1;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const Reading whole = read_in_slices(bytes, from, version, bytes.size());
  const Reading sliced = read_in_slices(bytes, from, version, 1 + (data[0] >> 1));
  if (whole.packets != sliced.packets || whole.error != sliced.error) std::abort();
}

}  // namespace vfleet::codec::mqtt
