#include "simulator/codec/ocpp/central_system_messages.h"

#include "simulator/codec/ocpp/types.h"

namespace vfleet::codec::ocpp::table {
namespace {

constexpr std::string_view kAvailabilityType[] = {"Inoperative", "Operative"};
constexpr std::string_view kAvailabilityStatus[] = {"Accepted", "Rejected", "Scheduled"};
constexpr std::string_view kConfigurationStatus[] = {"Accepted", "Rejected", "RebootRequired",
                                                     "NotSupported"};
constexpr std::string_view kClearProfileStatus[] = {"Accepted", "Unknown"};
constexpr std::string_view kDeleteCertificateStatus[] = {"Accepted", "Failed", "NotFound"};
constexpr std::string_view kExtendedTrigger[] = {
    "BootNotification", "LogStatusNotification",      "FirmwareStatusNotification", "Heartbeat",
    "MeterValues",      "SignChargePointCertificate", "StatusNotification"};
constexpr std::string_view kInstalledStatus[] = {"Accepted", "NotFound"};
constexpr std::string_view kLogType[] = {"DiagnosticsLog", "SecurityLog"};
constexpr std::string_view kLogStatus[] = {"Accepted", "Rejected", "AcceptedCanceled"};
constexpr std::string_view kInstallStatus[] = {"Accepted", "Failed", "Rejected"};
constexpr std::string_view kReservationStatus[] = {"Accepted", "Faulted", "Occupied", "Rejected",
                                                   "Unavailable"};
constexpr std::string_view kResetType[] = {"Hard", "Soft"};
constexpr std::string_view kUpdateType[] = {"Differential", "Full"};
constexpr std::string_view kUpdateStatus[] = {"Accepted", "Failed", "NotSupported", "VersionMismatch"};
constexpr std::string_view kProfileStatus[] = {"Accepted", "Rejected", "NotSupported"};
constexpr std::string_view kUpdateFirmwareStatus[] = {"Accepted", "Rejected", "AcceptedCanceled",
                                                      "InvalidCertificate", "RevokedCertificate"};
constexpr std::string_view kTrigger[] = {"BootNotification",
                                         "DiagnosticsStatusNotification",
                                         "FirmwareStatusNotification",
                                         "Heartbeat",
                                         "MeterValues",
                                         "StatusNotification"};
constexpr std::string_view kUnlockStatus[] = {"Unlocked", "UnlockFailed", "NotSupported"};

constexpr Field kAccepted[] = {status(kAcceptedRejected)};

constexpr Field kDataTransferRequest[] = {
    string("vendorId", kRequired, 255, "whose extension it is"),
    string("messageId", kOptional, 50, "which of its messages"),
    string("data", kOptional, kUnbounded, "its data"),
};
constexpr Field kDataTransferResponse[] = {status(kDataTransferStatus),
                                           string("data", kOptional, kUnbounded, "the answer's data")};

constexpr Field kCancelReservationRequest[] = {integer("reservationId", kRequired, "the reservation")};
constexpr Field kCertificateSignedRequest[] = {
    string("certificateChain", kRequired, 10000, "the certificate and those above it, PEM")};
constexpr Field kChangeAvailabilityRequest[] = {
    connector(kRequired, 0), word("type", kRequired, kAvailabilityType, "what it shall be")};
constexpr Field kChangeAvailabilityResponse[] = {
    status(kAvailabilityStatus, "Scheduled: when the transaction has ended")};
constexpr Field kChangeConfigurationRequest[] = {
    identifier("key", kRequired, 50, "name of the configuration key"),
    string("value", kRequired, 500, "what it shall be")};
constexpr Field kChangeConfigurationResponse[] = {status(kConfigurationStatus)};
constexpr Field kClearProfileRequest[] = {
    integer("id", kOptional, "this profile; the others are then ignored"),
    connector(kOptional, 0),
    word("chargingProfilePurpose", kOptional, kProfilePurpose, "those of this purpose"),
    integer("stackLevel", kOptional, 0, kUnbounded, "", "those of this level"),
};
constexpr Field kClearProfileResponse[] = {status(kClearProfileStatus)};
constexpr Field kDeleteCertificateRequest[] = {
    object("certificateHashData", kRequired, kCertificateHash, "which certificate")};
constexpr Field kDeleteCertificateResponse[] = {status(kDeleteCertificateStatus)};
constexpr Field kExtendedTriggerRequest[] = {
    word("requestedMessage", kRequired, kExtendedTrigger, "what shall be sent"),
    connector(kOptional, 1, "of which connector, from 1")};
constexpr Field kTriggerResponse[] = {status(kTriggerStatus)};
constexpr Field kCompositeRequest[] = {
    connector(kRequired, 0),
    integer("duration", kRequired, 0, kUnbounded, "s", "how long a schedule is asked for"),
    word("chargingRateUnit", kOptional, kRateUnit, "the unit that is asked for"),
};
constexpr Field kCompositeResponse[] = {
    status(kAcceptedRejected),
    connector(kOptional, 0),
    date_time("scheduleStart", kOptional, "what its periods count from"),
    object("chargingSchedule", kOptional, kChargingSchedule, "what holds, all profiles taken together"),
};
constexpr Field kGetConfigurationRequest[] = {
    list(identifier("key", kOptional, 50, "the keys; all when absent or empty"))};
constexpr Field kKeyValueFields[] = {
    identifier("key", kRequired, 50, "name of the key"),
    boolean("readonly", kRequired, "whether ChangeConfiguration is refused"),
    string("value", kOptional, 500, "absent: not set, or not to be read"),
};
constexpr Object kKeyValue{kKeyValueFields};
constexpr Field kGetConfigurationResponse[] = {
    list(object("configurationKey", kOptional, kKeyValue, "the keys that there are")),
    list(identifier("unknownKey", kOptional, 50, "those that there are not")),
};
constexpr Field kDiagnosticsRequest[] = {
    uri("location", kRequired, "folder to upload to"),
    retries(),
    retry_interval(),
    date_time("startTime", kOptional, "oldest entry that is wanted"),
    date_time("stopTime", kOptional, "newest entry that is wanted"),
};
constexpr Field kDiagnosticsResponse[] = {
    string("fileName", kOptional, 255, "the file that comes; absent: there is nothing to send")};
constexpr Field kInstalledRequest[] = {word("certificateType", kRequired, kCertificateUse, "which kind")};
constexpr Field kInstalledResponse[] = {
    status(kInstalledStatus),
    list(object("certificateHashData", kOptional, kCertificateHash, "the certificates"), 1),
};
constexpr Field kListVersionResponse[] = {
    integer("listVersion", kRequired, -1, kUnbounded, "", "0: no list; -1: not supported")};
constexpr Field kLogFields[] = {
    string("remoteLocation", kRequired, 512, "folder to upload to"),
    date_time("oldestTimestamp", kOptional, "oldest entry that is wanted"),
    date_time("latestTimestamp", kOptional, "newest entry that is wanted"),
};
constexpr Object kLog{kLogFields};
constexpr Field kGetLogRequest[] = {
    object("log", kRequired, kLog, "what goes where"),
    word("logType", kRequired, kLogType, "which log"),
    integer("requestId", kRequired, "what LogStatusNotification repeats"),
    retries(),
    retry_interval(),
};
constexpr Field kGetLogResponse[] = {status(kLogStatus),
                                     string("filename", kOptional, 255, "the file that comes")};
constexpr Field kInstallRequest[] = {
    word("certificateType", kRequired, kCertificateUse, "which kind"),
    string("certificate", kRequired, 5500, "the certificate, PEM"),
};
constexpr Field kInstallResponse[] = {status(kInstallStatus)};
constexpr Field kRemoteStartRequest[] = {
    id_tag("idTag", kRequired, "the tag that it starts for"),
    connector(kOptional, 1, "connector, from 1; absent: the charge point chooses"),
    object("chargingProfile", kOptional, kChargingProfile, "a TxProfile for the transaction"),
};
constexpr Field kRemoteStopRequest[] = {integer("transactionId", kRequired, "the transaction")};
constexpr Field kReserveRequest[] = {
    connector(kRequired, 0, "connector, from 1; 0: any"),
    date_time("expiryDate", kRequired, "until when it holds"),
    id_tag("idTag", kRequired, "the tag that it is for"),
    integer("reservationId", kRequired, "its number; the same one replaces"),
    id_tag("parentIdTag", kOptional, "the group that it is for"),
};
constexpr Field kReserveResponse[] = {status(kReservationStatus)};
constexpr Field kResetRequest[] = {
    word("type", kRequired, kResetType, "Soft ends transactions in order first")};
constexpr Field kAuthorizationDataFields[] = {
    id_tag("idTag", kRequired, "the tag"),
    object("idTagInfo", kOptional, kIdTagInfo, "absent in a differential update: the tag is deleted"),
};
constexpr Object kAuthorizationData{kAuthorizationDataFields};
constexpr Field kSendListRequest[] = {
    integer("listVersion", kRequired, 1, kUnbounded, "", "the version that the list then has"),
    word("updateType", kRequired, kUpdateType, "whether it replaces the list"),
    list(object("localAuthorizationList", kOptional, kAuthorizationData, "the tags")),
};
constexpr Field kSendListResponse[] = {status(kUpdateStatus)};
constexpr Field kSetProfileRequest[] = {
    connector(kRequired, 0), object("csChargingProfiles", kRequired, kChargingProfile, "the profile")};
constexpr Field kSetProfileResponse[] = {status(kProfileStatus)};
constexpr Field kFirmwareFields[] = {
    string("location", kRequired, 512, "file to download"),
    date_time("retrieveDateTime", kRequired, "when to download it"),
    date_time("installDateTime", kOptional, "when to install it"),
    string("signingCertificate", kRequired, 5500, "the certificate that it is signed with, PEM"),
    string("signature", kRequired, 800, "base64"),
};
constexpr Object kFirmware{kFirmwareFields};
constexpr Field kSignedUpdateRequest[] = {
    integer("requestId", kRequired, "what SignedFirmwareStatusNotification repeats"),
    object("firmware", kRequired, kFirmware, "which firmware"),
    retries(),
    retry_interval(),
};
constexpr Field kSignedUpdateResponse[] = {status(kUpdateFirmwareStatus)};
constexpr Field kTriggerRequest[] = {word("requestedMessage", kRequired, kTrigger, "what shall be sent"),
                                     connector(kOptional, 1, "of which connector, from 1")};
constexpr Field kUnlockRequest[] = {connector(kRequired, 1, "connector, from 1")};
constexpr Field kUnlockResponse[] = {status(kUnlockStatus)};
constexpr Field kUpdateRequest[] = {
    uri("location", kRequired, "file to download"),
    date_time("retrieveDate", kRequired, "when to download it"),
    retries(),
    retry_interval(),
};

}  // namespace

const Message kFromCentralSystem[kFromCentralSystemCount] = {
    {Action::DataTransfer,
     "DataTransfer",
     Sender::both,
     Profile::core,
     "a vendor's extension",
     {kDataTransferRequest},
     {kDataTransferResponse}},
    {Action::CancelReservation,
     "CancelReservation",
     Sender::central_system,
     Profile::reservation,
     "ends a reservation",
     {kCancelReservationRequest},
     {kAccepted}},
    {Action::CertificateSigned,
     "CertificateSigned",
     Sender::central_system,
     Profile::security,
     "brings the client certificate that SignCertificate asked for",
     {kCertificateSignedRequest},
     {kAccepted}},
    {Action::ChangeAvailability,
     "ChangeAvailability",
     Sender::central_system,
     Profile::core,
     "takes a connector out of service, or back",
     {kChangeAvailabilityRequest},
     {kChangeAvailabilityResponse}},
    {Action::ChangeConfiguration,
     "ChangeConfiguration",
     Sender::central_system,
     Profile::core,
     "sets a configuration key",
     {kChangeConfigurationRequest},
     {kChangeConfigurationResponse}},
    {Action::ClearCache,
     "ClearCache",
     Sender::central_system,
     Profile::core,
     "empties the authorization cache",
     {},
     {kAccepted}},
    {Action::ClearChargingProfile,
     "ClearChargingProfile",
     Sender::central_system,
     Profile::smart_charging,
     "removes charging profiles",
     {kClearProfileRequest},
     {kClearProfileResponse}},
    {Action::DeleteCertificate,
     "DeleteCertificate",
     Sender::central_system,
     Profile::security,
     "removes a certificate",
     {kDeleteCertificateRequest},
     {kDeleteCertificateResponse}},
    {Action::ExtendedTriggerMessage,
     "ExtendedTriggerMessage",
     Sender::central_system,
     Profile::security,
     "asks for a message, those of the security whitepaper included",
     {kExtendedTriggerRequest},
     {kTriggerResponse}},
    {Action::GetCompositeSchedule,
     "GetCompositeSchedule",
     Sender::central_system,
     Profile::smart_charging,
     "asks what all profiles together allow",
     {kCompositeRequest},
     {kCompositeResponse}},
    {Action::GetConfiguration,
     "GetConfiguration",
     Sender::central_system,
     Profile::core,
     "asks for configuration keys",
     {kGetConfigurationRequest},
     {kGetConfigurationResponse}},
    {Action::GetDiagnostics,
     "GetDiagnostics",
     Sender::central_system,
     Profile::firmware,
     "asks for an upload of diagnostics",
     {kDiagnosticsRequest},
     {kDiagnosticsResponse}},
    {Action::GetInstalledCertificateIds,
     "GetInstalledCertificateIds",
     Sender::central_system,
     Profile::security,
     "asks which root certificates there are",
     {kInstalledRequest},
     {kInstalledResponse}},
    {Action::GetLocalListVersion,
     "GetLocalListVersion",
     Sender::central_system,
     Profile::local_list,
     "asks for the version of the local list",
     {},
     {kListVersionResponse}},
    {Action::GetLog,
     "GetLog",
     Sender::central_system,
     Profile::security,
     "asks for an upload of a log",
     {kGetLogRequest},
     {kGetLogResponse}},
    {Action::InstallCertificate,
     "InstallCertificate",
     Sender::central_system,
     Profile::security,
     "adds a root certificate",
     {kInstallRequest},
     {kInstallResponse}},
    {Action::RemoteStartTransaction,
     "RemoteStartTransaction",
     Sender::central_system,
     Profile::core,
     "starts charging from afar",
     {kRemoteStartRequest},
     {kAccepted}},
    {Action::RemoteStopTransaction,
     "RemoteStopTransaction",
     Sender::central_system,
     Profile::core,
     "stops charging from afar",
     {kRemoteStopRequest},
     {kAccepted}},
    {Action::ReserveNow,
     "ReserveNow",
     Sender::central_system,
     Profile::reservation,
     "reserves a connector for a tag",
     {kReserveRequest},
     {kReserveResponse}},
    {Action::Reset,
     "Reset",
     Sender::central_system,
     Profile::core,
     "restarts the charge point",
     {kResetRequest},
     {kAccepted}},
    {Action::SendLocalList,
     "SendLocalList",
     Sender::central_system,
     Profile::local_list,
     "replaces or changes the local list of tags",
     {kSendListRequest},
     {kSendListResponse}},
    {Action::SetChargingProfile,
     "SetChargingProfile",
     Sender::central_system,
     Profile::smart_charging,
     "limits what is drawn",
     {kSetProfileRequest},
     {kSetProfileResponse}},
    {Action::SignedUpdateFirmware,
     "SignedUpdateFirmware",
     Sender::central_system,
     Profile::security,
     "asks for an update with signed firmware",
     {kSignedUpdateRequest},
     {kSignedUpdateResponse}},
    {Action::TriggerMessage,
     "TriggerMessage",
     Sender::central_system,
     Profile::remote_trigger,
     "asks for a message",
     {kTriggerRequest},
     {kTriggerResponse}},
    {Action::UnlockConnector,
     "UnlockConnector",
     Sender::central_system,
     Profile::core,
     "opens the lock of a connector",
     {kUnlockRequest},
     {kUnlockResponse}},
    {Action::UpdateFirmware,
     "UpdateFirmware",
     Sender::central_system,
     Profile::firmware,
     "asks for an update of the firmware",
     {kUpdateRequest},
     {}},
};

}  // namespace vfleet::codec::ocpp::table
