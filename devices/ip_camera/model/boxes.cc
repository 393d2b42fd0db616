#include "devices/ip_camera/model/boxes.h"

#include "simulator/core/hash.h"

namespace vfleet::devices::ip_camera::model {
namespace {

// Folds a straight way into 0..room: there and back again.
int fold(std::int64_t way, int room) {
  const std::int64_t lap = 2 * static_cast<std::int64_t>(room);
  std::int64_t at = way % lap;
  if (at < 0) at += lap;
  return static_cast<int>(at <= room ? at : lap - at);
}

int between(std::uint64_t bits, int low, int high) {
  return low + static_cast<int>(bits % static_cast<std::uint64_t>(high - low + 1));
}

}  // namespace

Box box_at(std::uint64_t key, int index, Duration age) {
  const std::uint64_t a = mix(key, static_cast<std::uint64_t>(index));
  const std::uint64_t b = mix(a);
  Box box;
  box.w = between(a & 0xffff, 500, 2500);
  box.h = between((a >> 16) & 0xffff, 800, 4000);
  const int room_x = kBoxUnit - box.w;
  const int room_y = kBoxUnit - box.h;
  // Speeds in ten-thousandths a second; x moves faster than y, as people and cars do.
  const int speed_x = between((b >> 32) & 0xffff, -1200, 1200);
  const int speed_y = between((b >> 48) & 0xffff, -300, 300);
  const std::int64_t ms = age.count() / 1'000'000;
  box.x = fold(between(b & 0xffff, 0, room_x) + speed_x * ms / 1000, room_x);
  box.y = fold(between((b >> 16) & 0xffff, 0, room_y) + speed_y * ms / 1000, room_y);
  return box;
}

int object_count(std::uint64_t key) {
  const std::uint64_t draw = mix(key, 0x0b1ec7) % 10;
  return draw < 7 ? 1 : draw < 9 ? 2 : 3;
}

}  // namespace vfleet::devices::ip_camera::model
