#pragma once

#include <memory>
#include <optional>

#include "devices/charging_pile/conversation.h"
#include "devices/charging_pile/dialect.h"
#include "devices/charging_pile/model/station.h"
#include "simulator/core/tls_credentials.h"
#include "simulator/device/device.h"

namespace vfleet::pile {

/// One charging pile: a Station that a Dialect speaks for.
class Pile final : public device::Device, public CredentialsHolder {
 public:
  Pile(std::uint64_t seed, std::uint64_t identity, const PileConfig& config);
  ~Pile() override;

  void boot(device::DeviceContext& context) override;
  void power_off(device::DeviceContext& context) override;
  void reconfigure(device::DeviceContext& context, const device::DeviceConfig& before) override;
  void link_up(device::DeviceContext& context) override;
  void link_down(device::DeviceContext& context) override;
  void link_failed(device::DeviceContext& context, std::string_view reason) override;

  [[nodiscard]] TimePoint next_event() const override;
  void advance(device::DeviceContext& context) override;

  [[nodiscard]] std::size_t line_count(const device::DeviceConfig& config) const override;
  [[nodiscard]] device::ReportLine line(std::size_t i) const override;
  [[nodiscard]] std::optional<TimePoint> origin(std::size_t i) const override;
  [[nodiscard]] const schedule::Pacing& pacing(std::size_t i,
                                               const device::DeviceConfig& config) const override;

  [[nodiscard]] Status encode(const device::DeviceContext& context, const device::Report& report,
                              std::span<const codec::envelope::Override> overrides,
                              codec::Buffer& out) const override;
  [[nodiscard]] device::Channel channels(const device::DeviceConfig& config) const override;

  [[nodiscard]] Status act(device::DeviceContext& context, const device::ActionCall& call) override;
  void receive(device::DeviceContext& context, std::string_view message) override;

  // A dialect with a state of its own speaks in place of the reports that follow from the model.
  [[nodiscard]] bool converses() const override { return talk_ != nullptr; }
  void due(device::DeviceContext& context, std::size_t i, TimePoint due) override;
  void fetched(device::DeviceContext& context, const device::Transferred& transferred) override;
  [[nodiscard]] Status trigger(device::DeviceContext& context, const device::TriggerCall& call) override;
  void credentials(TlsCredentials& out) const override;

  void visit_state(const device::DeviceContext& context, device::StateVisitor& visitor) const override;

  // pile_state.cc
  [[nodiscard]] static std::size_t state_bytes(const PileConfig& config);
  [[nodiscard]] device::Unsaved unsaved() const override;
  std::size_t save(const device::DeviceContext& context, std::span<std::byte> out) override;
  bool restore(device::DeviceContext& context, std::span<const std::byte> saved) override;

 private:
  friend class PileCall;
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

  /// Takes the conversation of the dialect that `config` names.
  void take_dialect(const PileConfig& config);

  Station station_;
  std::unique_ptr<Conversation> talk_;  // null: the dialect has no state
  const Dialect* dialect_ = nullptr;    // whose conversation that is
  std::uint64_t seed_;
  std::uint64_t identity_;
  const Answer* answer_ = nullptr;  // while it is said
  std::uint32_t not_understood_ = 0;
  mutable std::uint32_t boot_ = 0;  // this life's number, as the last report had it: names sessions
  bool off_ = false;                // between reboot and boot
  bool dirty_ = true;               // since save()
};

}  // namespace vfleet::pile
