#include "simulator/codec/ocpp/message.h"

#include <array>

#include "simulator/codec/ocpp/central_system_messages.h"
#include "simulator/codec/ocpp/charge_point_messages.h"

namespace vfleet::codec::ocpp {
namespace {

static_assert(table::kFromChargePointCount + table::kFromCentralSystemCount == kActionCount);
static_assert(static_cast<std::size_t>(Action::UpdateFirmware) + 1 == kActionCount);

std::array<Message, kActionCount> join() {
  std::array<Message, kActionCount> all{};
  std::size_t n = 0;
  for (const Message& each : table::kFromChargePoint) all[n++] = each;
  for (const Message& each : table::kFromCentralSystem) all[n++] = each;
  return all;
}

const std::array<Message, kActionCount>& all() {
  static const std::array<Message, kActionCount> joined = join();
  return joined;
}

}  // namespace

const Field* Object::find(std::string_view name) const {
  for (const Field& field : fields)
    if (field.name == name) return &field;
  return nullptr;
}

std::span<const Message> messages() {
  return all();
}

const Message& message(Action action) {
  return all()[static_cast<std::size_t>(action)];
}

std::string_view to_string(Action action) {
  return message(action).name;
}

std::string_view to_string(Profile profile) {
  switch (profile) {
    case Profile::core:
      return "Core";
    case Profile::firmware:
      return "FirmwareManagement";
    case Profile::local_list:
      return "LocalAuthListManagement";
    case Profile::reservation:
      return "Reservation";
    case Profile::smart_charging:
      return "SmartCharging";
    case Profile::remote_trigger:
      return "RemoteTrigger";
    case Profile::security:
      return "Security";
  }
  return "Core";
}

std::optional<Action> find_action(std::string_view name) {
  for (const Message& each : messages())
    if (each.name == name) return each.action;
  return std::nullopt;
}

}  // namespace vfleet::codec::ocpp
