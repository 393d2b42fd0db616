#pragma once

#include <cstdint>
#include <string_view>

#include "simulator/codec/ocpp/message.h"

namespace vfleet::pile::ocpp16 {

/// FirmwareStatus; those that the security whitepaper adds stand behind Installed.
enum class FirmwareStatus : std::uint8_t {
  Idle,
  Downloading,
  Downloaded,
  DownloadFailed,
  Installing,
  InstallationFailed,
  Installed,
  DownloadScheduled,
  InstallScheduled,
  InstallRebooting,
  InvalidSignature,
  SignatureVerified,
};

/// UploadLogStatus; DiagnosticsStatus knows the first four only.
enum class UploadStatus : std::uint8_t {
  Idle,
  Uploading,
  Uploaded,
  UploadFailure,  ///< UploadFailed in DiagnosticsStatusNotification
  BadMessage,
  NotSupportedOperation,
  PermissionDenied,
};

/// What the CSMS shall be told of work that goes on beside everything else: one of the four ...Status-
/// Notifications.
struct Notice {
  codec::ocpp::Action action = codec::ocpp::Action::FirmwareStatusNotification;
  std::uint8_t status = 0;   ///< FirmwareStatus or UploadStatus
  std::int64_t request = 0;  ///< requestId of the whitepaper's requests
};

/// As it stands in the message.
[[nodiscard]] std::string_view to_string(FirmwareStatus status);
[[nodiscard]] std::string_view to_string(UploadStatus status);
[[nodiscard]] std::string_view word_of(const Notice& notice);
/// Whether the message has a word for it; what has none is not told.
[[nodiscard]] bool can_say(const Notice& notice);
/// Of the two whose messages carry requestId.
[[nodiscard]] bool has_request(codec::ocpp::Action action);

}  // namespace vfleet::pile::ocpp16
