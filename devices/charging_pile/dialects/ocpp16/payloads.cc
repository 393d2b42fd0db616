// What stands in the CALLs of a charge point.
#include "devices/charging_pile/dialects/ocpp16/bodies.h"
#include "devices/charging_pile/dialects/ocpp16/charge_point.h"
#include "simulator/codec/ocpp/date_time.h"
#include "simulator/codec/ocpp/frame.h"
#include "simulator/codec/ocpp/override.h"

namespace vfleet::pile::ocpp16 {

namespace wire = codec::ocpp;
using codec::json::Writer;

namespace {

constexpr int kFraction = 3;  // digits of a second

void write_time(Writer& writer, std::string_view name, WallTime at) {
  writer.key(name);
  wire::write_date_time(writer, at, kFraction);
}

/// At most so many characters; a character of several bytes is not cut in two.
std::string_view cut(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0U) == 0x80U) --most;
  return text.substr(0, most);
}

void write_unless_empty(Writer& writer, std::string_view name, std::string_view text, std::size_t most) {
  if (!text.empty()) writer.key(name).text(cut(text, most));
}

void write_boot(Writer& writer, const PileConfig& config) {
  const Settings& settings = config.front.ocpp;
  writer.key("chargePointVendor").text(cut(config.front.vendor, 20));
  writer.key("chargePointModel").text(cut(config.front.model, 20));
  write_unless_empty(writer, "chargePointSerialNumber", settings.serial_number, 25);
  write_unless_empty(writer, "firmwareVersion", config.front.firmware, 50);
  write_unless_empty(writer, "iccid", settings.iccid, 20);
  write_unless_empty(writer, "imsi", settings.imsi, 20);
  write_unless_empty(writer, "meterType", settings.meter_type, 25);
  write_unless_empty(writer, "meterSerialNumber", settings.meter_serial_number, 25);
}

}  // namespace

Status ChargePoint::encode(const PileView& seen, const device::Report& /*report*/,
                           std::span<const codec::envelope::Override> overrides, codec::Buffer& out) const {
  if (outgoing_ == nullptr)
    return fail(Errc::invalid_argument, "a charge point says this when it is its turn");
  PileView view = seen;
  view.wall += clock_offset_;
  const wire::MessageId id = calls_.next_id();
  Writer writer(out);
  wire::begin_call(writer, wire::text(id), to_string(outgoing_->action));
  writer.begin_object();
  write_payload(writer, view, *outgoing_);
  writer.end_object();
  wire::finish(writer);
  if (overrides.empty()) return {};
  const Wanted* asked = wanted(outgoing_->detail);
  const auto check = asked != nullptr && asked->unchecked ? wire::Check::none : wire::Check::by_table;
  return wire::override_call(outgoing_->action, overrides, check, out);
}

void ChargePoint::write_payload(Writer& writer, const PileView& view, const wire::Outgoing& out) const {
  if (out.of_transaction) return write_transaction_message(writer, view, out);
  switch (out.action) {
    case Action::BootNotification:
      return write_boot(writer, view.config);
    case Action::StatusNotification:
      return write_status(writer, view, out);
    case Action::Authorize: {
      const std::string_view card = out.connector < outlets_.size()
                                        ? outlets_[out.connector].presented.card.view()
                                        : std::string_view();
      writer.key("idTag").text(card.empty() ? std::string_view(view.config.front.ocpp.local_id_tag) : card);
      return;
    }
    case Action::StartTransaction:
    case Action::StopTransaction:
    case Action::MeterValues:
      return write_transaction_now(writer, view, out);
    case Action::DataTransfer:
      writer.key("vendorId").text(cut(view.config.front.vendor, 255));
      return;
    case Action::DiagnosticsStatusNotification:
    case Action::FirmwareStatusNotification:
    case Action::LogStatusNotification:
    case Action::SecurityEventNotification:
    case Action::SignCertificate:
    case Action::SignedFirmwareStatusNotification:
      return write_notice(writer, view, out);
    default:  // Heartbeat says nothing
      return;
  }
}

