#include "devices/charging_pile/dialects/ykc/card_list.h"

#include <algorithm>
#include <cstring>

#include "simulator/codec/ykc/text.h"

namespace vfleet::pile::ykc {

bool CardList::add(const Entry& entry, std::size_t max) {
  for (Entry& each : entries_) {
    if (each.physical == entry.physical) return each = entry, true;
  }
  if (entries_.size() >= max) return false;
  entries_.push_back(entry);
  return true;
}

bool CardList::remove(const Card& physical) {
  return std::erase_if(entries_, [&](const Entry& each) { return each.physical == physical; }) != 0;
}

const CardList::Entry* CardList::find(const Card& physical) const {
  const auto at = std::find_if(entries_.begin(), entries_.end(),
                               [&](const Entry& each) { return each.physical == physical; });
  return at == entries_.end() ? nullptr : &*at;
}

std::size_t CardList::save(std::span<std::byte> out) const {
  if (out.empty()) return 0;
  const std::size_t count = std::min({entries_.size(), kSavedMax, (out.size() - 1) / sizeof(Entry)});
  out[0] = static_cast<std::byte>(count);
  if (count != 0) std::memcpy(out.data() + 1, entries_.data(), count * sizeof(Entry));
  return 1 + count * sizeof(Entry);
}

std::size_t CardList::restore(std::span<const std::byte> saved) {
  if (saved.empty()) return 0;
  const auto count = static_cast<std::size_t>(saved[0]);
  if (count > kSavedMax || saved.size() < 1 + count * sizeof(Entry)) return 0;
  entries_.resize(count);
  if (count != 0) std::memcpy(entries_.data(), saved.data() + 1, count * sizeof(Entry));
  return 1 + count * sizeof(Entry);
}

Card card_of(std::string_view text, bool reversed) {
  Card card{};
  std::string bytes;
  const bool digits =
      !text.empty() && text.size() <= 2 * card.size() &&
      std::all_of(text.begin(), text.end(), [](char c) { return codec::ykc::hex_value(c) >= 0; });
  if (digits) {
    std::string padded(2 * card.size() - text.size(), '0');
    padded += text;
    (void)codec::ykc::append_bytes(padded, bytes);
  } else {
    bytes = text.substr(text.size() > card.size() ? text.size() - card.size() : 0);
    bytes.insert(0, card.size() - bytes.size(), '\0');
  }
  assign(card, bytes);
  if (reversed) std::reverse(card.begin(), card.end());
  return card;
}

std::string card_text(const Card& card, bool reversed) {
  Card printed = card;
  if (reversed) std::reverse(printed.begin(), printed.end());
  std::string text;
  codec::ykc::append_hex(as_view(printed), text);
  return text;
}

}  // namespace vfleet::pile::ykc
