#pragma once

#include <string_view>

#include "devices/ip_camera/camera_device.h"

namespace vfleet::devices::ip_camera {

/// Lives for one call into the model: what the model tells becomes reports of the device.
class CameraDevice::Speaker final : public model::Listener {
 public:
  Speaker(CameraDevice& device, device::DeviceContext& context) : device_(device), context_(context) {
    device_.dirty_ = true;
  }
  // Also what happens after a report within the call is to be saved.
  ~Speaker() override { device_.dirty_ = true; }
  Speaker(const Speaker&) = delete;
  Speaker& operator=(const Speaker&) = delete;

  [[nodiscard]] model::Env env() {
    return {static_cast<const CameraConfig&>(context_.config()).model, context_.now(), context_.wall_now(),
            *this};
  }

  /// The platform's request `id` is to be answered "ok" before anything else is told; answer_now() settles
  /// it.
  void owe_answer(std::string_view id) { owes_ = true, id_ = id; }
  /// Answers unless that was done; `outcome` is what came of the order.
  void answer_now(const Status& outcome);

  void event(const model::Event& event, model::Phase phase) override;
  void ota(const model::Ota& ota) override;
  void snapshot(const model::SnapshotOrder& order, int index) override;
  void status_changed() override;
  void log(std::string_view text) override;
  void restart(Duration down) override;

 private:
  void settle() { answer_now({}); }
  [[nodiscard]] const CameraConfig& config() const {
    return static_cast<const CameraConfig&>(context_.config());
  }

  CameraDevice& device_;
  device::DeviceContext& context_;
  std::string_view id_;
  bool owes_ = false;
};

}  // namespace vfleet::devices::ip_camera
