#include "devices/charging_pile/dialects/ocpp16/settings_keys.h"

#include "devices/charging_pile/dialects/ocpp16/settings.h"

namespace vfleet::pile::ocpp16 {
namespace {

using namespace std::chrono_literals;
using Keys = config::Struct<Front>;

template <class Get>
void add_text(Keys& keys, std::string name, std::size_t most, std::string doc, Get get) {
  keys.text(name, get).doc(std::move(doc));
  keys.check([get, name, most](const Front& front, std::vector<std::string>& mistakes) {
    const std::string& text = get(const_cast<Front&>(front));
    if (text.size() > most) mistakes.push_back(name + ": at most " + std::to_string(most) + " characters");
  });
}

template <class Text, class List>
void add_measurands(Keys& keys, std::string name, std::string doc, Text text, List list) {
  keys.text(name, text).doc(std::move(doc));
  keys.derive(
      [text, list](Front& front) { list(front) = parse_measurands(text(front)).value_or(Measurands()); });
  keys.check([text, name](const Front& front, std::vector<std::string>& mistakes) {
    const std::string& csv = text(const_cast<Front&>(front));
    if (auto read = parse_measurands(csv); !read) mistakes.push_back(name + ": " + read.error().detail);
    if (csv.size() > 500) mistakes.push_back(name + ": at most 500 characters");
  });
}

void add_identity(Keys& keys) {
  add_text(
      keys, "ocpp.serial_number", 25, "chargePointSerialNumber of BootNotification; empty: left out.",
      [](auto& c) -> auto& { return c.ocpp.serial_number; });
  add_text(
      keys, "ocpp.iccid", 20, "Of the SIM card, as BootNotification tells; empty: left out.",
      [](auto& c) -> auto& { return c.ocpp.iccid; });
  add_text(
      keys, "ocpp.imsi", 20, "Of the SIM card, as BootNotification tells; empty: left out.",
      [](auto& c) -> auto& { return c.ocpp.imsi; });
  add_text(
      keys, "ocpp.meter_type", 25, "Of the main meter, as BootNotification tells; empty: left out.",
      [](auto& c) -> auto& { return c.ocpp.meter_type; });
  add_text(
      keys, "ocpp.meter_serial_number", 25, "Of the main meter, as BootNotification tells; empty: left out.",
      [](auto& c) -> auto& { return c.ocpp.meter_serial_number; });
  add_text(
      keys, "ocpp.local_id_tag", 20, "idTag of a transaction that nobody showed a card for.",
      [](auto& c) -> auto& { return c.ocpp.local_id_tag; });
  keys.check([](const Front& front, std::vector<std::string>& mistakes) {
    if (front.ocpp.local_id_tag.empty()) mistakes.emplace_back("ocpp.local_id_tag: must not be empty");
  });
}

void add_manners(Keys& keys) {
  keys.duration(
          "ocpp.boot_retry_interval", [](auto& c) -> auto& { return c.ocpp.boot_retry_interval; })
      .range(1s, 24h)
      .doc(
          "First wait until BootNotification is tried again when no answer came, or one without an interval; "
          "it doubles each time.");
  keys.duration(
          "ocpp.boot_retry_interval_max", [](auto& c) -> auto& { return c.ocpp.boot_retry_interval_max; })
      .range(1s, 24h)
      .doc("The longest such wait.");
  keys.duration(
          "ocpp.message_timeout", [](auto& c) -> auto& { return c.ocpp.calls.timeout; })
      .range(1s, 1h)
      .doc("How long a CALL waits for its answer, in model time. Configuration key MessageTimeout.");
  keys.integer(
          "ocpp.queue_max", [](auto& c) -> auto& { return c.ocpp.queue_max; })
      .range(16, 100'000)
      .doc("Transaction messages that wait at most; beyond that the oldest MeterValues is dropped.");
  keys.duration(
          "ocpp.drain_interval", [](auto& c) -> auto& { return c.ocpp.calls.drain_gap; })
      .range(0s, 1h)
      .doc("Pause after each message that had waited for the connection; 0: as fast as they are answered.");
  keys.derive([](Front& front) { front.ocpp.calls.transactions_most = front.ocpp.queue_max; });
  keys.boolean(
          "ocpp.corrected_spelling", [](auto& c) -> auto& { return c.ocpp.corrected_spelling; })
      .doc("CALLERROR says OccurrenceConstraintViolation; false: Occurence..., as the standard prints it.");
  keys.boolean(
          "ocpp.strict", [](auto& c) -> auto& { return c.ocpp.strict; })
      .doc(
          "Messages of the CSMS must be what the standard says to the letter; false: unknown members, nulls "
          "and "
          "times without a zone are let pass.");
  keys.boolean(
          "ocpp.set_clock", [](auto& c) -> auto& { return c.ocpp.set_clock; })
      .doc(
          "currentTime of the CSMS sets the charge point's clock, which times of messages, schedules and "
          "expiry dates are by; false, or with a time_scale other than 1: it is the fleet's.");
  add_text(
      keys, "ocpp.data_transfer_vendor", 255,
      "The vendorId whose DataTransfer is Accepted; every other one is UnknownVendorId.",
      [](auto& c) -> auto& { return c.ocpp.data_transfer_vendor; });
  keys.integer(
          "ocpp.get_configuration_max_keys",
          [](auto& c) -> auto& { return c.ocpp.get_configuration_max_keys; })
      .range(1, 1000)
      .doc(
          "A GetConfiguration that names more keys is answered with an error; one that names none lists them "
          "all. Configuration key GetConfigurationMaxKeys.");
  keys.integer(
          "ocpp.reset_retries", [](auto& c) -> auto& { return c.ocpp.reset_retries; })
      .range(0, 100)
      .doc("A reset that fails is tried so often again, 10 s later each. Configuration key ResetRetries.");
  keys.integer(
          "ocpp.reset_failures", [](auto& c) -> auto& { return c.ocpp.reset_failures; })
      .range(0, 200)
      .doc(
          "So many tries of a reset fail. Where ResetRetries does not do there is no reset, and "
          "StatusNotification tells ResetFailure.");
  keys.integer(
          "ocpp.blink_repeat", [](auto& c) -> auto& { return c.ocpp.blink_repeat; })
      .range(0, 100)
      .doc("Configuration key BlinkRepeat: kept and told; there are no lights to see.");
  keys.integer(
          "ocpp.light_intensity", [](auto& c) -> auto& { return c.ocpp.light_intensity; })
      .range(0, 100)
      .doc("In %. Configuration key LightIntensity: kept and told; there are no lights to see.");
}

void add_authorization(Keys& keys) {
  keys.boolean(
          "ocpp.authorize_remote_tx_requests",
          [](auto& c) -> auto& { return c.ocpp.authorize_remote_tx_requests; })
      .doc("A remote start asks with Authorize first. Configuration key AuthorizeRemoteTxRequests.");
  keys.boolean(
          "ocpp.local_authorize_offline", [](auto& c) -> auto& { return c.ocpp.local_authorize_offline; })
      .doc("Offline, a card that the cache knows may start. Configuration key LocalAuthorizeOffline.");
  keys.boolean(
          "ocpp.local_pre_authorize", [](auto& c) -> auto& { return c.ocpp.local_pre_authorize; })
      .doc(
          "Online, a card that the cache knows starts without Authorize. Configuration key "
          "LocalPreAuthorize.");
  keys.boolean(
          "ocpp.allow_offline_tx_for_unknown_id",
          [](auto& c) -> auto& { return c.ocpp.allow_offline_tx_for_unknown_id; })
      .doc("Offline, any card may start. Configuration key AllowOfflineTxForUnknownId.");
  keys.boolean(
          "ocpp.authorization_cache_enabled",
          [](auto& c) -> auto& { return c.ocpp.authorization_cache_enabled; })
      .doc("Answers about cards are remembered. Configuration key AuthorizationCacheEnabled.");
  keys.integer(
          "ocpp.authorization_cache_max", [](auto& c) -> auto& { return c.ocpp.authorization_cache_max; })
      .range(0, 10'000)
      .doc("Cards that are remembered; a further one takes the place of the oldest.");
  keys.boolean(
          "ocpp.stop_transaction_on_invalid_id",
          [](auto& c) -> auto& { return c.ocpp.stop_transaction_on_invalid_id; })
      .doc(
          "A transaction whose StartTransaction is not accepted ends, with reason DeAuthorized. "
          "Configuration key StopTransactionOnInvalidId.");
  keys.integer(
          "ocpp.max_energy_on_invalid_id", [](auto& c) -> auto& { return c.ocpp.max_energy_on_invalid_id; })
      .range(0, 1'000'000)
      .doc(
          "What a session whose card is not accepted may still have before its flow stops, in Wh, where "
          "stop_transaction_on_invalid_id is false. Configuration key MaxEnergyOnInvalidId.");
  keys.boolean(
          "ocpp.unlock_connector_on_ev_side_disconnect",
          [](auto& c) -> auto& { return c.ocpp.unlock_connector_on_ev_side_disconnect; })
      .doc(
          "An AC pile whose session ends because the vehicle's end of the cable is out lets its own end go, "
          "too; "
          "otherwise it is finishing until the card of that session or UnlockConnector sets it free. "
          "Configuration key UnlockConnectorOnEVSideDisconnect.");
}

void add_metering(Keys& keys) {
  keys.duration(
          "ocpp.clock_aligned_data_interval",
          [](auto& c) -> auto& { return c.ocpp.clock_aligned_data_interval; })
      .range(0s, 24h)
      .doc(
          "MeterValues of every connector at multiples of this from 00:00 UTC; 0: none. Configuration key "
          "ClockAlignedDataInterval.");
  add_measurands(
      keys, "ocpp.meter_values_sampled_data",
      "What MeterValues of a session tell: measurands with commas between, .L1 to .L3 for one phase. "
      "Configuration key MeterValuesSampledData.",
      [](auto& c) -> auto& { return c.ocpp.meter_values_sampled_data; },
      [](auto& c) -> auto& { return c.ocpp.sampled; });
  add_measurands(
      keys, "ocpp.meter_values_aligned_data",
      "What clock-aligned MeterValues tell. Configuration key MeterValuesAlignedData.",
      [](auto& c) -> auto& { return c.ocpp.meter_values_aligned_data; },
      [](auto& c) -> auto& { return c.ocpp.aligned; });
  add_measurands(
      keys, "ocpp.stop_txn_sampled_data",
      "What transactionData of StopTransaction tells of the begin, of each time at which MeterValues are "
      "due, and "
      "of the end; empty: nothing. "
      "Configuration key StopTxnSampledData.",
      [](auto& c) -> auto& { return c.ocpp.stop_txn_sampled_data; },
      [](auto& c) -> auto& { return c.ocpp.stop_sampled; });
  add_measurands(
      keys, "ocpp.stop_txn_aligned_data",
      "What transactionData tells of clock-aligned times in the transaction. Configuration key "
      "StopTxnAlignedData.",
      [](auto& c) -> auto& { return c.ocpp.stop_txn_aligned_data; },
      [](auto& c) -> auto& { return c.ocpp.stop_aligned; });
  keys.integer(
          "ocpp.stop_transaction_max_meter_values",
          [](auto& c) -> auto& { return c.ocpp.stop_transaction_max_meter_values; })
      .range(2, 80)
      .doc(
          "How many MeterValue objects transactionData has at most; beyond that the oldest between begin and "
          "end "
          "are left out. Configuration key StopTransactionMaxMeterValues.");
  add_text(
      keys, "ocpp.connector_phase_rotation", 500, "Configuration key ConnectorPhaseRotation.",
      [](auto& c) -> auto& { return c.ocpp.connector_phase_rotation; });
  keys.check([](const Front& front, std::vector<std::string>& mistakes) {
    if (!is_phase_rotation(front.ocpp.connector_phase_rotation)) {
      mistakes.emplace_back(
          "ocpp.connector_phase_rotation: expected NotApplicable, Unknown, RST, RTS, SRT, STR, TRS or TSR, "
          "for each "
          "connector as 0.RST,1.RTS");
    }
  });
}

void add_messages(Keys& keys) {
  keys.duration(
          "ocpp.minimum_status_duration", [](auto& c) -> auto& { return c.ocpp.minimum_status_duration; })
      .range(0s, 1h)
      .doc("A status is told when it has lasted so long. Configuration key MinimumStatusDuration.");
  keys.integer(
          "ocpp.transaction_message_attempts", [](auto& c) -> auto& { return c.ocpp.calls.attempts; })
      .range(1, 100)
      .doc(
          "How often a transaction message is sent that gets no answer or an error, before it is dropped. "
          "Configuration key TransactionMessageAttempts.");
  keys.duration(
          "ocpp.transaction_message_retry_interval",
          [](auto& c) -> auto& { return c.ocpp.calls.retry_interval; })
      .range(0s, 24h)
      .doc(
          "It waits this long, times the number of times that it was sent. Configuration key "
          "TransactionMessageRetryInterval.");
}

}  // namespace

void add_keys(config::Struct<Front>& keys) {
  add_identity(keys);
  add_manners(keys);
  add_authorization(keys);
  add_metering(keys);
  add_messages(keys);
  add_charging_keys(keys);
  add_local_list_keys(keys);
  add_maintenance_keys(keys);
  add_security_keys(keys);
}

}  // namespace vfleet::pile::ocpp16
