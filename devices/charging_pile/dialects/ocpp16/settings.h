#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "devices/charging_pile/dialects/ocpp16/profile_settings.h"
#include "simulator/codec/ocpp/calls.h"
#include "simulator/core/result.h"
#include "simulator/core/time.h"

namespace vfleet::pile::ocpp16 {

/// A measured quantity that a charge point of this kind has.
enum class Quantity : std::uint8_t {
  energy,
  power,
  current,
  voltage,
  soc,
  temperature,
  power_offered,
  current_offered,
};

/// One element of MeterValuesSampledData and its like.
struct Measurand {
  Quantity quantity = Quantity::energy;
  std::uint8_t phase = 0;  ///< 1..3: of that phase alone; 0: as a whole
};
using Measurands = std::vector<Measurand>;

/// How many a list may have.
inline constexpr std::size_t kMeasurandsMost = 16;

/// "Energy.Active.Import.Register,Voltage.L1"; an empty text is none. Errors: invalid_argument, naming the
/// one that is not known, or that there are too many.
[[nodiscard]] Result<Measurands> parse_measurands(std::string_view csv);
/// Whether it is a value of ConnectorPhaseRotation: "NotApplicable", "0.RST,1.RTS".
[[nodiscard]] bool is_phase_rotation(std::string_view csv);
/// As SampledValue.measurand has it.
[[nodiscard]] std::string_view to_string(Quantity quantity);

/// What of OCPP 1.6 is configured at the charge point: keys ocpp.*, most of them configuration keys of the
/// standard too.
struct Settings {
  std::string serial_number;
  std::string iccid;
  std::string imsi;
  std::string meter_type;
  std::string meter_serial_number;
  std::string local_id_tag = "LOCAL";

  Duration boot_retry_interval = std::chrono::seconds(10);
  Duration boot_retry_interval_max = std::chrono::minutes(5);
  codec::ocpp::CallSettings calls;
  std::uint32_t queue_max = 1000;
  bool corrected_spelling = false;
  bool strict = false;
  bool set_clock = true;
  std::string data_transfer_vendor;
  std::uint32_t get_configuration_max_keys = 100;
  std::uint32_t blink_repeat = 2;
  std::uint32_t light_intensity = 100;  ///< %
  std::uint32_t reset_retries = 1;
  std::uint32_t reset_failures = 0;

  bool authorize_remote_tx_requests = false;
  bool local_authorize_offline = true;
  bool local_pre_authorize = false;
  bool allow_offline_tx_for_unknown_id = false;
  bool authorization_cache_enabled = true;
  std::uint32_t authorization_cache_max = 8;
  bool stop_transaction_on_invalid_id = true;
  std::uint32_t max_energy_on_invalid_id = 0;  ///< Wh; 0: none
  bool unlock_connector_on_ev_side_disconnect = true;

  Duration clock_aligned_data_interval{0};
  std::string meter_values_sampled_data =
      "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage,SoC";
  std::string meter_values_aligned_data = "Energy.Active.Import.Register";
  std::string stop_txn_sampled_data;
  std::string stop_txn_aligned_data;
  std::uint32_t stop_transaction_max_meter_values = 20;
  Duration minimum_status_duration{0};
  std::string connector_phase_rotation = "NotApplicable";

  ChargingSettings charging;
  LocalListSettings local_list;
  MaintenanceSettings maintenance;
  SecuritySettings security;

  // Made of the texts.
  Measurands sampled;
  Measurands aligned;
  Measurands stop_sampled;
  Measurands stop_aligned;
};

}  // namespace vfleet::pile::ocpp16
