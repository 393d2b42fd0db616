#include "devices/charging_pile/dialects/ocpp16/local_list.h"

#include <algorithm>
#include <unordered_map>

#include "devices/charging_pile/dialects/ocpp16/compact_bytes.h"
#include "devices/charging_pile/dialects/ocpp16/tags.h"
#include "simulator/core/hash.h"

namespace vfleet::pile::ocpp16 {
namespace {

using Tags = LocalList::Tags;

bool before(std::string_view one, std::string_view other) {
  return std::lexicographical_compare(one.begin(), one.end(), other.begin(), other.end(),
                                      [](char a, char b) { return to_lower(a) < to_lower(b); });
}

std::uint64_t hash_of(const Tags& tags) {
  std::uint64_t all = tags.size();
  for (const ListedTag& each : tags) {
    all = mix(all, hash(each.tag.view()));
    all = mix(all, hash(each.parent.view()));
    all = mix(all, static_cast<std::uint64_t>(to_us(each.expiry)) ^ static_cast<std::uint64_t>(each.status));
  }
  return all;
}

}  // namespace

struct LocalList::Shared {
  Tags tags;
  mutable std::vector<std::byte> bytes;  // of the tags as save() writes them; empty: not made yet
};

/// The lists that somebody holds, by what is on them.
class LocalList::Pool {
 public:
  std::shared_ptr<const Shared> share(Tags tags) {
    tags.shrink_to_fit();
    auto& slot = lists_[hash_of(tags)];
    if (auto present = slot.lock(); present != nullptr && present->tags == tags) return present;
    auto made = std::make_shared<const Shared>(Shared{std::move(tags), {}});
    slot = made;
    // Those that nobody holds any more go when they have become many.
    if (lists_.size() > 2 * live_ + 16) {
      std::erase_if(lists_, [](const auto& each) { return each.second.expired(); });
      live_ = lists_.size();
    }
    return made;
  }
  [[nodiscard]] std::size_t kept() const {
    return static_cast<std::size_t>(
        std::count_if(lists_.begin(), lists_.end(), [](const auto& each) { return !each.second.expired(); }));
  }

 private:
  std::unordered_map<std::uint64_t, std::weak_ptr<const Shared>> lists_;
  std::size_t live_ = 0;  // when it was last cleaned
};

LocalList::Pool& LocalList::pool() {
  static Pool instance;
  return instance;
}

const Tags& LocalList::tags() const {
  static const Tags kNone;
  return shared_ == nullptr ? kNone : shared_->tags;
}

const ListedTag* LocalList::find(std::string_view tag) const {
  const Tags& all = tags();
  const auto at = std::lower_bound(
      all.begin(), all.end(), tag,
      [](const ListedTag& each, std::string_view name) { return before(each.tag.view(), name); });
  return at != all.end() && same_text(at->tag.view(), tag) ? &*at : nullptr;
}

void LocalList::become(std::int64_t version, Tags tags) {
  std::sort(tags.begin(), tags.end(), [](const ListedTag& one, const ListedTag& other) {
    return before(one.tag.view(), other.tag.view());
  });
  version_ = tags.empty() ? 0 : version;
  shared_ = tags.empty() ? nullptr : pool().share(std::move(tags));
}

std::size_t LocalList::kept() {
  return pool().kept();
}

// A tag: its status with bits for what follows, its text, its parent, its expiry.
namespace {
constexpr unsigned kParent = 0x10;
constexpr unsigned kExpiry = 0x20;
constexpr unsigned kSeconds = 0x40;  // which is a number of seconds
constexpr std::int64_t kSecond = 1'000'000;
constexpr std::size_t kTagBytesMost = 1 + 2 * (1 + CardNumber::kMax) + 10;

std::vector<std::byte> bytes_of(const Tags& tags) {
  std::vector<std::byte> bytes(10 + tags.size() * kTagBytesMost);
  CompactWriter writer(bytes);
  writer.number(tags.size());
  for (const ListedTag& each : tags) {
    const bool has_parent = !each.parent.view().empty();
    const bool expires = each.expiry != WallTime::max();
    const bool seconds = expires && to_us(each.expiry) % kSecond == 0;
    writer.byte(static_cast<std::uint8_t>(static_cast<unsigned>(each.status) | (has_parent ? kParent : 0) |
                                          (expires ? kExpiry : 0) | (seconds ? kSeconds : 0)));
    writer.text(each.tag.view());
    if (has_parent) writer.text(each.parent.view());
    if (expires) writer.signed_number(seconds ? to_us(each.expiry) / kSecond : to_us(each.expiry));
  }
  bytes.resize(writer.size());
  bytes.shrink_to_fit();
  return bytes;
}

}  // namespace

std::size_t LocalList::save(std::span<std::byte> out) const {
  CompactWriter writer(out);
  writer.signed_number(version_);
  if (shared_ == nullptr) {
    writer.number(0);
    return writer.size();
  }
  if (shared_->bytes.empty()) shared_->bytes = bytes_of(shared_->tags);
  writer.raw(shared_->bytes);
  return writer.size();
}

bool LocalList::restore(std::span<const std::byte> saved) {
  CompactReader reader(saved);
  const std::int64_t version = reader.signed_number();
  const std::uint64_t count = reader.number();
  if (count > reader.left()) return false;
  Tags tags(count);
  for (ListedTag& each : tags) {
    const unsigned bits = reader.byte();
    if ((bits & 0xf) > static_cast<unsigned>(TagStatus::ConcurrentTx)) return false;
    each.status = static_cast<TagStatus>(bits & 0xf);
    each.tag = CardNumber(reader.text());
    if ((bits & kParent) != 0) each.parent = CardNumber(reader.text());
    if ((bits & kExpiry) == 0) continue;
    const std::int64_t expiry = reader.signed_number();
    const bool seconds = (bits & kSeconds) != 0;
    if (seconds && (expiry > INT64_MAX / kSecond || expiry < INT64_MIN / kSecond)) return false;
    each.expiry = WallTime(std::chrono::microseconds(seconds ? expiry * kSecond : expiry));
  }
  if (!reader.ok() || reader.left() != 0) return false;
  for (std::size_t i = 1; i < tags.size(); ++i) {
    if (!before(tags[i - 1].tag.view(), tags[i].tag.view())) return false;
  }
  become(version, std::move(tags));
  return true;
}

const ListedTag* listed(const LocalList* list, const LocalListSettings& settings, std::string_view tag) {
  return list == nullptr || !settings.enabled ? nullptr : list->find(tag);
}

}  // namespace vfleet::pile::ocpp16
