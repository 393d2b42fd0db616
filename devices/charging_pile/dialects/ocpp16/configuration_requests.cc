// GetConfiguration and ChangeConfiguration.
#include <nlohmann/json.hpp>

#include "devices/charging_pile/dialects/ocpp16/charge_point.h"
#include "devices/charging_pile/dialects/ocpp16/configuration_keys.h"
#include "devices/charging_pile/dialects/ocpp16/payload_fields.h"

namespace vfleet::pile::ocpp16 {

using nlohmann::json;

void ChargePoint::change_configuration(Request& request) {
  Host& host = request.host;
  const ConfigurationKey* key = find_configuration_key(text_of(request.payload, "key"));
  if (key == nullptr) return answer_status(request, "NotSupported");
  if (key->access == ConfigurationKey::Access::read_only) return answer_status(request, "Rejected");
  const auto value = value_for(*key, text_of(request.payload, "value"));
  const auto refuse = [&](const Error& error) {
    host.context().note("ChangeConfiguration " + std::string(key->name) + ": " + error.detail);
  };
  if (!value) {
    refuse(value.error());
    return answer_status(request, "Rejected");
  }
  if (auto may = may_change(host, *key, *value); !may) {
    refuse(may.error());
    return answer_status(request, "Rejected");
  }
  const std::string_view good = key->reboot ? "RebootRequired" : "Accepted";
  if (key->path.starts_with("uplink.")) {
    // The connection is made anew with it: the answer has to go over the old one.
    answer_status(request, good);
    changes_security(host, *key, *value);
    if (auto taken = host.context().patch_config(key->path, *value); !taken) refuse(taken.error());
    return;
  }
  // Only who takes it knows whether it is good: the one request that is answered afterwards.
  const auto taken = host.context().patch_config(key->path, *value);
  if (!taken) refuse(taken.error());
  answer_status(request, taken ? good : "Rejected");
}

void ChargePoint::get_configuration(Request& request) {
  const auto wanted = request.payload.find("key");
  const bool all = wanted == request.payload.end() || !wanted->is_array() || wanted->empty();
  const std::size_t most = request.host.config().front.ocpp.get_configuration_max_keys;
  if (!all && wanted->size() > most) {
    return answer_error(request.host, request.id, codec::ocpp::ErrorCode::occurrence_constraint_violation,
                        "key: at most " + std::to_string(most) + " (GetConfigurationMaxKeys)");
  }
  json known = json::array();
  json unknown = json::array();
  const auto tell = [&](const ConfigurationKey& key) {
    json line{{"key", key.name}, {"readonly", key.access == ConfigurationKey::Access::read_only}};
    if (auto value = value_of(key, request.host)) line["value"] = value->substr(0, 500);
    known.push_back(std::move(line));
  };
  if (all) {
    for (const ConfigurationKey& key : configuration_keys()) tell(key);
  } else {
    for (const json& name : *wanted) {
      if (!name.is_string()) continue;
      const ConfigurationKey* key = find_configuration_key(name.get_ref<const std::string&>());
      if (key != nullptr) {
        tell(*key);
      } else {
        unknown.push_back(name);
      }
    }
  }
  json payload = json::object();
  if (!known.empty()) payload["configurationKey"] = std::move(known);
  if (!unknown.empty()) payload["unknownKey"] = std::move(unknown);
  answer(request, payload);
}

}  // namespace vfleet::pile::ocpp16
