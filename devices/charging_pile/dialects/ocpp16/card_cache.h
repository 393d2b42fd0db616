#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "devices/charging_pile/model/session.h"

namespace vfleet::pile::ocpp16 {

/// What is known of a card without asking.
struct KnownCard {
  bool accepted = false;
  CardNumber parent;  ///< empty: none
};

/// What the CSMS said of cards, the newest answers only (OCPP 1.6, 3.4.1).
class CardCache {
 public:
  /// `expiry`: from when on the card is no longer valid. At most `most` cards are kept.
  void learn(const CardNumber& card, const KnownCard& what, std::optional<WallTime> expiry, std::size_t most);
  /// nullopt: the card is not known, or no longer.
  [[nodiscard]] std::optional<KnownCard> find(const CardNumber& card, WallTime now) const;
  void clear() { known_.clear(); }

  struct Entry {
    CardNumber card;
    KnownCard what;
    WallTime expiry;
  };
  [[nodiscard]] const std::vector<Entry>& entries() const { return known_; }

 private:
  std::vector<Entry> known_;  // the newest last
};

}  // namespace vfleet::pile::ocpp16
