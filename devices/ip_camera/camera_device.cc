#include "devices/ip_camera/camera_device.h"

#include "devices/ip_camera/reports.h"
#include "devices/ip_camera/speaker.h"

namespace vfleet::devices::ip_camera {
namespace {

constexpr std::size_t kFixedLines = 2;  // heartbeat, status

const CameraConfig& as_camera(const device::DeviceConfig& config) {
  return static_cast<const CameraConfig&>(config);
}

}  // namespace

void CameraDevice::tell(device::DeviceContext& context, device::ReportIndex kind, device::Channel channel,
                        const Tale& tale, std::string_view id, std::uint32_t detail) {
  const Tale* const outer = tale_;  // a report may lead to another
  tale_ = &tale;
  context.emit(kind, channel, detail, id);
  tale_ = outer;
}

void CameraDevice::boot(device::DeviceContext& context) {
  Speaker speaker(*this, context);
  camera_.boot(speaker.env());
  context.note("booted");
}

void CameraDevice::reconfigure(device::DeviceContext& context, const device::DeviceConfig& before) {
  const CameraConfig& old = as_camera(before);
  Speaker speaker(*this, context);
  camera_.reconfigure(speaker.env(), old.model);
  const std::vector<std::string> paths = changed_paths(old, as_camera(context.config()));
  if (!paths.empty()) tell(context, kConfigChanged, 0, ChangeTale{paths});
}

void CameraDevice::link_up(device::DeviceContext& context) {
  tell(context, kLogin, 0, {});
  if (const auto ended = camera_.take_ended_ota()) {
    dirty_ = true;
    tell(context, kOta, 0, OtaTale{*ended});
    if (ended->state() == model::OtaState::done) Speaker(*this, context).log("firmware upgraded");
  }
}

void CameraDevice::link_down(device::DeviceContext& /*context*/) {}

void CameraDevice::advance(device::DeviceContext& context) {
  if (camera_.next_event() > context.now()) return;
  Speaker speaker(*this, context);
  camera_.advance(speaker.env());
}

std::size_t CameraDevice::line_count(const device::DeviceConfig& config) const {
  const CameraConfig& camera = as_camera(config);
  return kFixedLines + (camera.snapshot.scheduled() ? static_cast<std::size_t>(camera_.channels()) : 0);
}

device::ReportLine CameraDevice::line(std::size_t i) const {
  if (i == 0) return {.kind = kHeartbeat};
  if (i == 1) return {.kind = kStatus};
  return {.kind = kSnapshot, .channel = static_cast<device::Channel>(i - kFixedLines + 1)};
}

const schedule::Pacing& CameraDevice::pacing(std::size_t i, const device::DeviceConfig& config) const {
  const CameraConfig& camera = as_camera(config);
  return i == 0 ? camera.heartbeat : i == 1 ? camera.status : camera.snapshot;
}

Status CameraDevice::encode(const device::DeviceContext& context, const device::Report& report,
                            std::span<const codec::envelope::Override> overrides, codec::Buffer& out) const {
  static const Tale kNone;
  // What an operator triggers while a tale is told is not that tale.
  const Tale& tale = tale_ != nullptr && !report.triggered ? *tale_ : kNone;
  return dialect_->encode({camera_, as_camera(context.config()), context.now(), context.wall_now(), tale},
                          report, overrides, out);
}

device::Channel CameraDevice::channels(const device::DeviceConfig& /*config*/) const {
  return static_cast<device::Channel>(camera_.channels());
}

Status CameraDevice::act(device::DeviceContext& context, const device::ActionCall& call) {
  Speaker speaker(*this, context);
  return perform_action(camera_, speaker.env(), call);
}

void CameraDevice::visit_state(const device::DeviceContext& context, device::StateVisitor& visitor) const {
  const model::Settings& settings = as_camera(context.config()).model;
  const TimePoint now = context.now();
  const auto word = [](const auto& words, auto value) { return words[static_cast<std::size_t>(value)]; };
  visitor.text("status", word(model::kConditions, camera_.condition(settings, now)));
  visitor.text("recording", camera_.recording()                                 ? "on"
                            : camera_.record_mode() == model::RecordMode::event ? "standby"
                                                                                : "off");
  visitor.text("record_mode", word(model::kRecordModes, camera_.record_mode()));
  visitor.text("guard", camera_.armed() ? "armed" : "disarmed");
  visitor.text("storage", word(model::kStorageStates, camera_.storage().state(settings.storage, now)));
  visitor.number("storage_used", camera_.storage().used_ratio(settings.storage, now), 4);
  visitor.text("firmware", camera_.firmware(settings));
  visitor.text("day_night", camera_.night() ? "night" : "day");
  visitor.number("temperature_c",
                 static_cast<double>(camera_.vitals(settings, now, context.wall_now()).temperature_c), 1);
  visitor.number("events", static_cast<double>(camera_.events().count()), 0);
  const model::PtzPosition at = camera_.position(now);
  visitor.number("pan", static_cast<double>(at.pan), 2);
  visitor.number("tilt", static_cast<double>(at.tilt), 2);
  visitor.number("zoom", static_cast<double>(at.zoom), 2);
  visitor.number("channels_online", camera_.online_channels(), 0);
  visitor.number("clock_skew_s", static_cast<double>(camera_.clock_skew_ms()) / 1000, 3);
  std::string faults;
  for (std::size_t i = 0; i < model::kFaults.size(); ++i) {
    if (!camera_.faulty(static_cast<model::Fault>(i))) continue;
    if (!faults.empty()) faults += ' ';
    faults += model::kFaults[i];
  }
  visitor.text("faults", faults);
}

}  // namespace vfleet::devices::ip_camera
