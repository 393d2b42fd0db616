#include "devices/ip_camera/speaker.h"

#include "devices/ip_camera/reports.h"

namespace vfleet::devices::ip_camera {
namespace {

int code_of(const Error& error) {
  return error.code == Errc::invalid_argument ? 400 : 409;
}

}  // namespace

void CameraDevice::Speaker::answer_now(const Status& outcome) {
  if (!owes_) return;
  owes_ = false;
  const AnswerTale tale = outcome ? AnswerTale{200, "ok", {}, {}}
                                  : AnswerTale{code_of(outcome.error()), outcome.error().detail, {}, {}};
  device_.tell(context_, kAnswer, 0, tale, id_);
}

void CameraDevice::Speaker::event(const model::Event& event, model::Phase phase) {
  settle();
  device_.tell(context_, kEvent, event.channel, EventTale{event, phase}, {}, event.id);
}

void CameraDevice::Speaker::ota(const model::Ota& ota) {
  settle();
  device_.tell(context_, kOta, 0, OtaTale{ota});
}

void CameraDevice::Speaker::snapshot(const model::SnapshotOrder& order, int index) {
  settle();
  device_.tell(context_, kSnapshot, order.channel, SnapshotTale{order, index}, {},
               static_cast<std::uint32_t>(index));
}

void CameraDevice::Speaker::status_changed() {
  settle();
  if (config().status_on_change) device_.tell(context_, kStatus, 0, {});
}

void CameraDevice::Speaker::log(std::string_view text) {
  settle();
  context_.note(text);
  if (config().send_log) device_.tell(context_, kLog, 0, LogTale{text});
}

void CameraDevice::Speaker::restart(Duration down) {
  settle();
  context_.reboot(down);
}

}  // namespace vfleet::devices::ip_camera
