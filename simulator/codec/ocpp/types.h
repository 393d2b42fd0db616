#pragma once

#include <string_view>

#include "simulator/codec/ocpp/field.h"

/// What several messages share: words and nested objects.
namespace vfleet::codec::ocpp::table {

inline constexpr std::string_view kAcceptedRejected[] = {"Accepted", "Rejected"};
inline constexpr std::string_view kRegistration[] = {"Accepted", "Pending", "Rejected"};
inline constexpr std::string_view kAuthorization[] = {"Accepted", "Blocked", "Expired", "Invalid",
                                                      "ConcurrentTx"};
inline constexpr std::string_view kRateUnit[] = {"A", "W"};
inline constexpr std::string_view kProfilePurpose[] = {"ChargePointMaxProfile", "TxDefaultProfile",
                                                       "TxProfile"};
inline constexpr std::string_view kProfileKind[] = {"Absolute", "Recurring", "Relative"};
inline constexpr std::string_view kRecurrency[] = {"Daily", "Weekly"};
inline constexpr std::string_view kTriggerStatus[] = {"Accepted", "Rejected", "NotImplemented"};
inline constexpr std::string_view kCertificateUse[] = {"CentralSystemRootCertificate",
                                                       "ManufacturerRootCertificate"};
inline constexpr std::string_view kHashAlgorithm[] = {"SHA256", "SHA384", "SHA512"};
inline constexpr std::string_view kDataTransferStatus[] = {"Accepted", "Rejected", "UnknownMessageId",
                                                           "UnknownVendorId"};

inline constexpr std::string_view kReadingContext[] = {
    "Interruption.Begin", "Interruption.End", "Sample.Clock", "Sample.Periodic",
    "Transaction.Begin",  "Transaction.End",  "Trigger",      "Other"};
inline constexpr std::string_view kValueFormat[] = {"Raw", "SignedData"};
inline constexpr std::string_view kMeasurand[] = {"Energy.Active.Export.Register",
                                                  "Energy.Active.Import.Register",
                                                  "Energy.Reactive.Export.Register",
                                                  "Energy.Reactive.Import.Register",
                                                  "Energy.Active.Export.Interval",
                                                  "Energy.Active.Import.Interval",
                                                  "Energy.Reactive.Export.Interval",
                                                  "Energy.Reactive.Import.Interval",
                                                  "Power.Active.Export",
                                                  "Power.Active.Import",
                                                  "Power.Offered",
                                                  "Power.Reactive.Export",
                                                  "Power.Reactive.Import",
                                                  "Power.Factor",
                                                  "Current.Import",
                                                  "Current.Export",
                                                  "Current.Offered",
                                                  "Voltage",
                                                  "Frequency",
                                                  "Temperature",
                                                  "SoC",
                                                  "RPM"};
inline constexpr std::string_view kPhase[] = {"L1",   "L2",   "L3",    "N",     "L1-N",
                                              "L2-N", "L3-N", "L1-L2", "L2-L3", "L3-L1"};
inline constexpr std::string_view kLocation[] = {"Cable", "EV", "Inlet", "Outlet", "Body"};
inline constexpr std::string_view kUnit[] = {"Wh", "kWh",     "varh",    "kvarh",      "W",      "kW",
                                             "VA", "kVA",     "var",     "kvar",       "A",      "V",
                                             "K",  "Celcius", "Celsius", "Fahrenheit", "Percent"};

constexpr Field status(std::span<const std::string_view> words,
                       std::string_view doc = "what became of the request") {
  return word("status", kRequired, words, doc);
}
constexpr Field id_tag(std::string_view name, Need need, std::string_view doc) {
  return identifier(name, need, 20, doc);
}
/// `least`: 0 where the charge point as a whole may be meant.
constexpr Field connector(Need need, std::int64_t least,
                          std::string_view doc = "connector, from 1; 0 is the charge point") {
  return integer("connectorId", need, least, kUnbounded, "", doc);
}
constexpr Field retries(std::string_view doc = "how often it is tried again") {
  return integer("retries", kOptional, 0, kUnbounded, "", doc);
}
constexpr Field retry_interval() {
  return integer("retryInterval", kOptional, 0, kUnbounded, "s", "from one try to the next");
}

inline constexpr Field kIdTagInfoFields[] = {
    status(kAuthorization, "whether the tag may charge"),
    date_time("expiryDate", kOptional, "from when on the tag is no longer valid"),
    id_tag("parentIdTag", kOptional, "the group of the tag"),
};
inline constexpr Object kIdTagInfo{kIdTagInfoFields};

inline constexpr Field kSampledValueFields[] = {
    string("value", kRequired, kUnbounded, "the value: a decimal, or signed data"),
    word("context", kOptional, kReadingContext, "why it was read; Sample.Periodic when absent"),
    word("format", kOptional, kValueFormat, "Raw when absent"),
    word("measurand", kOptional, kMeasurand, "Energy.Active.Import.Register when absent"),
    word("phase", kOptional, kPhase, "as a whole when absent"),
    word("location", kOptional, kLocation, "Outlet when absent"),
    word("unit", kOptional, kUnit, "Wh when absent"),
};
inline constexpr Object kSampledValue{kSampledValueFields};

inline constexpr Field kMeterValueFields[] = {
    date_time("timestamp", kRequired, "when the values were read"),
    list(object("sampledValue", kRequired, kSampledValue, "the values"), 1),
};
inline constexpr Object kMeterValue{kMeterValueFields};

inline constexpr Field kSchedulePeriodFields[] = {
    integer("startPeriod", kRequired, 0, kUnbounded, "s",
            "begin of the period, from the start of the schedule"),
    decimal("limit", kRequired, 0, "chargingRateUnit", "what may be drawn"),
    integer("numberPhases", kOptional, 1, 3, "", "3 when absent"),
};
inline constexpr Object kSchedulePeriod{kSchedulePeriodFields};

inline constexpr Field kChargingScheduleFields[] = {
    word("chargingRateUnit", kRequired, kRateUnit, "ampere or watt"),
    list(object("chargingSchedulePeriod", kRequired, kSchedulePeriod, "the limits over time"), 1),
    integer("duration", kOptional, 0, kUnbounded, "s",
            "how long the last period lasts, from the schedule's start"),
    date_time("startSchedule", kOptional, "start of an absolute or recurring schedule"),
    decimal("minChargingRate", kOptional, 0, "chargingRateUnit", "less than this is not efficient"),
};
inline constexpr Object kChargingSchedule{kChargingScheduleFields};

inline constexpr Field kChargingProfileFields[] = {
    integer("chargingProfileId", kRequired, "number of the profile"),
    integer("stackLevel", kRequired, 0, kUnbounded, "", "the highest valid one holds"),
    word("chargingProfilePurpose", kRequired, kProfilePurpose, "what it limits"),
    word("chargingProfileKind", kRequired, kProfileKind, "what its times count from"),
    object("chargingSchedule", kRequired, kChargingSchedule, "the limits"),
    integer("transactionId", kOptional, "of a TxProfile: the transaction"),
    word("recurrencyKind", kOptional, kRecurrency, "of a recurring profile"),
    date_time("validFrom", kOptional, "from when on it holds"),
    date_time("validTo", kOptional, "until when it holds"),
};
inline constexpr Object kChargingProfile{kChargingProfileFields};

inline constexpr Field kCertificateHashFields[] = {
    word("hashAlgorithm", kRequired, kHashAlgorithm, "of both hashes"),
    string("issuerNameHash", kRequired, 128, "hash of the issuer's name"),
    string("issuerKeyHash", kRequired, 128, "hash of the issuer's public key"),
    string("serialNumber", kRequired, 40, "serial number of the certificate"),
};
inline constexpr Object kCertificateHash{kCertificateHashFields};

}  // namespace vfleet::codec::ocpp::table
