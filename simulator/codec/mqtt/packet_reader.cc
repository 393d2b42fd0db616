#include "simulator/codec/mqtt/packet_reader.h"

#include <algorithm>
#include <utility>

namespace vfleet::codec::mqtt {
namespace {

constexpr std::size_t kHeaderMax = 5;

void take(std::string& to, std::string_view& from, std::size_t size) {
  size = std::min(size, from.size());
  to.append(from.substr(0, size));
  from.remove_prefix(size);
}

}  // namespace

PacketReader::Progress PacketReader::next(std::string_view& in, const DecodeContext& context,
                                          Packet& packet) {
  if (done_) reset();
  if (error_ != ReasonCode::success) return Progress::broken;
  if (part_ == nullptr) {
    const Decoded whole = decode(in, context, packet);
    if (whole.error != ReasonCode::success) return broken(whole.error);
    in.remove_prefix(whole.consumed);
    if (whole.consumed != 0) return Progress::packet;
    if (in.empty()) return Progress::more;
    part_ = std::make_unique<std::string>();
  }
  // Byte by byte until the size is known, so that nothing past this packet is taken.
  Decoded size = packet_size(*part_, context.packet_max);
  while (size.consumed == 0 && size.error == ReasonCode::success && !in.empty() &&
         part_->size() < kHeaderMax) {
    take(*part_, in, 1);
    size = packet_size(*part_, context.packet_max);
  }
  if (size.error != ReasonCode::success) return broken(size.error);
  if (size.consumed == 0) return Progress::more;
  take(*part_, in, size.consumed - part_->size());
  if (part_->size() < size.consumed) return Progress::more;
  const Decoded whole = decode(*part_, context, packet);
  if (whole.error != ReasonCode::success) return broken(whole.error);
  done_ = true;
  return Progress::packet;
}

PacketReader::Progress PacketReader::broken(ReasonCode error) {
  part_.reset();
  error_ = error;
  return Progress::broken;
}

void PacketReader::reset() {
  part_.reset();
  done_ = false;
  error_ = ReasonCode::success;
}

std::unique_ptr<std::string> PacketReader::take_memory() {
  return done_ ? std::exchange(part_, nullptr) : nullptr;
}

}  // namespace vfleet::codec::mqtt
