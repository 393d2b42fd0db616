#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>

/// OCPP 1.6J and the additions of its security whitepaper as data: what messages there are and what stands in
/// them. Validator, description, overrides and test examples come from these tables.
namespace vfleet::codec::ocpp {

enum class Action : std::uint8_t {
  // charge point -> CSMS
  Authorize,
  BootNotification,
  DiagnosticsStatusNotification,
  FirmwareStatusNotification,
  Heartbeat,
  LogStatusNotification,
  MeterValues,
  SecurityEventNotification,
  SignCertificate,
  SignedFirmwareStatusNotification,
  StartTransaction,
  StatusNotification,
  StopTransaction,
  // both ways
  DataTransfer,
  // CSMS -> charge point
  CancelReservation,
  CertificateSigned,
  ChangeAvailability,
  ChangeConfiguration,
  ClearCache,
  ClearChargingProfile,
  DeleteCertificate,
  ExtendedTriggerMessage,
  GetCompositeSchedule,
  GetConfiguration,
  GetDiagnostics,
  GetInstalledCertificateIds,
  GetLocalListVersion,
  GetLog,
  InstallCertificate,
  RemoteStartTransaction,
  RemoteStopTransaction,
  ReserveNow,
  Reset,
  SendLocalList,
  SetChargingProfile,
  SignedUpdateFirmware,
  TriggerMessage,
  UnlockConnector,
  UpdateFirmware,
};
inline constexpr std::size_t kActionCount = 39;

/// Who sends the request.
enum class Sender : std::uint8_t { charge_point, central_system, both };

/// The words of SupportedFeatureProfiles, and the whitepaper, which is none of them.
enum class Profile : std::uint8_t {
  core,
  firmware,
  local_list,
  reservation,
  smart_charging,
  remote_trigger,
  security
};

enum class Type : std::uint8_t {
  string,      ///< with at most Field::most characters
  identifier,  ///< the same, compared without regard to case
  integer,     ///< from Field::least to Field::most
  decimal,     ///< at most one digit behind the point, from Field::least to Field::most
  boolean,
  date_time,  ///< ISO 8601
  uri,
  word,    ///< one of Field::words
  object,  ///< with the members Field::object
};

struct Object;

struct Field {
  std::string_view name;
  Type type = Type::string;
  bool required = false;
  bool list = false;             ///< an array of what `type` tells
  std::uint16_t list_least = 0;  ///< elements that such an array must have
  std::int64_t least = std::numeric_limits<std::int64_t>::min();
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
  std::span<const std::string_view> words = {};
  const Object* object = nullptr;
  std::string_view unit = {};
  std::string_view doc = {};
};

/// At most 32 fields.
struct Object {
  std::span<const Field> fields;

  [[nodiscard]] const Field* find(std::string_view name) const;
};

struct Message {
  Action action;
  std::string_view name;  ///< as on the wire
  Sender sender;
  Profile profile;
  std::string_view doc;
  Object request;
  Object response;
};

/// All of them, in the order of Action.
[[nodiscard]] std::span<const Message> messages();
[[nodiscard]] const Message& message(Action action);
[[nodiscard]] std::string_view to_string(Action action);
[[nodiscard]] std::string_view to_string(Profile profile);
/// By the name on the wire, which counts capital letters; nullopt for an unknown one.
[[nodiscard]] std::optional<Action> find_action(std::string_view name);

/// StartTransaction, StopTransaction, MeterValues: of a transaction, these keep their order and are retried.
[[nodiscard]] constexpr bool may_belong_to_transaction(Action action) {
  return action == Action::StartTransaction || action == Action::StopTransaction ||
         action == Action::MeterValues;
}

}  // namespace vfleet::codec::ocpp
