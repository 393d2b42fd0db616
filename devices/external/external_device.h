#pragma once

#include <deque>
#include <string>
#include <variant>

#include "devices/external/programs.h"
#include "devices/external/state_bytes.h"
#include "simulator/device/device.h"

namespace vfleet::devices::external {

/// A device that a program speaks for: passes on what it is asked and sends what the program says.
class ExternalDevice final : public device::Device, private ProgramUser {
 public:
  /// `programs` outlives the device.
  explicit ExternalDevice(Programs& programs) : programs_(programs) {}
  ~ExternalDevice() override;

  void boot(device::DeviceContext& context) override;
  void power_off(device::DeviceContext& context) override;
  void reconfigure(device::DeviceContext& context, const device::DeviceConfig& before) override;
  void link_up(device::DeviceContext& context) override;
  void link_down(device::DeviceContext& context) override;
  [[nodiscard]] TimePoint next_event() const override { return kNever; }
  void advance(device::DeviceContext& context) override;

  // The program keeps its own timetable.
  [[nodiscard]] std::size_t line_count(const device::DeviceConfig& /*config*/) const override { return 0; }
  [[nodiscard]] device::ReportLine line(std::size_t /*i*/) const override { return {}; }
  [[nodiscard]] const schedule::Pacing& pacing(std::size_t i,
                                               const device::DeviceConfig& config) const override;
  [[nodiscard]] Status encode(const device::DeviceContext& context, const device::Report& report,
                              std::span<const codec::envelope::Override> overrides,
                              codec::Buffer& out) const override;
  [[nodiscard]] device::Channel channels(const device::DeviceConfig& /*config*/) const override {
    return UINT16_MAX;
  }

  [[nodiscard]] Status act(device::DeviceContext& context, const device::ActionCall& call) override;
  [[nodiscard]] Status trigger(device::DeviceContext& context, const device::TriggerCall& call) override;
  void receive(device::DeviceContext& context, std::string_view message) override;
  void visit_state(const device::DeviceContext& context, device::StateVisitor& visitor) const override;

  // What the program last said of the device: a program that starts in a new worker is told.
  static constexpr std::size_t kStateBytes = 2048;
  [[nodiscard]] device::Unsaved unsaved() const override {
    return unsaved_ ? device::Unsaved::changed : device::Unsaved::no;
  }
  std::size_t save(const device::DeviceContext& context, std::span<std::byte> out) override;
  bool restore(device::DeviceContext& context, std::span<const std::byte> saved) override;

 private:
  struct Up {};
  struct Down {};

  // ProgramUser
  [[nodiscard]] const std::string& id() const override { return id_; }
  void program_up() override;
  void program_down() override;
  void program_said(Message message) override;

  void join(device::DeviceContext& context);
  void leave();
  void start(device::DeviceContext& context);
  void hear(device::DeviceContext& context, Message& message);
  void keep(const Message& message);

  Programs& programs_;
  Program* program_ = nullptr;
  std::string id_;
  device::Waker waker_;
  std::deque<std::variant<Up, Down, Message>> inbox_;  // at most Program::kUnreadMax messages
  bool started_ = false;                               // the program knows this device
  std::uint64_t unasked_ = 0;                          // ids of what nobody waits for
  StateMap state_;
  bool unsaved_ = false;  // state_ is other than what was saved
};

}  // namespace vfleet::devices::external
