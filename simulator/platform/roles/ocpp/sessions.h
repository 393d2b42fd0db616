#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "simulator/platform/converse_settings.h"
#include "simulator/platform/roles/ocpp/charge_point.h"
#include "simulator/platform/roles/ocpp/csms_counts.h"
#include "simulator/platform/roles/ocpp/own_calls.h"

namespace vfleet::platform::ocpp {

/// Sessions that the CSMS begins and ends by itself, and the limits that it sets: RemoteStartTransaction on
/// connectors that are idle, SetChargingProfile once a transaction has begun, RemoteStopTransaction later.
class Sessions {
 public:
  /// The tag of sessions of our own; always accepted.
  static constexpr std::string_view kTag = "VFLEET-CSMS";

  /// All outlive it.
  Sessions(const OcppSettings& settings, OwnCalls& calls, CsmsCounts& counts, Place place,
           const Clock& clock);

  /// A transaction has begun with this tag.
  void began(ChargePoint& charge_point, std::int32_t transaction, std::string_view tag);
  /// From time to time, with the charge points that are connected.
  void tick(const std::vector<ChargePoint*>& connected);

 private:
  struct Ending {
    ChargePoint* charge_point;
    std::int32_t transaction;
  };

  void begin_some(const std::vector<ChargePoint*>& connected, TimePoint now);
  bool begin(ChargePoint& charge_point, bool plugged, TimePoint now);
  void end_some(TimePoint now);
  void call(ChargePoint& charge_point, OwnCall call);

  const OcppSettings& settings_;
  OwnCalls& calls_;
  CsmsCounts& counts_;
  Place place_;
  const Clock& clock_;
  std::multimap<TimePoint, Ending> endings_;
  std::size_t looked_at_ = 0;
  double credit_ = 0;  // sessions that are due
  TimePoint ticked_;
};

}  // namespace vfleet::platform::ocpp
