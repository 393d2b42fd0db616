#include "devices/charging_pile/dialects/ocpp16/notices.h"

#include <array>
#include <cstddef>

namespace vfleet::pile::ocpp16 {

using codec::ocpp::Action;

std::string_view to_string(FirmwareStatus status) {
  constexpr std::array<std::string_view, 12> kWords{"Idle",
                                                    "Downloading",
                                                    "Downloaded",
                                                    "DownloadFailed",
                                                    "Installing",
                                                    "InstallationFailed",
                                                    "Installed",
                                                    "DownloadScheduled",
                                                    "InstallScheduled",
                                                    "InstallRebooting",
                                                    "InvalidSignature",
                                                    "SignatureVerified"};
  return kWords.at(static_cast<std::size_t>(status));
}

std::string_view to_string(UploadStatus status) {
  constexpr std::array<std::string_view, 7> kWords{"Idle",
                                                   "Uploading",
                                                   "Uploaded",
                                                   "UploadFailure",
                                                   "BadMessage",
                                                   "NotSupportedOperation",
                                                   "PermissionDenied"};
  return kWords.at(static_cast<std::size_t>(status));
}

bool has_request(Action action) {
  return action == Action::SignedFirmwareStatusNotification || action == Action::LogStatusNotification;
}

bool can_say(const Notice& notice) {
  switch (notice.action) {
    case Action::FirmwareStatusNotification:
      return notice.status <= static_cast<std::uint8_t>(FirmwareStatus::Installed);
    case Action::SignedFirmwareStatusNotification:
      return notice.status <= static_cast<std::uint8_t>(FirmwareStatus::SignatureVerified);
    case Action::DiagnosticsStatusNotification:
    case Action::LogStatusNotification:
      return notice.status <= static_cast<std::uint8_t>(UploadStatus::PermissionDenied);
    default:
      return false;
  }
}

std::string_view word_of(const Notice& notice) {
  switch (notice.action) {
    case Action::FirmwareStatusNotification:
    case Action::SignedFirmwareStatusNotification:
      return to_string(static_cast<FirmwareStatus>(notice.status));
    case Action::DiagnosticsStatusNotification:
      // It knows one way to fail.
      return notice.status >= static_cast<std::uint8_t>(UploadStatus::UploadFailure)
                 ? "UploadFailed"
                 : to_string(static_cast<UploadStatus>(notice.status));
    default:
      return to_string(static_cast<UploadStatus>(notice.status));
  }
}

}  // namespace vfleet::pile::ocpp16
