#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "simulator/codec/ocpp/message.h"
#include "simulator/device/device.h"
#include "simulator/device/type.h"

namespace vfleet::pile::ocpp16 {

using codec::ocpp::Action;

/// The CALLs of a charge point are its reports: behind those of the JSON dialect in the type's description.
[[nodiscard]] std::vector<device::ReportDescription> report_descriptions();
/// Of a CALL that charge points send.
[[nodiscard]] device::ReportIndex report_of(Action action);
/// By a report's name; nullopt when charge points send no such CALL.
[[nodiscard]] std::optional<Action> sent_action(std::string_view report);

}  // namespace vfleet::pile::ocpp16
