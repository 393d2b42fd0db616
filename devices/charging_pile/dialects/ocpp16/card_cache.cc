#include "devices/charging_pile/dialects/ocpp16/card_cache.h"

#include <algorithm>

#include "devices/charging_pile/dialects/ocpp16/tags.h"

namespace vfleet::pile::ocpp16 {

void CardCache::learn(const CardNumber& card, const KnownCard& what, std::optional<WallTime> expiry,
                      std::size_t most) {
  std::erase_if(known_, [&](const Entry& each) { return same_text(each.card.view(), card.view()); });
  if (most == 0) return;
  if (known_.size() >= most)
    known_.erase(known_.begin(), known_.end() - static_cast<std::ptrdiff_t>(most - 1));
  known_.push_back({card, what, expiry.value_or(WallTime::max())});
}

std::optional<KnownCard> CardCache::find(const CardNumber& card, WallTime now) const {
  const auto at = std::find_if(known_.begin(), known_.end(),
                               [&](const Entry& each) { return same_text(each.card.view(), card.view()); });
  if (at == known_.end() || at->expiry <= now) return std::nullopt;
  return at->what;
}

}  // namespace vfleet::pile::ocpp16
