// What the CSMS answers to our CALLs.
#include <nlohmann/json.hpp>

#include "devices/charging_pile/dialects/ocpp16/bodies.h"
#include "devices/charging_pile/dialects/ocpp16/charge_point.h"
#include "simulator/codec/ocpp/frame.h"

namespace vfleet::pile::ocpp16 {

namespace wire = codec::ocpp;
using How = wire::Settled::How;

void ChargePoint::answer_came(Host& host, const wire::Frame& frame) {
  bool valid = true;
  std::string refusal;
  CardNumber card;
  if (calls_.awaits(frame)) {
    const Action action = *calls_.outstanding_action();
    if (frame.kind == wire::Frame::Kind::result) {
      const auto violation =
          wire::validate(wire::message(action).response, frame.payload, reading_rules(host));
      valid = !violation;
      if (violation) {
        refusal = "its answer is not valid: " + violation->text();
        host.context().note(std::string(to_string(action)) + ": " + refusal);
      }
    } else if (frame.kind == wire::Frame::Kind::error) {
      refusal = "CALLERROR " + std::string(frame.code);
      if (!frame.description.empty()) (refusal += ": ") += frame.description;
      host.context().note("the CSMS answers " + std::string(to_string(action)) + " with " + refusal);
    } else {
      refusal = "its answer cannot be read: " + std::string(frame.reason);
    }
    // The message leaves the queue with its answer.
    if (!calls_.transactions().empty()) {
      const auto body = calls_.transactions().front().body;
      if (action == Action::StartTransaction) card = body_of<StartBody>(body).card;
      if (action == Action::StopTransaction) card = body_of<StopBody>(body).card;
    }
  }
  const auto received = calls_.receive(now_, frame, valid);
  if (received.heard == wire::Calls::Heard::settled) {
    settled(host, received.settled, frame.payload, card, refusal);
  }
}

void ChargePoint::settled(Host& host, const wire::Settled& settled, std::string_view payload,
                          const CardNumber& card, std::string_view refusal) {
  switch (settled.how) {
    case How::answered:
      host.context().settle(settled.seq, device::Verdict::acked);
      break;
    case How::refused:
      host.context().refuse(settled.seq, refusal);
      break;
    case How::timed_out:
      host.context().settle(settled.seq, device::Verdict::timed_out);
      break;
    case How::cut_off:  // the link's own affair
      break;
  }
  if (reset_at_ != kNever) note_work();  // it waits for the last one
  if (memory_full_ && calls_.transactions().empty()) memory_full_ = false;
  const bool operators = !settled.of_transaction && settled.detail >> 16 != 0;
  const auto tree = [&] {
    return settled.how == How::answered ? nlohmann::json::parse(payload, nullptr, false) : nlohmann::json();
  };
  switch (settled.action) {
    case Action::Heartbeat:
      if (settled.how == How::answered) set_clock(host, payload);
      break;
    case Action::BootNotification:
      if (settled.how == How::answered) {
        set_clock(host, payload);
        boot_answered(host, tree());
      } else if (settled.how != How::cut_off) {
        boot_failed(host);
      }
      break;
    case Action::Authorize:
      if (!operators) authorize_settled(host, settled, tree());
      break;
    case Action::StartTransaction:
      if (settled.how == How::answered && settled.of_transaction) start_answered(host, settled, card, tree());
      break;
    case Action::StopTransaction:
      if (settled.how == How::answered && settled.of_transaction) {
        const nlohmann::json answer = tree();
        if (const auto info = answer.find("idTagInfo"); info != answer.end() && info->is_object()) {
          learn(host, card, *info);
        }
      }
      break;
    case Action::StatusNotification:
      if (settled.how == How::cut_off && !operators) status_unsaid(settled.connector);
      break;
    case Action::DiagnosticsStatusNotification:
    case Action::FirmwareStatusNotification:
    case Action::LogStatusNotification:
    case Action::SecurityEventNotification:
    case Action::SignedFirmwareStatusNotification:
      if (!operators) notice_settled(settled);
      break;
    default:
      break;
  }
}

}  // namespace vfleet::pile::ocpp16
