#pragma once

#include "devices/charging_pile/dialect.h"
#include "devices/charging_pile/model/station.h"
#include "simulator/device/device.h"

namespace vfleet::pile {

/// One charging pile: a Station that a Dialect speaks for.
class Pile final : public device::Device {
 public:
  Pile(std::uint64_t seed, std::uint64_t identity, const PileConfig& config)
      : station_(seed, identity, config.settings) {}

  void boot(device::DeviceContext& context) override;
  void power_off(device::DeviceContext& context) override;
  void reconfigure(device::DeviceContext& context, const device::DeviceConfig& before) override;
  void link_up(device::DeviceContext& context) override;
  void link_down(device::DeviceContext& context) override;

  [[nodiscard]] TimePoint next_event() const override { return off_ ? kNever : station_.next_event(); }
  void advance(device::DeviceContext& context) override;

  [[nodiscard]] std::size_t line_count(const device::DeviceConfig& config) const override;
  [[nodiscard]] device::ReportLine line(std::size_t i) const override;
  [[nodiscard]] const schedule::Pacing& pacing(std::size_t i,
                                               const device::DeviceConfig& config) const override;

  [[nodiscard]] Status encode(const device::DeviceContext& context, const device::Report& report,
                              std::span<const codec::envelope::Override> overrides,
                              codec::Buffer& out) const override;
  [[nodiscard]] device::Channel channels(const device::DeviceConfig& config) const override;

  [[nodiscard]] Status act(device::DeviceContext& context, const device::ActionCall& call) override;
  void receive(device::DeviceContext& context, std::string_view message) override;

  void visit_state(const device::DeviceContext& context, device::StateVisitor& visitor) const override;

  // pile_state.cc
  [[nodiscard]] static std::size_t state_bytes(const PileConfig& config);
  [[nodiscard]] device::Unsaved unsaved() const override;
  std::size_t save(const device::DeviceContext& context, std::span<std::byte> out) override;
  bool restore(device::DeviceContext& context, std::span<const std::byte> saved) override;

 private:
  /// Around what changes the model: also what happens after a report within it is to be saved.
  class Change {
   public:
    explicit Change(Pile& pile) : pile_(pile) { pile_.dirty_ = true; }
    ~Change() { pile_.dirty_ = true; }
    Change(const Change&) = delete;
    Change& operator=(const Change&) = delete;

   private:
    Pile& pile_;
  };

  // pile_requests.cc
  /// Whether what is asked can be done now. Errors: as the model's.
  [[nodiscard]] Status consider(const Turn& turn, const Request& request) const;
  void perform(device::DeviceContext& context, const Turn& turn, const Request& request);
  void answer(device::DeviceContext& context, const Request& request, int code, std::string_view text);

  Station station_;
  const Answer* answer_ = nullptr;  // while it is said
  std::uint32_t not_understood_ = 0;
  mutable std::uint32_t boot_ = 0;  // this life's number, as the last report had it: names sessions
  bool off_ = false;                // between reboot and boot
  bool dirty_ = true;               // since save()
};

}  // namespace vfleet::pile
