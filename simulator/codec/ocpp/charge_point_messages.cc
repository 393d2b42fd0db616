#include "simulator/codec/ocpp/charge_point_messages.h"

#include "simulator/codec/ocpp/types.h"

namespace vfleet::codec::ocpp::table {
namespace {

constexpr std::string_view kDiagnosticsStatus[] = {"Idle", "Uploaded", "UploadFailed", "Uploading"};
constexpr std::string_view kFirmwareStatus[] = {"Downloaded",         "DownloadFailed", "Downloading", "Idle",
                                                "InstallationFailed", "Installing",     "Installed"};
constexpr std::string_view kLogUploadStatus[] = {"BadMessage",       "Idle",     "NotSupportedOperation",
                                                 "PermissionDenied", "Uploaded", "UploadFailure",
                                                 "Uploading"};
constexpr std::string_view kSignedFirmwareStatus[] = {
    "Downloaded",         "DownloadFailed",   "Downloading",
    "DownloadScheduled",  "DownloadPaused",   "Idle",
    "InstallationFailed", "Installing",       "Installed",
    "InstallRebooting",   "InstallScheduled", "InstallVerificationFailed",
    "InvalidSignature",   "SignatureVerified"};
constexpr std::string_view kConnectorError[] = {
    "ConnectorLockFailure", "EVCommunicationError", "GroundFailure",     "HighTemperature",
    "InternalError",        "LocalListConflict",    "NoError",           "OtherError",
    "OverCurrentFailure",   "OverVoltage",          "PowerMeterFailure", "PowerSwitchFailure",
    "ReaderFailure",        "ResetFailure",         "UnderVoltage",      "WeakSignal"};
constexpr std::string_view kConnectorStatus[] = {"Available",   "Preparing",     "Charging",
                                                 "SuspendedEV", "SuspendedEVSE", "Finishing",
                                                 "Reserved",    "Unavailable",   "Faulted"};
constexpr std::string_view kStopReason[] = {"EmergencyStop", "EVDisconnected", "HardReset",   "Local",
                                            "Other",         "PowerLoss",      "Reboot",      "Remote",
                                            "SoftReset",     "UnlockCommand",  "DeAuthorized"};

constexpr Field kAuthorizeRequest[] = {id_tag("idTag", kRequired, "the tag that wants to charge")};
constexpr Field kAuthorizeResponse[] = {
    object("idTagInfo", kRequired, kIdTagInfo, "what is known of the tag")};

constexpr Field kBootRequest[] = {
    string("chargePointVendor", kRequired, 20, "who made it"),
    string("chargePointModel", kRequired, 20, "its model"),
    string("chargePointSerialNumber", kOptional, 25, "its serial number"),
    string("chargeBoxSerialNumber", kOptional, 25, "deprecated"),
    string("firmwareVersion", kOptional, 50, "its firmware"),
    string("iccid", kOptional, 20, "of the SIM card"),
    string("imsi", kOptional, 20, "of the SIM card"),
    string("meterType", kOptional, 25, "type of the main meter"),
    string("meterSerialNumber", kOptional, 25, "serial number of the main meter"),
};
constexpr Field kBootResponse[] = {
    status(kRegistration, "whether it may take part"),
    date_time("currentTime", kRequired, "the CSMS's clock"),
    integer("interval", kRequired, 0, kUnbounded, "s",
            "Accepted: of heartbeats; otherwise until the next try"),
};

constexpr Field kDiagnosticsRequest[] = {status(kDiagnosticsStatus, "how far the upload is")};
constexpr Field kFirmwareRequest[] = {status(kFirmwareStatus, "how far the update is")};
constexpr Field kHeartbeatResponse[] = {date_time("currentTime", kRequired, "the CSMS's clock")};
constexpr Field kLogStatusRequest[] = {
    status(kLogUploadStatus, "how far the upload is"),
    integer("requestId", kOptional, "the GetLog that asked for it"),
};
constexpr Field kMeterValuesRequest[] = {
    connector(kRequired, 0),
    integer("transactionId", kOptional, "the transaction that runs there"),
    list(object("meterValue", kRequired, kMeterValue, "values, by time"), 1),
};
constexpr Field kSecurityEventRequest[] = {
    string("type", kRequired, 50, "name of the event"),
    date_time("timestamp", kRequired, "when it happened"),
    string("techInfo", kOptional, 255, "what else is known"),
};
constexpr Field kSignCertificateRequest[] = {
    string("csr", kRequired, 5500, "certificate signing request, PEM")};
constexpr Field kSignCertificateResponse[] = {status(kAcceptedRejected)};
constexpr Field kSignedFirmwareRequest[] = {
    status(kSignedFirmwareStatus, "how far the update is"),
    integer("requestId", kOptional, "the SignedUpdateFirmware that asked for it"),
};
constexpr Field kStartRequest[] = {
    connector(kRequired, 1, "connector, from 1"),
    id_tag("idTag", kRequired, "the tag that started it"),
    integer("meterStart", kRequired, kLowest, kUnbounded, "Wh", "meter reading at the start"),
    date_time("timestamp", kRequired, "when it started"),
    integer("reservationId", kOptional, "the reservation that this ends"),
};
constexpr Field kStartResponse[] = {
    object("idTagInfo", kRequired, kIdTagInfo, "what is known of the tag"),
    integer("transactionId", kRequired, "the CSMS's number of the transaction"),
};
constexpr Field kStatusRequest[] = {
    connector(kRequired, 0),
    word("errorCode", kRequired, kConnectorError, "NoError when all is well"),
    word("status", kRequired, kConnectorStatus, "state of the connector"),
    string("info", kOptional, 50, "free text"),
    date_time("timestamp", kOptional, "since when; the time of receipt when absent"),
    string("vendorId", kOptional, 255, "whose vendorErrorCode it is"),
    string("vendorErrorCode", kOptional, 50, "the vendor's own code"),
};
constexpr Field kStopRequest[] = {
    integer("transactionId", kRequired, "the CSMS's number of the transaction; -1 when it never gave one"),
    integer("meterStop", kRequired, kLowest, kUnbounded, "Wh", "meter reading at the end"),
    date_time("timestamp", kRequired, "when it ended"),
    id_tag("idTag", kOptional, "the tag that stopped it"),
    word("reason", kOptional, kStopReason, "why; Local when absent"),
    list(object("transactionData", kOptional, kMeterValue, "values of the transaction")),
};
constexpr Field kStopResponse[] = {object("idTagInfo", kOptional, kIdTagInfo, "what is known of the tag")};

}  // namespace

const Message kFromChargePoint[kFromChargePointCount] = {
    {Action::Authorize,
     "Authorize",
     Sender::charge_point,
     Profile::core,
     "a tag asks whether it may charge",
     {kAuthorizeRequest},
     {kAuthorizeResponse}},
    {Action::BootNotification,
     "BootNotification",
     Sender::charge_point,
     Profile::core,
     "the charge point has started and asks to take part",
     {kBootRequest},
     {kBootResponse}},
    {Action::DiagnosticsStatusNotification,
     "DiagnosticsStatusNotification",
     Sender::charge_point,
     Profile::firmware,
     "how far an upload of diagnostics is",
     {kDiagnosticsRequest},
     {}},
    {Action::FirmwareStatusNotification,
     "FirmwareStatusNotification",
     Sender::charge_point,
     Profile::firmware,
     "how far an update of the firmware is",
     {kFirmwareRequest},
     {}},
    {Action::Heartbeat,
     "Heartbeat",
     Sender::charge_point,
     Profile::core,
     "still there; the answer sets the clock",
     {},
     {kHeartbeatResponse}},
    {Action::LogStatusNotification,
     "LogStatusNotification",
     Sender::charge_point,
     Profile::security,
     "how far an upload of a log is",
     {kLogStatusRequest},
     {}},
    {Action::MeterValues,
     "MeterValues",
     Sender::charge_point,
     Profile::core,
     "what the meter of a connector reads",
     {kMeterValuesRequest},
     {}},
    {Action::SecurityEventNotification,
     "SecurityEventNotification",
     Sender::charge_point,
     Profile::security,
     "something that matters for security happened",
     {kSecurityEventRequest},
     {}},
    {Action::SignCertificate,
     "SignCertificate",
     Sender::charge_point,
     Profile::security,
     "asks for a new client certificate",
     {kSignCertificateRequest},
     {kSignCertificateResponse}},
    {Action::SignedFirmwareStatusNotification,
     "SignedFirmwareStatusNotification",
     Sender::charge_point,
     Profile::security,
     "how far an update of signed firmware is",
     {kSignedFirmwareRequest},
     {}},
    {Action::StartTransaction,
     "StartTransaction",
     Sender::charge_point,
     Profile::core,
     "charging has started",
     {kStartRequest},
     {kStartResponse}},
    {Action::StatusNotification,
     "StatusNotification",
     Sender::charge_point,
     Profile::core,
     "the state of a connector",
     {kStatusRequest},
     {}},
    {Action::StopTransaction,
     "StopTransaction",
     Sender::charge_point,
     Profile::core,
     "charging has ended",
     {kStopRequest},
     {kStopResponse}},
};

}  // namespace vfleet::codec::ocpp::table
