#include "devices/charging_pile/dialects/ocpp16/reports.h"

#include <array>

#include "devices/charging_pile/dialect.h"
#include "simulator/codec/ocpp/describe.h"

namespace vfleet::pile::ocpp16 {
namespace {

namespace wire = codec::ocpp;

constexpr std::array<Action, 14> kSent{
    Action::Authorize,
    Action::BootNotification,
    Action::DataTransfer,
    Action::DiagnosticsStatusNotification,
    Action::FirmwareStatusNotification,
    Action::Heartbeat,
    Action::MeterValues,
    Action::StartTransaction,
    Action::StatusNotification,
    Action::StopTransaction,
    Action::LogStatusNotification,
    Action::SecurityEventNotification,
    Action::SignCertificate,
    Action::SignedFirmwareStatusNotification,
};

}  // namespace

std::vector<device::ReportDescription> report_descriptions() {
  std::vector<device::ReportDescription> out;
  for (const Action action : kSent) {
    const wire::Message& message = wire::message(action);
    device::ReportDescription report;
    report.name = message.name;
    report.doc = "OCPP 1.6: " + std::string(message.doc);
    for (wire::FieldLine& line : wire::describe(message.request)) {
      report.fields.push_back(
          {std::move(line.path), std::move(line.type), std::move(line.unit), std::move(line.doc)});
    }
    out.push_back(std::move(report));
  }
  return out;
}

device::ReportIndex report_of(Action action) {
  for (std::size_t i = 0; i < kSent.size(); ++i) {
    if (kSent[i] == action) return static_cast<device::ReportIndex>(kReportKinds + i);
  }
  return 0;
}

std::optional<Action> sent_action(std::string_view report) {
  const auto action = wire::find_action(report);
  if (!action || wire::message(*action).sender == wire::Sender::central_system) return std::nullopt;
  return action;
}

}  // namespace vfleet::pile::ocpp16
