#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "devices/ip_camera/config.h"
#include "devices/ip_camera/dialect.h"
#include "devices/ip_camera/model/camera.h"
#include "simulator/device/device.h"

namespace vfleet::devices::ip_camera {

/// One camera: joins the model, the dialect and the engine.
class CameraDevice final : public device::Device {
 public:
  /// `dialect` outlives the device.
  CameraDevice(std::uint64_t seed, std::uint64_t identity, const CameraConfig& config, const Dialect& dialect)
      : dialect_(&dialect), camera_(seed, identity, config.model) {}

  void boot(device::DeviceContext& context) override;
  void reconfigure(device::DeviceContext& context, const device::DeviceConfig& before) override;
  void link_up(device::DeviceContext& context) override;
  void link_down(device::DeviceContext& context) override;
  [[nodiscard]] TimePoint next_event() const override { return camera_.next_event(); }
  void advance(device::DeviceContext& context) override;

  /// heartbeat, status, and a snapshot for each channel when snapshots are scheduled.
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

  // camera_state.cc
  [[nodiscard]] device::Unsaved unsaved() const override {
    return dirty_ ? device::Unsaved::changed : device::Unsaved::no;
  }
  std::size_t save(const device::DeviceContext& context, std::span<std::byte> out) override;
  bool restore(device::DeviceContext& context, std::span<const std::byte> saved) override;

  [[nodiscard]] const model::Camera& camera() const { return camera_; }

 private:
  class Speaker;    // what the model tells becomes reports
  class Performer;  // what the platform asks for becomes orders

  /// Emits a report that tells `tale`.
  void tell(device::DeviceContext& context, device::ReportIndex kind, device::Channel channel,
            const Tale& tale, std::string_view id = {}, std::uint32_t detail = 0);

  const Dialect* dialect_;
  const Tale* tale_ = nullptr;  // set while an emit() is under way
  model::Camera camera_;
  bool dirty_ = true;  // since save()
};

/// Does the action `call`. Errors: rejected or invalid_argument with the reason.
[[nodiscard]] Status perform_action(model::Camera& camera, const model::Env& env,
                                    const device::ActionCall& call);

}  // namespace vfleet::devices::ip_camera
