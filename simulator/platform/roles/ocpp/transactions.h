#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "simulator/platform/platform.h"
#include "simulator/platform/roles/ocpp/charge_point.h"
#include "simulator/platform/roles/ocpp/csms_counts.h"

namespace vfleet::platform {
struct SharedCharge;
}

namespace vfleet::platform::ocpp {

struct Sample;

/// What charge points say of energy, held together: the registers that StartTransaction, MeterValues and
/// StopTransaction tell must grow, and agree where they tell of the same moment. What does not add up is a
/// complaint. Payloads are valid; one that lacks what it must have is passed over.
class Transactions {
 public:
  /// `platform` and `counts` outlive it.
  Transactions(Platform& platform, CsmsCounts& counts, Place place);

  struct Started {
    std::int32_t id = 0;
    bool repeated = false;  ///< the same StartTransaction had come before
  };
  Started start(ChargePoint& charge_point, std::string_view payload);
  void stop(ChargePoint& charge_point, std::string_view payload);
  void meter_values(ChargePoint& charge_point, std::string_view payload);

 private:
  void take_sample(ChargePoint& charge_point, Connector& connector, Transaction* transaction,
                   const Sample& sample);
  void check_energy(ChargePoint& charge_point, Transaction& transaction, std::int64_t stop_mwh,
                    std::string_view data);
  void register_told(ChargePoint& charge_point, Connector& connector, std::int64_t mwh, std::int64_t step,
                     std::int64_t at_us, std::string_view about);
  void time_told(ChargePoint& charge_point, Connector& connector, std::int64_t at_us, std::string_view about);
  /// Also one that was begun at another process; nullptr: there is none.
  Transaction* find_open(ChargePoint& charge_point, std::int64_t id);
  void take_over(ChargePoint& charge_point, const std::optional<SharedCharge>& charge);
  void stranger(ChargePoint& charge_point, std::int64_t id, std::string_view about);

  Platform& platform_;
  CsmsCounts& counts_;
  Place place_;
  std::int64_t first_;
  std::int64_t last_;
};

}  // namespace vfleet::platform::ocpp
