#include "devices/ip_camera/model/ota.h"

#include <algorithm>
#include <utility>

namespace vfleet::devices::ip_camera::model {
namespace {

constexpr std::array kStages{OtaState::downloading, OtaState::verifying, OtaState::installing};

std::string_view reason_for(OtaState stage) {
  switch (stage) {
    case OtaState::downloading:
      return "download_failed";
    case OtaState::verifying:
      return "checksum_mismatch";
    case OtaState::installing:
      return "install_failed";
    case OtaState::queued:
    case OtaState::rebooting:
    case OtaState::done:
    case OtaState::failed:
      break;
  }
  return "failed";
}

Duration part_of_download(double part, double bytes, const OtaSettings& settings) {
  return Duration(static_cast<std::int64_t>(std::min(1e17, part * bytes * 8 / settings.download_bps * 1e9)));
}

}  // namespace

Ota::Ota(OtaOrder order, const OtaSettings& settings, Random random, TimePoint now)
    : order_(std::move(order)), fail_in_(order_.fail_in), due_(now + settings.queue) {
  if (order_.image_bytes <= 0) order_.image_bytes = settings.image_bytes;
  if (fail_in_ == OtaState::done && random.chance(settings.failure))
    fail_in_ = kStages[random.below(kStages.size())];
  fails_at_ = static_cast<std::uint8_t>(random.below(100));
}

void Ota::step(const OtaSettings& settings, TimePoint now) {
  if (state_ == fail_in_ && (state_ != OtaState::downloading || progress_ >= fails_at_)) {
    return fail(reason_for(state_));
  }
  switch (state_) {
    case OtaState::queued:
    case OtaState::downloading: {
      if (state_ == OtaState::downloading && progress_ == 100) {
        state_ = OtaState::verifying;
        due_ = now + settings.verify;
        return;
      }
      // Each report tells what is there when it is sent; the next part is on its way.
      const int step = std::clamp(static_cast<int>(settings.report_step * 100), 1, 100);
      if (state_ == OtaState::downloading)
        progress_ = static_cast<std::uint8_t>(std::min(100, progress_ + step));
      state_ = OtaState::downloading;
      const int next = std::min(step, 100 - progress_);
      due_ = now + part_of_download(next / 100.0, order_.image_bytes, settings);
      return;
    }
    case OtaState::verifying:
      state_ = OtaState::installing;
      due_ = now + settings.install;
      return;
    case OtaState::installing:
      state_ = OtaState::rebooting;
      due_ = kNever;
      return;
    case OtaState::rebooting:
    case OtaState::done:
    case OtaState::failed:
      due_ = kNever;
      return;
  }
}

Ota::Stage Ota::stage(TimePoint now) const {
  return {state_, fail_in_, progress_, fails_at_,
          due_ == kNever ? kNoTime : std::max(Duration::zero(), Duration(due_ - now))};
}

Ota::Ota(OtaOrder order, const Stage& stage, TimePoint now)
    : order_(std::move(order)),
      state_(stage.state),
      fail_in_(stage.fail_in),
      progress_(stage.progress),
      fails_at_(stage.fails_at),
      due_(stage.due_in < Duration::zero() ? kNever : now + stage.due_in) {
  if (state_ == OtaState::failed) reason_ = reason_for(stage.fail_in);
}

void Ota::booted() {
  if (ended()) return;
  if (state_ == OtaState::rebooting) {
    state_ = OtaState::done;
    due_ = kNever;
  } else {
    fail("interrupted");
  }
}

void Ota::fail(std::string_view reason) {
  state_ = OtaState::failed;
  reason_ = reason;
  due_ = kNever;
}

}  // namespace vfleet::devices::ip_camera::model
