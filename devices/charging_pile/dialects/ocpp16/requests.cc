// What the CSMS asks for: who deals with which action, and the way there and back. A request is answered
// before it is carried out.
#include <array>
#include <nlohmann/json.hpp>

#include "devices/charging_pile/dialects/ocpp16/charge_point.h"
#include "simulator/codec/ocpp/frame.h"

namespace vfleet::pile::ocpp16 {

namespace wire = codec::ocpp;

namespace {
// Requests that wait for an answer which an operator delays; what comes beyond that is answered at once.
constexpr std::size_t kDelayedMost = 64;
}  // namespace

ChargePoint::Handler ChargePoint::handler_of(Action action) {
  struct Row {
    Action action;
    Handler handler;
  };
  static constexpr Row kRows[] = {
      // Core
      {Action::ChangeAvailability, &ChargePoint::change_availability},
      {Action::ChangeConfiguration, &ChargePoint::change_configuration},
      {Action::ClearCache, &ChargePoint::clear_cache},
      {Action::DataTransfer, &ChargePoint::data_transfer},
      {Action::GetConfiguration, &ChargePoint::get_configuration},
      {Action::RemoteStartTransaction, &ChargePoint::remote_start},
      {Action::RemoteStopTransaction, &ChargePoint::remote_stop},
      {Action::Reset, &ChargePoint::reset},
      {Action::UnlockConnector, &ChargePoint::unlock_connector},
      // Reservation
      {Action::CancelReservation, &ChargePoint::cancel_reservation},
      {Action::ReserveNow, &ChargePoint::reserve_now},
      // Smart charging
      {Action::ClearChargingProfile, &ChargePoint::clear_charging_profile},
      {Action::GetCompositeSchedule, &ChargePoint::get_composite_schedule},
      {Action::SetChargingProfile, &ChargePoint::set_charging_profile},
      // Local list
      {Action::GetLocalListVersion, &ChargePoint::get_local_list_version},
      {Action::SendLocalList, &ChargePoint::send_local_list},
      // Firmware management
      {Action::GetDiagnostics, &ChargePoint::get_diagnostics},
      {Action::UpdateFirmware, &ChargePoint::update_firmware},
      // Security whitepaper
      {Action::CertificateSigned, &ChargePoint::certificate_signed},
      {Action::DeleteCertificate, &ChargePoint::delete_certificate},
      {Action::ExtendedTriggerMessage, &ChargePoint::extended_trigger_message},
      {Action::GetInstalledCertificateIds, &ChargePoint::get_installed_certificate_ids},
      {Action::GetLog, &ChargePoint::get_log},
      {Action::InstallCertificate, &ChargePoint::install_certificate},
      {Action::SignedUpdateFirmware, &ChargePoint::signed_update_firmware},
      // Remote trigger
      {Action::TriggerMessage, &ChargePoint::trigger_message},
  };
  for (const Row& row : kRows) {
    if (row.action == action) return row.handler;
  }
  return nullptr;
}

void ChargePoint::received(Host& host, std::string_view message) {
  enter(host);
  const wire::Frame frame =
      wire::read_frame(message, {.id_most = host.config().front.ocpp.strict ? 36U : 255U});
  switch (frame.kind) {
    case wire::Frame::Kind::call:
      requested(host, frame, message);
      break;
    case wire::Frame::Kind::result:
    case wire::Frame::Kind::error:
      answer_came(host, frame);
      break;
    case wire::Frame::Kind::unknown_type:
      ++not_understood_;
      add_security_event(host, "InvalidMessages", "unknown message type");
      break;
    case wire::Frame::Kind::corrupt:
      ++not_understood_;
      host.context().note("a message of the CSMS is malformed: " + std::string(frame.reason));
      add_security_event(host, "InvalidMessages", frame.reason);
      if (frame.wants_answer()) {
        requested(host, frame, message);
      } else {
        answer_came(host, frame);
      }
      break;
  }
  pump(host);
}

void ChargePoint::requested(Host& host, const wire::Frame& frame, std::string_view message) {
  (void)calls_.receive(now_, frame);
  // Until the interval has passed a rejected charge point is silent.
  if (registration_ == Registration::rejected) return calls_.answered();
  Answering answering = answering_of(frame.action);
  if (answering.after > Duration(0) && delayed_.size() < kDelayedMost) {
    delayed_.push_back({after(answering.after), std::string(message), std::move(answering)});
    return;
  }
  carry_on(host, frame, answering);
}

void ChargePoint::answer_delayed(Host& host) {
  for (std::size_t i = 0; i < delayed_.size();) {
    if (delayed_[i].at > now_) {
      ++i;
      continue;
    }
    const Delayed due = std::move(delayed_[i]);
    delayed_.erase(delayed_.begin() + static_cast<std::ptrdiff_t>(i));
    carry_on(host, wire::read_frame(due.message, {.id_most = 255}), due.answering);
  }
}

void ChargePoint::carry_on(Host& host, const wire::Frame& frame, const Answering& answering) {
  switch (answering.with) {
    case Answering::With::nothing:
      return calls_.answered();
    case Answering::With::error:
      return answer_error(host, frame.id, answering.error, "as an operator wants it");
    case Answering::With::payload:
      return say_result(host, frame.id, answering.payload);
    case Answering::With::usual:
      break;
  }
  if (frame.kind == wire::Frame::Kind::corrupt)
    return answer_error(host, frame.id, frame.fault, frame.reason);
  const auto action = wire::find_action(frame.action);
  if (!action) {
    ++not_understood_;
    return answer_error(host, frame.id, wire::ErrorCode::not_implemented, "no action of OCPP 1.6");
  }
  const Handler handler = handler_of(*action);
  if (handler == nullptr || wire::message(*action).sender == wire::Sender::charge_point) {
    return answer_error(host, frame.id, wire::ErrorCode::not_supported, "not supported by this charge point");
  }
  const auto& table = wire::message(*action).request;
  if (const auto violation = wire::validate(table, frame.payload, reading_rules(host))) {
    return answer_error(host, frame.id, violation->code, violation->text());
  }
  const auto payload = nlohmann::json::parse(frame.payload, nullptr, false);
  Request request{host, frame.id, *action, payload};
  (this->*handler)(request);
}

void ChargePoint::say_result(Host& host, std::string_view id, std::string_view payload) {
  codec::Buffer out;
  codec::json::Writer writer(out);
  wire::begin_result(writer, id);
  writer.raw(payload);
  wire::finish(writer);
  calls_.answered();
  if (const auto said = host.context().say(out); !said) {
    host.context().note("an answer to the CSMS could not be sent: " + said.error().detail);
  }
}

void ChargePoint::answer(Request& request, const nlohmann::json& payload) {
  say_result(request.host, request.id,
             payload.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

void ChargePoint::answer_status(Request& request, std::string_view status) {
  answer(request, {{"status", status}});
}

void ChargePoint::answer_error(Host& host, std::string_view id, wire::ErrorCode code, std::string_view why) {
  codec::Buffer out;
  const auto spelling =
      host.config().front.ocpp.corrected_spelling ? wire::Spelling::corrected : wire::Spelling::as_published;
  wire::write_error(out, id, code, spelling, why);
  calls_.answered();
  if (const auto said = host.context().say(out); !said) {
    host.context().note("a CALLERROR could not be sent: " + said.error().detail);
  }
}

Status ChargePoint::answer(Host& /*host*/, const config::Values& args) {
  auto rule = read_answer_rule(args);
  if (!rule) return tl::unexpected(rule.error());
  if (!*rule) {
    answer_rules_.take_back(std::get<std::string>(args.at("message").data));
    return {};
  }
  if (auto good = read_answering(**rule); !good) return tl::unexpected(good.error());
  answer_rules_.set(std::move(**rule));
  return {};
}

Answering ChargePoint::answering_of(std::string_view action) {
  if (answer_rules_.empty()) return {};
  auto rule = answer_rules_.use(action);
  if (!rule) rule = answer_rules_.use(kEveryRequest);
  return rule ? read_answering(*rule).value_or(Answering()) : Answering();
}

}  // namespace vfleet::pile::ocpp16
