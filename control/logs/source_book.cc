#include "control/logs/source_book.h"

namespace vfleet::control::logs {

bool SourceBook::is_new(std::string_view source, std::uint64_t boot, std::uint64_t seq) const {
  const auto at = places_.find(source);
  return at == places_.end() || at->second.boot != boot || seq > at->second.seq;
}

std::optional<Record> SourceBook::take(const std::string& source, std::uint64_t boot, std::uint64_t seq,
                                       std::int64_t at_us) {
  Place& place = places_[source];
  const std::uint64_t expected = place.boot == boot ? place.seq + 1 : 1;
  place = {boot, seq};
  if (seq <= expected) return std::nullopt;
  Record gap{.source = source, .boot = boot, .gap_from = expected, .gap_to = seq - 1};
  gap.line.at_us = at_us;
  return gap;
}

std::optional<SourceBook::Place> SourceBook::find(std::string_view source) const {
  const auto at = places_.find(source);
  if (at == places_.end()) return std::nullopt;
  return at->second;
}

}  // namespace vfleet::control::logs
