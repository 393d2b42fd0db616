#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "control/journal/journal.h"

namespace vfleet::control::server {

/// A first look whether the journal may know a command's id: by hashes, so a hit is to be asked of the journal
/// itself. Like the journal it forgets the oldest transient commands.
class KnownIds {
 public:
  explicit KnownIds(std::size_t transient_kept = journal::kTransientKept) : transient_kept_(transient_kept) {}

  /// What earlier lives left.
  void restore(const std::vector<std::uint64_t>& hashes) { known_.insert(hashes.begin(), hashes.end()); }
  void add(std::string_view id, bool durable) {
    const std::uint64_t hash = journal::hash_id(id);
    if (!known_.insert(hash).second || durable) return;
    transient_.push_back(hash);
    if (transient_.size() <= transient_kept_) return;
    known_.erase(transient_.front());
    transient_.pop_front();
  }
  [[nodiscard]] bool may_know(std::string_view id) const { return known_.contains(journal::hash_id(id)); }

 private:
  std::size_t transient_kept_;
  std::unordered_set<std::uint64_t> known_;
  std::deque<std::uint64_t> transient_;  // of this life, the oldest first
};

}  // namespace vfleet::control::server
