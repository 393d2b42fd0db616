#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "control/api/request.h"
#include "simulator/config/schema.h"
#include "simulator/core/result.h"

/// What control knows of device types: only what they say of themselves.
namespace vfleet::control::server {

struct ReportInfo {
  std::string name;
  std::vector<std::string> fields;
};

struct ActionInfo {
  std::string name;
  bool durable = false;
  config::Schema args;
};

struct TypeInfo {
  std::string name;
  std::vector<ReportInfo> reports;
  std::vector<ActionInfo> actions;  ///< its own, and those of every uplink's links
  bool open = false;      ///< its devices may know reports and actions that are not described
  config::Schema schema;  ///< of the profile, and every uplink's below uplink.KIND
  std::string json;       ///< the description as the worker gave it
};

/// The device types and uplinks of one build of vfleet-worker, from `vfleet-worker --describe`.
class TypeCatalogue {
 public:
  /// Errors: malformed, with what is wrong.
  [[nodiscard]] static Result<TypeCatalogue> parse(std::string_view json);

  [[nodiscard]] const std::string& version() const { return version_; }
  [[nodiscard]] const std::vector<TypeInfo>& types() const { return types_; }
  [[nodiscard]] const TypeInfo* find(std::string_view name) const;
  [[nodiscard]] const std::map<std::string, config::Schema, std::less<>>& uplinks() const { return uplinks_; }
  /// The descriptions of uplinks as JSON texts.
  [[nodiscard]] const std::vector<api::JsonText>& uplink_descriptions() const { return uplink_descriptions_; }

  /// Whether a worker's `types` (a JSON array of descriptions) say the same as ours.
  [[nodiscard]] bool same_types(std::string_view types_json) const;

 private:
  std::string version_;
  std::string types_json_;  // canonical, for same_types
  std::vector<TypeInfo> types_;
  std::map<std::string, config::Schema, std::less<>> uplinks_;
  std::vector<api::JsonText> uplink_descriptions_;
};

}  // namespace vfleet::control::server
