#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/config/schema.h"

namespace vfleet::config {

/// What may be configured: the device types and uplink kinds of a worker, as `vfleet-worker --describe`
/// prints them. Loading a fleet needs nothing else of them.
struct Catalogue {
  struct Entry {
    std::string doc;
    Schema schema;                       ///< of an uplink: paths without "uplink.KIND."
    std::vector<std::string> reports{};  ///< of a type: what it sends; empty when only a run shows that
  };
  using Entries = std::map<std::string, Entry, std::less<>>;

  std::string version;
  Entries types;
  Entries uplinks;

  /// The keys of a device of `type` that uses `uplink`: the type's own and uplink.KIND.*. Errors:
  /// invalid_argument for unknown names, with what was meant.
  [[nodiscard]] Result<Schema> schema(std::string_view type, std::string_view uplink) const;
};

/// {"version","types":[{"name","doc","schema",...}],"uplinks":[{"name","doc","schema"}]}; members that it
/// does not know are ignored. Errors: malformed.
[[nodiscard]] Result<Catalogue> catalogue_from_json(const nlohmann::json& json);
[[nodiscard]] Result<Catalogue> parse_catalogue(std::string_view json);
[[nodiscard]] nlohmann::json to_json(const Catalogue& catalogue);

}  // namespace vfleet::config
