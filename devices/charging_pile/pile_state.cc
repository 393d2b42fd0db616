// What of a pile survives the worker.
#include <cstring>

#include "devices/charging_pile/pile.h"
#include "devices/charging_pile/reporter.h"

namespace vfleet::pile {
namespace {

struct PileBytes {
  std::uint8_t version = 1;
  std::uint8_t off = 0;
  std::uint16_t spare = 0;
  std::uint32_t not_understood = 0;
};
static_assert(sizeof(PileBytes) == 8);

}  // namespace

std::size_t Pile::state_bytes(const PileConfig& config) {
  return sizeof(PileBytes) + Station::state_bytes(config.settings.supply.connectors);
}

device::Unsaved Pile::unsaved() const {
  if (dirty_) return device::Unsaved::changed;
  return station_.drawing() ? device::Unsaved::elapsed : device::Unsaved::no;
}

std::size_t Pile::save(const device::DeviceContext& context, std::span<std::byte> out) {
  dirty_ = false;
  if (out.size() < sizeof(PileBytes)) return 0;
  const PileBytes head{.off = off_, .not_understood = not_understood_};
  std::memcpy(out.data(), &head, sizeof head);
  const std::size_t rest = station_.save({context.now(), context.wall_now()}, of(context.config()).settings,
                                         boot_, out.subspan(sizeof head));
  return rest == 0 ? 0 : sizeof head + rest;
}

bool Pile::restore(device::DeviceContext& context, std::span<const std::byte> saved) {
  PileBytes head;
  if (saved.size() < sizeof head) return false;
  std::memcpy(&head, saved.data(), sizeof head);
  Reporter reporter(context, /*silent=*/true);
  if (head.version != PileBytes{}.version || !station_.restore(reporter.turn(), saved.subspan(sizeof head)))
    return false;
  const Change change(*this);
  not_understood_ = head.not_understood;
  // It died while it was off: it is on now.
  if (head.off != 0) station_.boot(reporter.turn());
  return true;
}

}  // namespace vfleet::pile
