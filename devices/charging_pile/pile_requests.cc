// What the platform asks a pile to do.
#include <fmt/format.h>

#include "devices/charging_pile/description.h"
#include "devices/charging_pile/pile.h"
#include "devices/charging_pile/pile_call.h"

namespace vfleet::pile {
namespace {

using device::DeviceContext;
using Kind = Request::Kind;

constexpr int kDone = 200;
constexpr int kLater = 202;
constexpr int kMalformed = 400;
constexpr int kUnknown = 404;
constexpr int kRefused = 409;

int code_of(const Error& error) {
  return error.code == Errc::rejected ? kRefused : kMalformed;
}

Status change_config(DeviceContext& context, const Request& request) {
  for (const auto& [path, value] : request.changes) {
    if (auto changed = context.patch_config(path, value); !changed) return changed;
  }
  return {};
}

}  // namespace

void Pile::answer(DeviceContext& context, const Request& request, int code, std::string_view text) {
  const Answer said{request.type, code, text};
  answer_ = &said;
  context.emit(index_of(ReportKind::answer), 0, 0, request.id);
  answer_ = nullptr;
}

void Pile::receive(DeviceContext& context, std::string_view message) {
  if (off_) return;
  const Change change(*this);
  PileCall call(*this, context);
  if (talk_ != nullptr) return talk_->received(call, message);
  const Request request = of(context.config()).dialect->read(message);
  switch (request.kind) {
    case Kind::malformed:
      ++not_understood_;
      context.note("a message of the platform is malformed: " + request.problem);
      answer(context, request, kMalformed, request.problem);
      return;
    case Kind::unknown:
      ++not_understood_;
      context.note("the platform asks for an unknown type: " + request.type);
      answer(context, request, kUnknown, "unknown type");
      return;
    case Kind::config_set: {
      // The one request that is answered after it was done: only then is known whether its values are good.
      const Status changed = change_config(context, request);
      answer(context, request, changed ? kDone : code_of(changed.error()),
             changed ? "ok" : changed.error().detail);
      return;
    }
    default:
      break;
  }
  if (const Status possible = consider(call.turn(), request); !possible) {
    answer(context, request, code_of(possible.error()), possible.error().detail);
    return;
  }
  const bool waits = request.kind == Kind::remote_start && !station_.connector(request.connector).plugged();
  answer(context, request, waits ? kLater : kDone, waits ? "waits for the cable" : "ok");
  perform(context, call.turn(), request);
}

Status Pile::consider(const Turn& turn, const Request& request) const {
  switch (request.kind) {
    case Kind::remote_start:
      return station_.may_start(request.connector, /*cable_may_follow=*/true);
    case Kind::remote_stop:
      return station_.may_stop(request.connector);
    case Kind::clear_fault:
      return station_.may_clear(turn, request.connector, request.code);
    case Kind::set_availability:
      return station_.may_set_available(request.connector, request.available);
    case Kind::unlock:
      if (auto known = station_.may_raise(request.connector); !known) return known;
      if (station_.fault(request.connector) == FaultCode::connector_lock_failure) {
        return fail(Errc::rejected, "the lock is stuck (connector_lock_failure)");
      }
      return {};
    case Kind::get_status:
      return station_.may_raise(request.connector);
    case Kind::trigger_report:
      if (pile_description().report_index(request.report) < 0) {
        return fail(Errc::invalid_argument, fmt::format("there is no report {}", request.report));
      }
      return station_.may_raise(request.connector);
    case Kind::malformed:
    case Kind::unknown:
    case Kind::config_set:
    case Kind::reboot:
      return {};
  }
  return {};
}

void Pile::perform(DeviceContext& context, const Turn& turn, const Request& request) {
  // consider() said that it can be done; what is refused all the same is told to who looks.
  const auto tell = [&](const Status& done) {
    if (!done) context.note(request.type + ": " + done.error().detail);
  };
  switch (request.kind) {
    case Kind::remote_start:
      tell(station_.start(turn, request.connector, StartedBy::remote, request.card, request.limits, true));
      break;
    case Kind::remote_stop:
      tell(station_.stop(turn, request.connector, StopReason::remote));
      break;
    case Kind::clear_fault:
      tell(station_.clear(turn, request.connector, request.code));
      break;
    case Kind::set_availability:
      tell(station_.set_available(turn, request.connector, request.available));
      break;
    case Kind::unlock:
      // A connector gives its cable free only after the session.
      if (station_.connector(request.connector).active()) {
        tell(station_.stop(turn, request.connector, StopReason::remote));
      }
      break;
    case Kind::get_status:
      for (ConnectorNumber n = 1; n <= station_.connector_count(); ++n) {
        if (request.connector == 0 || request.connector == n) {
          context.emit(index_of(ReportKind::status), static_cast<device::Channel>(n));
        }
      }
      break;
    case Kind::trigger_report:
      context.emit(static_cast<device::ReportIndex>(pile_description().report_index(request.report)),
                   static_cast<device::Channel>(request.connector));
      break;
    case Kind::reboot:
      PileCall(*this, context).restart(StopReason::reboot);
      break;
    case Kind::malformed:
    case Kind::unknown:
    case Kind::config_set:
      break;
  }
}

}  // namespace vfleet::pile
