#include "simulator/platform/roles/ocpp/own_calls.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "simulator/codec/ocpp/validate.h"
#include "simulator/platform/roles/ocpp/payload.h"

namespace vfleet::platform::ocpp {
namespace {

using codec::ocpp::Frame;

// What goes out as it is: the text of a JSON string, or the JSON itself.
void append_raw(std::string_view data, std::string& out) {
  if (const auto text = text_of(data)) {
    codec::json::append_text(*text, out);
  } else {
    out += data;
  }
}

void append_call(const Outstanding& call, std::string_view payload, std::string& out) {
  codec::json::Writer writer(out);
  codec::ocpp::begin_call(writer, call.id, call.action);
  writer.raw(payload);
  codec::ocpp::finish(writer);
}

Duration seconds(double count) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(count));
}

}  // namespace

OwnCalls::OwnCalls(Platform& platform, const OcppSettings& settings, CsmsCounts& counts, Place place)
    : platform_(platform), settings_(settings), counts_(counts) {
  // Another stand-in that starts later gives other ids.
  prefix_ = fmt::format("{:x}-{}-", to_us(platform.started()), place.index);
}

bool OwnCalls::add(ChargePoint& charge_point, OwnCall call) {
  if (charge_point.own.size() >= ChargePoint::kOwnMax) return false;
  charge_point.own.push_back(std::move(call));
  return true;
}

bool OwnCalls::next(ChargePoint& charge_point, std::string& out) {
  if (!charge_point.spoke || !charge_point.outstanding.id.empty() ||
      charge_point.boot == ChargePoint::Boot::rejected) {
    return false;
  }
  Outstanding next;
  std::string payload;
  if (!charge_point.own.empty()) {
    OwnCall& own = charge_point.own.front();
    next.action = to_string(own.action);
    next.transaction = own.transaction;
    payload = std::move(own.payload);
    charge_point.own.erase(charge_point.own.begin());
  } else {
    auto command = platform_.commands().take_next(charge_point.id);
    if (!command) return false;
    if (command->type == "raw") {
      ++counts_.calls_sent;
      append_raw(command->data, out);
      return true;
    }
    next.command = std::move(command->id);
    next.action = std::move(command->type);
    payload = std::move(command->data);
    if (next.action == "ChangeConfiguration") {
      const auto [key, value] = members(payload, {"key", "value"});
      if (text_of(key) == "AuthorizationKey") next.key = text_of(value).value_or(std::string_view());
    }
  }
  ++charge_point.calls;
  ++counts_.calls_sent;
  next.id = prefix_ + std::to_string(counts_.calls_sent);
  append_call(next, payload, out);
  charge_point.outstanding = std::move(next);
  waiting_.push_back(
      {platform_.clock().now() + seconds(settings_.call_timeout_s), &charge_point, charge_point.calls});
  return true;
}

void OwnCalls::answered(ChargePoint& charge_point, const Frame& frame, std::string_view text) {
  if (charge_point.outstanding.id.empty() || frame.id != charge_point.outstanding.id) {
    ++counts_.answers_unasked;
    return;
  }
  const Outstanding call = std::exchange(charge_point.outstanding, {});
  ++counts_.calls_answered;
  if (!call.command.empty()) platform_.commands().answered(charge_point.id, call.command, text);
  if (frame.kind == Frame::Kind::error) {
    ++counts_.calls_refused;
    return;
  }
  check_answer(charge_point, call, frame);
  if (call.command.empty() && call.action == to_string(Action::RemoteStartTransaction) &&
      text_of(member(frame.payload, "status")) != "Accepted") {
    ++counts_.sessions_refused;
  }
  obey_answer(charge_point, call, frame);
}

void OwnCalls::check_answer(ChargePoint& charge_point, const Outstanding& call, const Frame& frame) {
  const auto action = codec::ocpp::find_action(call.action);
  if (!action) return;
  if (const auto wrong = codec::ocpp::validate(codec::ocpp::message(*action).response, frame.payload))
    platform_.complain("invalid_answer", charge_point.id, call.action, wrong->text());
}

void OwnCalls::obey_answer(ChargePoint& charge_point, const Outstanding& call, const Frame& frame) {
  if (text_of(member(frame.payload, "status")) != "Accepted") return;
  if (!call.key.empty()) charge_point.password = call.key;
  if (call.action.ends_with("TriggerMessage")) ++charge_point.triggers;
  if (call.action == "SetChargingProfile" && call.transaction != 0) {
    ++counts_.limits_set;
    if (Transaction* transaction = charge_point.find_open(call.transaction))
      transaction->limit_accepted = true;
  }
}

void OwnCalls::lost(ChargePoint& charge_point) {
  if (!charge_point.outstanding.id.empty()) ++counts_.calls_lost;
  charge_point.outstanding = {};
  charge_point.own.clear();
}

void OwnCalls::expire(TimePoint now) {
  while (!waiting_.empty() && waiting_.front().until <= now) {
    const Waiting late = waiting_.front();
    waiting_.pop_front();
    ChargePoint& charge_point = *late.charge_point;
    if (charge_point.outstanding.id.empty() || charge_point.calls != late.call) continue;
    ++counts_.calls_timed_out;
    charge_point.outstanding = {};
    if (charge_point.line != nullptr) charge_point.line->call_waits(charge_point.link);
  }
}

}  // namespace vfleet::platform::ocpp
