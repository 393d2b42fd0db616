#include "devices/charging_pile/dialects/ocpp16/configuration_keys.h"

#include <algorithm>
#include <charconv>

#include "devices/charging_pile/dialects/ocpp16/charge_point.h"
#include "devices/charging_pile/dialects/ocpp16/tags.h"
#include "simulator/core/units.h"

namespace vfleet::pile::ocpp16 {
namespace {

using Type = ConfigurationKey::Type;
using Access = ConfigurationKey::Access;
namespace wire = codec::ocpp;

std::string keys_asked_most(Host& host) {
  return std::to_string(host.config().front.ocpp.get_configuration_max_keys);
}
std::string number_of_connectors(Host& host) {
  return std::to_string(host.station().connector_count());
}
std::string measurands_most(Host&) {
  return std::to_string(kMeasurandsMost);
}
std::string rotations_most(Host& host) {
  return std::to_string(host.station().connector_count() + 1);
}
std::string feature_profiles_most(Host&) {
  return "6";
}
std::string stack_level_most(Host& host) {
  return std::to_string(host.config().front.ocpp.charging.stack_level_most);
}
std::string profiles_most(Host& host) {
  return std::to_string(host.config().front.ocpp.charging.profiles_most);
}
std::string periods_most(Host& host) {
  return std::to_string(host.config().front.ocpp.charging.periods_most);
}
std::string rate_units(Host&) {
  return "Current,Power";
}
std::string listed_most(Host& host) {
  return std::to_string(host.config().front.ocpp.local_list.most);
}
std::string list_sent_most(Host& host) {
  return std::to_string(host.config().front.ocpp.local_list.sent_most);
}
std::string certificates_most(Host& host) {
  return std::to_string(host.config().front.ocpp.security.certificates_most);
}
std::string chain_most(Host&) {
  return "10000";
}
std::string transfer_protocols(Host&) {
  return "HTTP,HTTPS";
}
std::string no(Host&) {
  return "false";
}
std::string yes(Host&) {
  return "true";
}

/// Those whose every request is dealt with.
std::string feature_profiles(Host&) {
  std::string out;
  for (const auto profile :
       {wire::Profile::core, wire::Profile::firmware, wire::Profile::local_list, wire::Profile::reservation,
        wire::Profile::smart_charging, wire::Profile::remote_trigger}) {
    const auto missing = [&](const wire::Message& message) {
      return message.profile == profile && message.sender != wire::Sender::charge_point &&
             ChargePoint::handler_of(message.action) == nullptr;
    };
    if (std::any_of(wire::messages().begin(), wire::messages().end(), missing)) continue;
    out += (out.empty() ? "" : ",") + std::string(to_string(profile));
  }
  return out;
}

constexpr ConfigurationKey flag(std::string_view name, std::string_view path) {
  return {.name = name, .type = Type::boolean, .path = path};
}
constexpr ConfigurationKey number(std::string_view name, std::string_view path, std::int64_t least = 0) {
  return {.name = name, .type = Type::integer, .path = path, .least = least};
}
constexpr ConfigurationKey seconds(std::string_view name, std::string_view path, std::int64_t least = 0) {
  return {.name = name, .type = Type::seconds, .path = path, .least = least};
}
constexpr ConfigurationKey text(std::string_view name, std::string_view path) {
  return {.name = name, .path = path};
}
constexpr ConfigurationKey fact(std::string_view name, std::string (*told)(Host&),
                                Type type = Type::integer) {
  return {.name = name, .type = type, .access = Access::read_only, .told = told};
}
constexpr ConfigurationKey at_most(ConfigurationKey key, std::int64_t most) {
  key.most = most;
  return key;
}
/// What the charge point heeds from its next boot on.
constexpr ConfigurationKey at_boot(ConfigurationKey key) {
  key.reboot = true;
  return key;
}

constexpr ConfigurationKey kKeys[] = {
    fact("AdditionalRootCertificateCheck", no, Type::boolean),
    flag("AllowOfflineTxForUnknownId", "ocpp.allow_offline_tx_for_unknown_id"),
    flag("AuthorizationCacheEnabled", "ocpp.authorization_cache_enabled"),
    {.name = "AuthorizationKey", .access = Access::write_only, .path = "uplink.ocpp.password"},
    flag("AuthorizeRemoteTxRequests", "ocpp.authorize_remote_tx_requests"),
    number("BlinkRepeat", "ocpp.blink_repeat"),
    fact("CertificateSignedMaxChainSize", chain_most),
    fact("CertificateStoreMaxLength", certificates_most),
    fact("ChargeProfileMaxStackLevel", stack_level_most),
    fact("ChargingScheduleAllowedChargingRateUnit", rate_units, Type::text),
    fact("ChargingScheduleMaxPeriods", periods_most),
    seconds("ClockAlignedDataInterval", "ocpp.clock_aligned_data_interval"),
    seconds("ConnectionTimeOut", "connect_timeout", 1),
    at_boot(text("ConnectorPhaseRotation", "ocpp.connector_phase_rotation")),
    fact("ConnectorPhaseRotationMaxLength", rotations_most),
    text("CpoName", "ocpp.security.cpo_name"),
    fact("GetConfigurationMaxKeys", keys_asked_most),
    seconds("HeartbeatInterval", "reports.heartbeat.every"),
    number("LightIntensity", "ocpp.light_intensity"),
    flag("LocalAuthListEnabled", "ocpp.local_auth_list_enabled"),
    fact("LocalAuthListMaxLength", listed_most),
    flag("LocalAuthorizeOffline", "ocpp.local_authorize_offline"),
    flag("LocalPreAuthorize", "ocpp.local_pre_authorize"),
    fact("MaxChargingProfilesInstalled", profiles_most),
    number("MaxEnergyOnInvalidId", "ocpp.max_energy_on_invalid_id"),
    seconds("MessageTimeout", "ocpp.message_timeout", 1),
    text("MeterValuesAlignedData", "ocpp.meter_values_aligned_data"),
    fact("MeterValuesAlignedDataMaxLength", measurands_most),
    text("MeterValuesSampledData", "ocpp.meter_values_sampled_data"),
    fact("MeterValuesSampledDataMaxLength", measurands_most),
    seconds("MeterValueSampleInterval", "reports.meter.every"),
    seconds("MinimumStatusDuration", "ocpp.minimum_status_duration"),
    fact("NumberOfConnectors", number_of_connectors),
    fact("ReserveConnectorZeroSupported", yes, Type::boolean),
    number("ResetRetries", "ocpp.reset_retries"),
    number("SecurityProfile", "uplink.ocpp.security_profile"),
    fact("SendLocalListMaxLength", list_sent_most),
    number("StopTransactionMaxMeterValues", "ocpp.stop_transaction_max_meter_values", 2),
    flag("StopTransactionOnEVSideDisconnect", "end_on_unplug"),
    flag("StopTransactionOnInvalidId", "ocpp.stop_transaction_on_invalid_id"),
    text("StopTxnAlignedData", "ocpp.stop_txn_aligned_data"),
    fact("StopTxnAlignedDataMaxLength", measurands_most),
    text("StopTxnSampledData", "ocpp.stop_txn_sampled_data"),
    fact("StopTxnSampledDataMaxLength", measurands_most),
    fact("SupportedFeatureProfiles", feature_profiles, Type::text),
    fact("SupportedFeatureProfilesMaxLength", feature_profiles_most),
    fact("SupportedFileTransferProtocols", transfer_protocols, Type::text),
    number("TransactionMessageAttempts", "ocpp.transaction_message_attempts", 1),
    seconds("TransactionMessageRetryInterval", "ocpp.transaction_message_retry_interval"),
    flag("UnlockConnectorOnEVSideDisconnect", "ocpp.unlock_connector_on_ev_side_disconnect"),
    at_most(seconds("WebSocketPingInterval", "uplink.ocpp.ping.every"), 24 * 3600),
};

}  // namespace

std::span<const ConfigurationKey> configuration_keys() {
  return kKeys;
}

const ConfigurationKey* find_configuration_key(std::string_view name) {
  const auto* at = std::find_if(std::begin(kKeys), std::end(kKeys),
                                [&](const ConfigurationKey& key) { return same_text(key.name, name); });
  return at == std::end(kKeys) ? nullptr : at;
}

std::optional<std::string> value_of(const ConfigurationKey& key, Host& host) {
  if (key.access == Access::write_only) return std::nullopt;
  if (key.told != nullptr) return key.told(host);
  auto value = host.context().config_value(key.path);
  if (!value || key.type != Type::seconds) return value;
  const auto duration = parse_duration(*value);
  if (!duration) return std::nullopt;
  return std::to_string(to_us(*duration) / 1'000'000);
}

Result<std::string> value_for(const ConfigurationKey& key, std::string_view value) {
  switch (key.type) {
    case Type::boolean:
      if (same_text(value, "true")) return "true";
      if (same_text(value, "false")) return "false";
      return fail(Errc::invalid_argument, "'" + std::string(value) + "' is neither true nor false");
    case Type::integer:
    case Type::seconds: {
      std::int64_t read = 0;
      const char* const end = value.data() + value.size();
      if (const auto [at, error] = std::from_chars(value.data(), end, read);
          error != std::errc() || at != end) {
        return fail(Errc::invalid_argument, "'" + std::string(value) + "' is no whole number");
      }
      if (read < key.least) {
        return fail(Errc::invalid_argument,
                    std::to_string(read) + " is less than " + std::to_string(key.least));
      }
      if (read > key.most) {
        return fail(Errc::invalid_argument,
                    std::to_string(read) + " is more than " + std::to_string(key.most));
      }
      return std::to_string(read) + (key.type == Type::seconds ? "s" : "");
    }
    case Type::text:
      return std::string(value);
  }
  return std::string(value);
}

}  // namespace vfleet::pile::ocpp16
