#pragma once

#include <cstdint>
#include <string>

#include "simulator/core/time.h"

/// What of the profiles beyond Core is configured: keys ocpp.*.
namespace vfleet::pile::ocpp16 {

/// Configuration keys of the same names; a charge point says what it is built for, nobody changes it.
struct ChargingSettings {
  std::uint32_t profiles_most = 10;    ///< MaxChargingProfilesInstalled
  std::uint32_t stack_level_most = 9;  ///< ChargeProfileMaxStackLevel
  std::uint32_t periods_most = 24;     ///< ChargingScheduleMaxPeriods
};

/// Configuration keys LocalAuthListEnabled, LocalAuthListMaxLength and SendLocalListMaxLength.
struct LocalListSettings {
  bool enabled = true;
  std::uint32_t most = 1000;       ///< tags on the list
  std::uint32_t sent_most = 1000;  ///< tags in one request
};

/// Keys ocpp.firmware.*, ocpp.upload.* and ocpp.transfer.*.
struct MaintenanceSettings {
  enum class FirmwareFails : std::uint8_t { none, download, install, signature };
  enum class UploadMethod : std::uint8_t { put, post };

  FirmwareFails firmware_fails = FirmwareFails::none;
  Duration install_time = std::chrono::seconds(20);
  std::uint32_t firmware_bytes_most = 16 * 1024 * 1024;
  bool upload_fails = false;
  UploadMethod upload_method = UploadMethod::put;
  std::uint32_t upload_bytes = 4096;
  Duration transfer_limit = std::chrono::minutes(2);  ///< real time
  bool verify = true;                                 ///< https: the server's certificate
  std::string ca;                                     ///< https: file of trusted CAs; empty: the system's
};

/// Keys ocpp.security.*.
struct SecuritySettings {
  bool events = false;
  bool all_events = false;
  std::uint32_t certificates_most = 4;
  std::string cpo_name;
  Duration fall_back_after = std::chrono::seconds(60);
};

}  // namespace vfleet::pile::ocpp16
