#include "devices/charging_pile/dialects/ocpp16/ocpp16_dialect.h"

#include "devices/charging_pile/dialects/ocpp16/charge_point.h"

namespace vfleet::pile {
namespace {

class Ocpp16Dialect final : public Dialect {
 public:
  [[nodiscard]] std::unique_ptr<Conversation> converse(std::uint64_t /*seed*/, std::uint64_t identity,
                                                       const PileConfig& config) const override {
    return std::make_unique<ocpp16::ChargePoint>(identity, config);
  }
  [[nodiscard]] std::string_view uplink() const override { return "ocpp"; }
  [[nodiscard]] std::size_t state_bytes(const PileConfig& config) const override {
    return ocpp16::ChargePoint::state_bytes(config);
  }
  // Its conversation does both.
  [[nodiscard]] Status encode(const PileView& /*view*/, const device::Report& /*report*/,
                              std::span<const codec::envelope::Override> /*overrides*/,
                              codec::Buffer& /*out*/) const override {
    return fail(Errc::invalid_argument, "a charge point says this when it is its turn");
  }
  [[nodiscard]] Request read(std::string_view /*message*/) const override { return {}; }
};

}  // namespace

const Dialect& ocpp16_dialect() {
  static const Ocpp16Dialect dialect;
  return dialect;
}

}  // namespace vfleet::pile
