// What the CSMS asks for of the profile Reservation.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "devices/charging_pile/dialects/ocpp16/charge_point.h"
#include "devices/charging_pile/dialects/ocpp16/payload_fields.h"

namespace vfleet::pile::ocpp16 {
namespace {

std::string_view status_of(Reserved outcome) {
  switch (outcome) {
    case Reserved::accepted:
      return "Accepted";
    case Reserved::faulted:
      return "Faulted";
    case Reserved::occupied:
      return "Occupied";
    case Reserved::rejected:
      return "Rejected";
    case Reserved::unavailable:
      return "Unavailable";
  }
  return "Rejected";
}

/// Reservations have 32 bits here; nullopt: it is no number of theirs.
std::optional<std::int32_t> reservation_in(const nlohmann::json& payload) {
  const auto id = integer_of(payload, "reservationId");
  if (!id || *id < INT32_MIN || *id > INT32_MAX) return std::nullopt;
  return static_cast<std::int32_t>(*id);
}

}  // namespace

void ChargePoint::reserve_now(Request& request) {
  Host& host = request.host;
  const std::int64_t connector = integer_of(request.payload, "connectorId").value_or(-1);
  const auto expiry = time_of(request.payload, "expiryDate");
  const auto id = reservation_in(request.payload);
  if (!id) {
    host.context().note("ReserveNow: reservationId has more than 32 bits");
    return answer_status(request, "Rejected");
  }
  if (connector < 0 || connector > kConnectorsMax || !expiry) return answer_status(request, "Rejected");
  // Past this there is no end that a reservation could live to see, and years 1 and 9999 are past a Duration.
  constexpr std::chrono::microseconds kMost = std::chrono::hours(24 * 365);
  const auto lasts =
      std::clamp(std::chrono::microseconds(to_us(*expiry) - to_us(clock(host))), -kMost, kMost);
  const Reservation wish{.connector = static_cast<int>(connector),
                         .id = *id,
                         .card = CardNumber(text_of(request.payload, "idTag")),
                         .parent = CardNumber(text_of(request.payload, "parentIdTag")),
                         .until = now_ + lasts};
  const Reserved outcome = host.station().may_reserve(wish, now_);
  answer_status(request, status_of(outcome));
  if (outcome == Reserved::accepted) (void)host.station().reserve(host.turn(), wish);  // it was asked above
}

void ChargePoint::cancel_reservation(Request& request) {
  Host& host = request.host;
  const auto id = reservation_in(request.payload);
  const bool there = id && host.station().may_cancel(*id).has_value();
  answer_status(request, there ? "Accepted" : "Rejected");
  if (there) (void)host.station().cancel(host.turn(), *id);  // it was asked above
}

}  // namespace vfleet::pile::ocpp16
