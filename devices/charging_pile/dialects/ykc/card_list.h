#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "devices/charging_pile/dialects/ykc/gun.h"

namespace vfleet::pile::ykc {

/// The cards that may charge while the pile is offline (0x44).
class CardList {
 public:
  struct Entry {
    Card physical{};
    Card logical{};
  };

  /// Adds, or replaces the one of the same physical number. False: there is no room.
  bool add(const Entry& entry, std::size_t max);
  /// Whether it was there.
  bool remove(const Card& physical);
  /// Null: not there.
  [[nodiscard]] const Entry* find(const Card& physical) const;
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

  // What survives the process; as many as there is room for.
  static constexpr std::size_t kSavedMax = 64;
  [[nodiscard]] std::size_t save(std::span<std::byte> out) const;
  /// How many bytes it took; 0: they are not from save().
  [[nodiscard]] std::size_t restore(std::span<const std::byte> saved);
  [[nodiscard]] static std::size_t saved_bytes(std::size_t max) {
    return 1 + (max < kSavedMax ? max : kSavedMax) * sizeof(Entry);
  }

 private:
  std::vector<Entry> entries_;
};

/// A card's number as it is printed, up to 16 hexadecimal digits, as on the wire; of other text the last
/// eight characters. `reversed`: the lowest byte first.
[[nodiscard]] Card card_of(std::string_view text, bool reversed);
/// The digits of a card on the wire, as it is printed.
[[nodiscard]] std::string card_text(const Card& card, bool reversed);

}  // namespace vfleet::pile::ykc
