// SendLocalList and GetLocalListVersion.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "devices/charging_pile/dialects/ocpp16/local_list.h"
#include "devices/charging_pile/dialects/ocpp16/payload_fields.h"
#include "simulator/core/ascii.h"
#include "simulator/core/result.h"

namespace vfleet::pile::ocpp16 {
namespace {

TagStatus status_of(std::string_view word) {
  constexpr std::array<std::string_view, 5> kWords{"Accepted", "Blocked", "Expired", "Invalid",
                                                   "ConcurrentTx"};
  const auto at = std::find(kWords.begin(), kWords.end(), word);
  return at == kWords.end() ? TagStatus::Invalid : static_cast<TagStatus>(at - kWords.begin());
}

// By what makes tags the same.
using ByTag = std::map<std::string, ListedTag>;

/// Errors: invalid_argument.
Status change(ByTag& tags, const nlohmann::json& entries, bool differential) {
  std::map<std::string, bool> seen;
  for (const nlohmann::json& each : entries) {
    const std::string_view tag = text_of(each, "idTag");
    const std::string key = lowered(tag);
    if (!seen.emplace(key, true).second)
      return fail(Errc::invalid_argument, fmt::format("idTag {} is there twice", tag));
    const nlohmann::json* info = field_of(each, "idTagInfo");
    if (info == nullptr) {
      if (!differential) return fail(Errc::invalid_argument, fmt::format("idTag {} has no idTagInfo", tag));
      tags.erase(key);
      continue;
    }
    tags.insert_or_assign(key, ListedTag{.tag = CardNumber(tag),
                                         .parent = CardNumber(text_of(*info, "parentIdTag")),
                                         .expiry = time_of(*info, "expiryDate").value_or(WallTime::max()),
                                         .status = status_of(text_of(*info, "status"))});
  }
  return {};
}

}  // namespace

Reply send_local_list(std::unique_ptr<LocalList>& list, const LocalListSettings& settings,
                      const nlohmann::json& request) {
  if (!settings.enabled) return Reply::status("NotSupported", "LocalAuthListEnabled is false");
  const std::int64_t version = integer_of(request, "listVersion").value_or(0);
  const bool differential = text_of(request, "updateType") == "Differential";
  const nlohmann::json& entries = object_of(request, "localAuthorizationList");
  if (entries.size() > settings.sent_most) {
    return Reply::status("Failed", fmt::format("{} tags at once, SendLocalListMaxLength is {}",
                                               entries.size(), settings.sent_most));
  }
  const std::int64_t present = list == nullptr ? 0 : list->version();
  if (differential && version <= present) {
    return Reply::status("VersionMismatch", fmt::format("the list has version {}", present));
  }
  ByTag tags;
  if (differential && list != nullptr) {
    for (const ListedTag& each : list->tags()) tags.emplace(lowered(each.tag.view()), each);
  }
  if (auto changed = change(tags, entries, differential); !changed)
    return Reply::status("Failed", changed.error().detail);
  if (tags.size() > settings.most) {
    return Reply::status(
        "Failed", fmt::format("{} tags in all, LocalAuthListMaxLength is {}", tags.size(), settings.most));
  }
  if (tags.empty()) {
    list.reset();
    return Reply::status("Accepted");
  }
  LocalList::Tags all;
  all.reserve(tags.size());
  for (auto& [key, tag] : tags) all.push_back(tag);
  if (list == nullptr) list = std::make_unique<LocalList>();
  list->become(version, std::move(all));
  return Reply::status("Accepted");
}

Reply get_local_list_version(const LocalList* list, const LocalListSettings& settings) {
  const std::int64_t version = !settings.enabled ? -1 : list == nullptr ? 0 : list->version();
  Reply reply;
  reply.payload = fmt::format(R"({{"listVersion":{}}})", version);
  return reply;
}

}  // namespace vfleet::pile::ocpp16
