// What of a pile survives the worker.
#include <algorithm>
#include <cstring>

#include "devices/charging_pile/pile.h"
#include "devices/charging_pile/pile_call.h"

namespace vfleet::pile {
namespace {

struct PileBytes {
  std::uint8_t version = 2;
  std::uint8_t off = 0;
  std::uint16_t talk_bytes = 0;  // of the conversation, before the station's
  std::uint32_t not_understood = 0;
};
static_assert(sizeof(PileBytes) == 8);

}  // namespace

std::size_t Pile::state_bytes(const PileConfig& config) {
  return sizeof(PileBytes) + config.dialect->state_bytes(config) +
         Station::state_bytes(config.settings.supply.connectors);
}

device::Unsaved Pile::unsaved() const {
  if (dirty_) return device::Unsaved::changed;
  return station_.drawing() ? device::Unsaved::elapsed : device::Unsaved::no;
}

std::size_t Pile::save(const device::DeviceContext& context, std::span<std::byte> out) {
  dirty_ = false;
  if (out.size() < sizeof(PileBytes)) return 0;
  PileBytes head{.off = off_, .not_understood = not_understood_};
  if (talk_ != nullptr) {
    // What the station needs is kept free: a conversation leaves out what matters least.
    const std::size_t taken = sizeof head + Station::state_bytes(station_.connector_count());
    const std::size_t room = std::min<std::size_t>(out.size() > taken ? out.size() - taken : 0, 0xffff);
    head.talk_bytes = static_cast<std::uint16_t>(talk_->save(out.subspan(sizeof head, room)));
  }
  std::memcpy(out.data(), &head, sizeof head);
  const std::size_t before = sizeof head + head.talk_bytes;
  const std::size_t rest = station_.save({context.now(), context.wall_now()}, of(context.config()).settings,
                                         boot_, out.subspan(before));
  return rest == 0 ? 0 : before + rest;
}

bool Pile::restore(device::DeviceContext& context, std::span<const std::byte> saved) {
  PileBytes head;
  if (saved.size() < sizeof head) return false;
  std::memcpy(&head, saved.data(), sizeof head);
  PileCall call(*this, context, /*silent=*/true);
  saved = saved.subspan(sizeof head);
  if (head.version != PileBytes{}.version || head.talk_bytes > saved.size()) return false;
  if (!station_.restore(call.turn(), saved.subspan(head.talk_bytes))) return false;
  const Change change(*this);
  // Bytes of another dialect's conversation are of no use: it starts anew.
  if (talk_ != nullptr && head.talk_bytes != 0) talk_->restore(call, saved.first(head.talk_bytes));
  not_understood_ = head.not_understood;
  // It died while it was off: it is on now.
  if (head.off != 0) station_.boot(call.turn());
  return true;
}

}  // namespace vfleet::pile
