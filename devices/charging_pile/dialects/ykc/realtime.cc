// What a gun tells by itself: 0x13, and what it hears from the vehicle.
#include <fmt/format.h>

#include "devices/charging_pile/dialects/ykc/codes.h"
#include "devices/charging_pile/dialects/ykc/frame_types.h"
#include "devices/charging_pile/dialects/ykc/ykc_conversation.h"
#include "devices/charging_pile/dialects/ykc/ykc_dialect.h"

namespace vfleet::pile::ykc {

void YkcConversation::tell_realtime(Host& host, ConnectorNumber number, std::optional<TimePoint> due) {
  gun(number).news = false;
  tell(host, type::kRealtime, {.gun = number}, due);
}

void YkcConversation::keep_realtime(Host& host, ConnectorNumber number, TimePoint due) {
  const auto max = static_cast<std::size_t>(host.config().ykc.offline_realtime_max);
  if (!host.station().connector(number).active() || max == 0) {
    return host.context().forgo(report_of(type::kRealtime));
  }
  while (kept_.size() >= max) {
    host.context().forgo(report_of(type::kRealtime));
    kept_.erase(kept_.begin());
  }
  KeptRealtime& record = kept_.emplace_back();
  record.gun = number;
  record.due = due;
  if (!write(look(host), type::kRealtime, {.gun = number}, {}, record.body)) kept_.pop_back();
}

void YkcConversation::tell_kept_realtime(Host& host) {
  const std::vector<KeptRealtime> kept = std::exchange(kept_, {});
  for (const KeptRealtime& each : kept) {
    tell(host, type::kRealtime, {.gun = each.gun, .record = each.body}, each.due);
  }
}

void YkcConversation::tell_bms(Host& host, ConnectorNumber number, TimePoint due) {
  const Connector& connector = host.station().connector(number);
  // A session may outlive its cable: then there is nobody to hear.
  if (!ready() || !connector.active() || !connector.plugged()) {
    return host.context().forgo(report_of(type::kBmsDemand));
  }
  tell(host, type::kBmsDemand, {.gun = number}, due);
  tell(host, type::kBmsInfo, {.gun = number}, due);
}

void YkcConversation::tell_began(Host& host, ConnectorNumber number) {
  gun(number).began = false;
  if (!host.station().connector(number).active() || !host.station().connector(number).plugged()) return;
  tell(host, type::kBmsHandshake, {.gun = number});
  tell(host, type::kBmsParameters, {.gun = number});
}

void YkcConversation::tell_ended(Host& host, ConnectorNumber number, StopReason reason) {
  if (!ready() || host.config().settings.supply.kind != SupplyKind::dc) return;
  const auto fault = host.station().fault(number);
  if (reason == StopReason::fault && fault == FaultCode::ev_communication_error) {
    tell(host, type::kChargeError, {.gun = number, .flag = "battery_state"});
  }
  const Abort abort = abort_of(reason, fault);
  tell(host, abort.frame, {.gun = number, .flag = abort.flag});
  tell(host, type::kChargeEnd, {.gun = number});
}

}  // namespace vfleet::pile::ykc
