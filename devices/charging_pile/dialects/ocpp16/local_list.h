#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "devices/charging_pile/dialects/ocpp16/profile_settings.h"
#include "devices/charging_pile/dialects/ocpp16/reply.h"
#include "devices/charging_pile/model/session.h"

namespace vfleet::pile::ocpp16 {

/// AuthorizationStatus.
enum class TagStatus : std::uint8_t { Accepted, Blocked, Expired, Invalid, ConcurrentTx };

/// What is known of a tag. Tags are the same whatever their capital letters (CiString).
struct ListedTag {
  CardNumber tag;
  CardNumber parent;                  ///< empty: none
  WallTime expiry = WallTime::max();  ///< from then on Accepted means Expired
  TagStatus status = TagStatus::Accepted;

  [[nodiscard]] TagStatus status_at(WallTime now) const {
    return status == TagStatus::Accepted && now >= expiry ? TagStatus::Expired : status;
  }
  friend bool operator==(const ListedTag&, const ListedTag&) = default;
};

/// The local authorization list of one charge point. Charge points with the same tags share them: a list that
/// is sent to a whole fleet is kept once. Loop thread only.
class LocalList {
 public:
  using Tags = std::vector<ListedTag>;  // in the order of their tags, each once

  /// 0: the list is empty.
  [[nodiscard]] std::int64_t version() const { return version_; }
  [[nodiscard]] std::size_t size() const { return tags().size(); }
  /// Null: it is not on the list. Valid until the list changes.
  [[nodiscard]] const ListedTag* find(std::string_view tag) const;
  /// `tags` in any order, each once.
  void become(std::int64_t version, Tags tags);
  [[nodiscard]] const Tags& tags() const;

  /// Writes what restore() needs and returns how long that is; 0 when it does not fit. The bytes of the tags
  /// are made once for all charge points that share them.
  [[nodiscard]] std::size_t save(std::span<std::byte> out) const;
  /// Any bytes; false when they are not of save(), nothing having changed.
  bool restore(std::span<const std::byte> saved);

  /// Of all lists of the process: how many are kept.
  [[nodiscard]] static std::size_t kept();

 private:
  struct Shared;
  class Pool;
  static Pool& pool();

  std::int64_t version_ = 0;
  std::shared_ptr<const Shared> shared_;  // by the lists that say the same
};

// The payloads were found good by the message tables. `list`: null while it is empty.
[[nodiscard]] Reply send_local_list(std::unique_ptr<LocalList>& list, const LocalListSettings& settings,
                                    const nlohmann::json& request);
[[nodiscard]] Reply get_local_list_version(const LocalList* list, const LocalListSettings& settings);

/// A tag as it is known, or null: not on the list, or the list is not used.
[[nodiscard]] const ListedTag* listed(const LocalList* list, const LocalListSettings& settings,
                                      std::string_view tag);

}  // namespace vfleet::pile::ocpp16
