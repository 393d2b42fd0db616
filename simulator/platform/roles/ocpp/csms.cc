#include "simulator/platform/roles/ocpp/csms.h"

#include <algorithm>

#include "simulator/codec/ocpp/date_time.h"
#include "simulator/codec/ocpp/frame.h"
#include "simulator/codec/ocpp/validate.h"
#include "simulator/core/ascii.h"
#include "simulator/core/hash.h"
#include "simulator/platform/roles/ocpp/credentials.h"
#include "simulator/platform/roles/ocpp/payload.h"

namespace vfleet::platform::ocpp {
namespace {

using codec::ocpp::ErrorCode;
using codec::ocpp::Frame;

constexpr std::size_t kIdMax = 128;
constexpr std::string_view kUnknown = "(unknown)";

// Whether it is a CALL that charge points send.
bool is_theirs(Action action) {
  return codec::ocpp::message(action).sender != codec::ocpp::Sender::central_system;
}

}  // namespace

Csms::Csms(Platform& platform, const OcppSettings& settings, Place place)
    : platform_(platform),
      settings_(settings),
      transactions_(platform, counts_, place),
      calls_(platform, settings, counts_, place),
      sessions_(settings, calls_, counts_, place, platform.clock()) {}

bool Csms::lets_in(std::string_view id, std::string_view authorization) const {
  const auto known = charge_points_.find(id);
  const std::string& wanted = known != charge_points_.end() && !known->second->password.empty()
                                  ? known->second->password
                                  : settings_.password;
  return wanted.empty() || proves(authorization, id, wanted);
}

ChargePoint* Csms::came(std::string_view id, Line& line, std::uint64_t link) {
  auto found = charge_points_.find(id);
  if (found == charge_points_.end()) {
    if (id.empty() || id.size() > kIdMax || charge_points_.size() >= platform_.devices().limits().devices_max)
      return nullptr;
    found = charge_points_.emplace(std::string(id), std::make_unique<ChargePoint>()).first;
    found->second->id = id;
  }
  ChargePoint& charge_point = *found->second;
  if (charge_point.line != nullptr) {
    Line& before = *charge_point.line;
    const std::uint64_t link_before = charge_point.link;
    gone(charge_point, link_before);
    before.end(link_before);
  }
  if (charge_point.forgotten != platform_.forgotten()) charge_point.forget();
  charge_point.forgotten = platform_.forgotten();
  charge_point.line = &line;
  charge_point.link = link;
  charge_point.place = connected_.size();
  connected_.push_back(&charge_point);
  return &charge_point;
}

void Csms::gone(ChargePoint& charge_point, std::uint64_t link) {
  if (charge_point.line == nullptr || charge_point.link != link) return;
  charge_point.line = nullptr;
  connected_[charge_point.place] = connected_.back();
  connected_[charge_point.place]->place = charge_point.place;
  connected_.pop_back();
  calls_.lost(charge_point);
}

Csms::Taken Csms::take(ChargePoint& charge_point, std::string_view text, bool early, const Source& source,
                       std::string& out) {
  Taken taken;
  const Frame frame = codec::ocpp::read_frame(text);
  switch (frame.kind) {
    case Frame::Kind::result:
    case Frame::Kind::error:
      calls_.answered(charge_point, frame, text);
      return taken;
    case Frame::Kind::unknown_type:
      platform_.complain("not_ocpp", charge_point.id, kUnknown, "a message type that 1.6 does not have");
      return taken;
    case Frame::Kind::corrupt:
      taken.call = frame.wants_answer();
      take_broken(charge_point, frame, text, out);
      return taken;
    case Frame::Kind::call:
      break;
  }
  taken.call = charge_point.spoke = true;
  if (early) {
    platform_.complain("call_too_early", charge_point.id, frame.action,
                       "sent before the answer to the CALL before it");
  }
  check_id(charge_point, frame.id);
  const auto action = codec::ocpp::find_action(frame.action);
  const std::string_view type = action && is_theirs(*action) ? codec::ocpp::to_string(*action) : kUnknown;
  taken.mischief = platform_.misbehaviour().decide(type, charge_point.id);
  const std::uint64_t errors = counts_.call_errors;
  if (taken.mischief.kind == Mischief::Kind::refuse) {
    refuse(frame.id, ErrorCode::generic_error, "refused, as it was asked for", out);
  } else if (type == kUnknown) {
    platform_.complain("unknown_action", charge_point.id, frame.action, "charge points have no such CALL");
    refuse(frame.id, ErrorCode::not_implemented, "charge points have no such CALL", out);
  } else {
    take_call(charge_point, *action, frame, out);
  }
  platform_.take_spoken(charge_point.id, type, text, source, counts_.call_errors != errors);
  return taken;
}

void Csms::take_broken(ChargePoint& charge_point, const Frame& frame, std::string_view text,
                       std::string& out) {
  platform_.reject(text);
  platform_.complain("not_ocpp", charge_point.id, kUnknown, frame.reason);
  if (frame.wants_answer()) refuse(frame.id, frame.fault, frame.reason, out);
}

void Csms::take_call(ChargePoint& charge_point, Action action, const Frame& frame, std::string& out) {
  if (!may_speak(charge_point, action)) {
    platform_.complain("before_accepted", charge_point.id, frame.action,
                       charge_point.boot == ChargePoint::Boot::pending
                           ? "its boot is pending, and it was not asked"
                           : "its boot was rejected");
    return refuse(frame.id, ErrorCode::security_error, "not accepted yet", out);
  }
  const codec::ocpp::Message& message = codec::ocpp::message(action);
  if (const auto wrong = codec::ocpp::validate(message.request, frame.payload)) {
    const std::string why = wrong->text();
    platform_.complain("invalid_payload", charge_point.id, frame.action, why);
    if (settings_.strict) return refuse(frame.id, wrong->code, why, out);
  }
  Writer writer(out);
  codec::ocpp::begin_result(writer, frame.id);
  writer.begin_object();
  answer(charge_point, action, frame.payload, writer);
  writer.end_object();
  codec::ocpp::finish(writer);
}

void Csms::refuse(std::string_view id, ErrorCode code, std::string_view why, std::string& out) {
  ++counts_.call_errors;
  codec::ocpp::write_error(out, id, code, codec::ocpp::Spelling::as_published, why);
}

bool Csms::may_speak(ChargePoint& charge_point, Action action) {
  using Boot = ChargePoint::Boot;
  if (action == Action::BootNotification || charge_point.boot == Boot::unknown ||
      charge_point.boot == Boot::accepted) {
    return true;
  }
  if (charge_point.boot == Boot::rejected || charge_point.triggers == 0) return false;
  --charge_point.triggers;
  return true;
}

void Csms::check_id(ChargePoint& charge_point, std::string_view id) {
  const std::uint64_t hashed = hash(id) | 1U;
  if (std::find(charge_point.ids.begin(), charge_point.ids.end(), hashed) != charge_point.ids.end())
    return platform_.complain("id_repeated", charge_point.id, kUnknown, id);
  charge_point.ids[charge_point.ids_at] = hashed;
  charge_point.ids_at = (charge_point.ids_at + 1) % charge_point.ids.size();
}

void Csms::answer(ChargePoint& charge_point, Action action, std::string_view payload, Writer& out) {
  switch (action) {
    case Action::Heartbeat:
      return current_time(out);
    case Action::MeterValues:
      return transactions_.meter_values(charge_point, payload);
    case Action::StatusNotification:
      return status(charge_point, payload);
    case Action::BootNotification:
      return boot(charge_point, out);
    case Action::Authorize:
      return tag_info(text_of(member(payload, "idTag")).value_or(std::string_view()), out);
    case Action::StartTransaction:
      return start(charge_point, payload, out);
    case Action::StopTransaction:
      if (const auto tag = text_of(member(payload, "idTag"))) tag_info(*tag, out);
      return transactions_.stop(charge_point, payload);
    case Action::DataTransfer:
    case Action::SignCertificate:
      out.key("status").text("Accepted");
      return;
    default:  // the answer is empty
      return;
  }
}

void Csms::current_time(Writer& out) {
  out.key("currentTime");
  codec::ocpp::write_date_time(out, platform_.clock().wall_now(), 3);
}

void Csms::boot(ChargePoint& charge_point, Writer& out) {
  using Boot = ChargePoint::Boot;
  ++counts_.boots;
  charge_point.triggers = 0;
  for (Connector& connector : charge_point.connectors) connector.idle = connector.plugged = false;
  switch (settings_.boot) {
    case OcppSettings::Boot::accepted:
      charge_point.boot = Boot::accepted;
      out.key("status").text("Accepted");
      break;
    case OcppSettings::Boot::pending:
      charge_point.boot = Boot::pending;
      out.key("status").text("Pending");
      break;
    case OcppSettings::Boot::rejected:
      charge_point.boot = Boot::rejected;
      out.key("status").text("Rejected");
      break;
  }
  current_time(out);
  out.key("interval").integer(settings_.interval_s);
}

void Csms::tag_info(std::string_view tag, Writer& out) {
  // Tags are the same in capitals and small letters.
  const std::string plain = lowered(tag);
  const auto fits = [&plain](const std::string& pattern) { return fits_glob(lowered(pattern), plain); };
  const auto among = [&fits](const std::vector<std::string>& patterns) {
    return std::any_of(patterns.begin(), patterns.end(), fits);
  };
  const bool good =
      plain == lowered(Sessions::kTag) || (among(settings_.tags) && !among(settings_.invalid_tags));
  if (!good) ++counts_.tags_refused;
  out.key("idTagInfo").begin_object();
  out.key("status").text(good ? "Accepted" : settings_.invalid_as);
  out.end_object();
}

void Csms::start(ChargePoint& charge_point, std::string_view payload, Writer& out) {
  const std::string_view tag = text_of(member(payload, "idTag")).value_or(std::string_view());
  const Transactions::Started started = transactions_.start(charge_point, payload);
  if (started.id != 0 && !started.repeated) sessions_.began(charge_point, started.id, tag);
  tag_info(tag, out);
  out.key("transactionId").integer(started.id);
}

void Csms::status(ChargePoint& charge_point, std::string_view payload) {
  const auto [number, status] = members(payload, {"connectorId", "status"});
  Connector* const connector = charge_point.connector(integer_of(number).value_or(-1));
  if (connector == nullptr) return;
  connector->plugged = text_of(status) == "Preparing";
  connector->idle = connector->plugged || text_of(status) == "Available";
}

void Csms::tick() {
  calls_.expire(platform_.clock().now());
  sessions_.tick(connected_);
}

}  // namespace vfleet::platform::ocpp
