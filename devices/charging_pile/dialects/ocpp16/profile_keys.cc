// Keys ocpp.* of smart charging, the local list, firmware, uploads and security.
#include "devices/charging_pile/dialects/ocpp16/settings.h"
#include "devices/charging_pile/dialects/ocpp16/settings_keys.h"

namespace vfleet::pile::ocpp16 {

using namespace std::chrono_literals;

void add_charging_keys(config::Struct<Front>& keys) {
  keys.integer(
          "ocpp.max_charging_profiles_installed",
          [](auto& c) -> auto& { return c.ocpp.charging.profiles_most; })
      .range(1, 100)
      .doc("Charging profiles that it keeps at most. Configuration key MaxChargingProfilesInstalled.");
  keys.integer(
          "ocpp.charge_profile_max_stack_level",
          [](auto& c) -> auto& { return c.ocpp.charging.stack_level_most; })
      .range(0, 1000)
      .doc("The highest stackLevel of a profile. Configuration key ChargeProfileMaxStackLevel.");
  keys.integer(
          "ocpp.charging_schedule_max_periods", [](auto& c) -> auto& { return c.ocpp.charging.periods_most; })
      .range(1, 1000)
      .doc(
          "Periods of a schedule at most, also of a composite one, which then ends earlier. Configuration "
          "key "
          "ChargingScheduleMaxPeriods.");
}

void add_local_list_keys(config::Struct<Front>& keys) {
  keys.boolean(
          "ocpp.local_auth_list_enabled", [](auto& c) -> auto& { return c.ocpp.local_list.enabled; })
      .doc("The local list is used and may be sent. Configuration key LocalAuthListEnabled.");
  keys.integer(
          "ocpp.local_auth_list_max_length", [](auto& c) -> auto& { return c.ocpp.local_list.most; })
      .range(0, 100'000)
      .doc("Tags on the local list at most. Configuration key LocalAuthListMaxLength.");
  keys.integer(
          "ocpp.send_local_list_max_length", [](auto& c) -> auto& { return c.ocpp.local_list.sent_most; })
      .range(0, 100'000)
      .doc("Tags in one SendLocalList at most. Configuration key SendLocalListMaxLength.");
}

void add_maintenance_keys(config::Struct<Front>& keys) {
  using Fails = MaintenanceSettings::FirmwareFails;
  using Method = MaintenanceSettings::UploadMethod;
  keys.choice("ocpp.firmware.fail", [](auto& c) -> auto& { return c.ocpp.maintenance.firmware_fails; },
              {{"none", Fails::none},
               {"download", Fails::download},
               {"install", Fails::install},
               {"signature", Fails::signature}})
      .doc(
          "Where an update of the firmware fails: DownloadFailed, InstallationFailed or, of a signed one, "
          "InvalidSignature.");
  keys.duration(
          "ocpp.firmware.install_time", [](auto& c) -> auto& { return c.ocpp.maintenance.install_time; })
      .range(1ms, 24h)
      .doc("From Installing to the restart with the new firmware, or to InstallationFailed.");
  keys.integer(
          "ocpp.firmware.max_bytes", [](auto& c) -> auto& { return c.ocpp.maintenance.firmware_bytes_most; })
      .range(1, 256 * 1024 * 1024)
      .doc("A larger file is DownloadFailed.");
  keys.boolean(
          "ocpp.upload.fail", [](auto& c) -> auto& { return c.ocpp.maintenance.upload_fails; })
      .doc("Uploads of diagnostics and logs fail.");
  keys.choice("ocpp.upload.method", [](auto& c) -> auto& { return c.ocpp.maintenance.upload_method; },
              {{"put", Method::put}, {"post", Method::post}})
      .doc("put: to LOCATION/FILE; post: to LOCATION itself.");
  keys.integer(
          "ocpp.upload.bytes", [](auto& c) -> auto& { return c.ocpp.maintenance.upload_bytes; })
      .range(0, 4 * 1024 * 1024)
      .doc("How large a diagnostics file is, about.");
  keys.duration(
          "ocpp.transfer.timeout", [](auto& c) -> auto& { return c.ocpp.maintenance.transfer_limit; })
      .range(1s, 24h)
      .doc("How long a download or upload may take, in real time.");
  keys.boolean(
          "ocpp.transfer.verify", [](auto& c) -> auto& { return c.ocpp.maintenance.verify; })
      .doc("The certificates of https servers are checked.");
  keys.text(
          "ocpp.transfer.ca", [](auto& c) -> auto& { return c.ocpp.maintenance.ca; })
      .folder_of("ocpp.transfer.ca")  // relative to the file that says it
      .doc("File of the CAs that https servers are trusted by; empty: the system's.");
}

void add_security_keys(config::Struct<Front>& keys) {
  keys.boolean(
          "ocpp.security.events", [](auto& c) -> auto& { return c.ocpp.security.events; })
      .doc(
          "Security events are kept for GetLog, and those that the whitepaper calls critical are told "
          "(SecurityEventNotification).");
  keys.boolean(
          "ocpp.security.all_events", [](auto& c) -> auto& { return c.ocpp.security.all_events; })
      .doc("With ocpp.security.events: all of them are told, not only the critical ones.");
  keys.integer(
          "ocpp.security.certificates_max",
          [](auto& c) -> auto& { return c.ocpp.security.certificates_most; })
      .range(1, 20)
      .doc("Root certificates that it keeps at most. Configuration key CertificateStoreMaxLength.");
  keys.text(
          "ocpp.security.cpo_name", [](auto& c) -> auto& { return c.ocpp.security.cpo_name; })
      .doc("Organization in requests for a certificate. Configuration key CpoName.");
  keys.duration(
          "ocpp.security.fall_back_after", [](auto& c) -> auto& { return c.ocpp.security.fall_back_after; })
      .range(1s, 24h)
      .doc("A SecurityProfile that the CSMS raised and that has not connected by then is taken back.");
}

}  // namespace vfleet::pile::ocpp16
