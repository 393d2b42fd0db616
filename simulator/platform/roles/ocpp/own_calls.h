#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "simulator/codec/ocpp/frame.h"
#include "simulator/platform/converse_settings.h"
#include "simulator/platform/platform.h"
#include "simulator/platform/roles/ocpp/charge_point.h"
#include "simulator/platform/roles/ocpp/csms_counts.h"

namespace vfleet::platform::ocpp {

/// CALLs to charge points: those of the command book and our own, one outstanding each.
class OwnCalls {
 public:
  /// All outlive it.
  OwnCalls(Platform& platform, const OcppSettings& settings, CsmsCounts& counts, Place place);

  /// A CALL of our own; it goes when the charge point has answered the one before. False: too many wait.
  bool add(ChargePoint& charge_point, OwnCall call);
  /// Appends the next CALL for a charge point that has answered the one before. False: none waits.
  bool next(ChargePoint& charge_point, std::string& call);
  /// A CALLRESULT or CALLERROR has come; `text` is the whole message.
  void answered(ChargePoint& charge_point, const codec::ocpp::Frame& frame, std::string_view text);
  /// The connection has gone.
  void lost(ChargePoint& charge_point);
  /// Gives up answers that do not come.
  void expire(TimePoint now);

 private:
  struct Waiting {
    TimePoint until;
    ChargePoint* charge_point;
    std::uint64_t call;  // number of the CALL
  };

  void check_answer(ChargePoint& charge_point, const Outstanding& call, const codec::ocpp::Frame& frame);
  void obey_answer(ChargePoint& charge_point, const Outstanding& call, const codec::ocpp::Frame& frame);

  Platform& platform_;
  const OcppSettings& settings_;
  CsmsCounts& counts_;
  std::string prefix_;  // of the ids of its CALLs
  std::deque<Waiting> waiting_;
};

}  // namespace vfleet::platform::ocpp