void ChargePoint::write_status(Writer& writer, const PileView& view, const wire::Outgoing& out) const {
  const Shown told = Shown::unpack(out.detail);
  writer.key("connectorId").integer(out.connector);
  writer.key("errorCode").text(error_word(told));
  writer.key("status").text(status_word(told.status));
  if (told.cable_out) writer.key("info").text("EV side disconnected");
  // When it became so, not when its turn came.
  write_time(writer, "timestamp",
             view.wall - std::chrono::duration_cast<std::chrono::microseconds>(view.now - out.due));
  if (told.fault >= kFaultCodes) return;  // none of the model's
  writer.key("vendorId").text(cut(view.config.front.vendor, 255));
  writer.key("vendorErrorCode").text(to_string(static_cast<FaultCode>(told.fault)));
}

void ChargePoint::write_transaction_message(Writer& writer, const PileView& view,
                                            const wire::Outgoing& out) const {
  const wire::TransactionMessage& message = out.message;
  const Settings& settings = view.config.front.ocpp;
  switch (message.action) {
    case Action::StartTransaction: {
      const auto body = body_of<StartBody>(message.body);
      writer.key("connectorId").integer(message.connector);
      writer.key("idTag").text(body.card.view());
      writer.key("meterStart").integer(body.sample.energy_wh());
      if (body.reserved) writer.key("reservationId").integer(body.reservation);
      write_time(writer, "timestamp", message.at);
      return;
    }
    case Action::StopTransaction: {
      const auto body = body_of<StopBody>(message.body);
      writer.key("transactionId").integer(calls_.transaction(message.session));
      if (!body.card.view().empty()) writer.key("idTag").text(body.card.view());
      writer.key("meterStop").integer(body.end.energy_wh());
      write_time(writer, "timestamp", message.at);
      writer.key("reason").text(to_string(body.reason));
      if (body.samples == 0) return;
      writer.key("transactionData").begin_array();
      for (std::size_t i = 0; i < body.samples; ++i) {
        const auto each = body_of<TimedSample>(message.body, sizeof body, i);
        write_meter_value(writer, each.sample, each.at, each.context,
                          each.context == Context::clock ? settings.stop_aligned : settings.stop_sampled);
      }
      writer.end_array();
      return;
    }
    default: {
      const auto body = body_of<MeterBody>(message.body);
      writer.key("connectorId").integer(message.connector);
      if (message.session != 0) writer.key("transactionId").integer(calls_.transaction(message.session));
      writer.key("meterValue").begin_array();
      write_meter_value(writer, body.sample, message.at, body.context,
                        body.context == Context::clock ? settings.aligned : settings.sampled);
      writer.end_array();
    }
  }
}

// Out of turn, because somebody asks for it: what it would say if it happened now.
void ChargePoint::write_transaction_now(Writer& writer, const PileView& view,
                                        const wire::Outgoing& out) const {
  const auto connector = static_cast<ConnectorNumber>(out.connector);
  const Sample sample = take_sample(view.station, view.config.settings, connector, view.now);
  const std::uint32_t session = out.connector < outlets_.size() ? outlets_[out.connector].session : 0;
  switch (out.action) {
    case Action::StartTransaction:
      writer.key("connectorId").integer(std::max(connector, 1));
      writer.key("idTag").text(view.config.front.ocpp.local_id_tag);
      writer.key("meterStart").integer(sample.energy_wh());
      return write_time(writer, "timestamp", view.wall);
    case Action::StopTransaction:
      writer.key("transactionId").integer(calls_.transaction(session));
      writer.key("meterStop").integer(sample.energy_wh());
      write_time(writer, "timestamp", view.wall);
      writer.key("reason").text("Other");
      return;
    default:
      writer.key("connectorId").integer(connector);
      if (session != 0) writer.key("transactionId").integer(calls_.transaction(session));
      writer.key("meterValue").begin_array();
      write_meter_value(writer, sample, view.wall, Context::trigger, view.config.front.ocpp.sampled);
      writer.end_array();
  }
}

}  // namespace vfleet::pile::ocpp16
