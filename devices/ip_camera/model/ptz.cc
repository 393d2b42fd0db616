#include "devices/ip_camera/model/ptz.h"

#include <algorithm>
#include <cmath>

namespace vfleet::devices::ip_camera::model {
namespace {

std::array<float, 3> axes(const PtzPosition& p) {
  return {p.pan, p.tilt, p.zoom};
}

PtzPosition clamp(PtzPosition p, const PtzSettings& settings) {
  const auto within = [](float value, double low, double high) {
    return std::clamp(value, static_cast<float>(low), static_cast<float>(high));
  };
  return {.pan = within(p.pan, settings.pan_min, settings.pan_max),
          .tilt = within(p.tilt, settings.tilt_min, settings.tilt_max),
          .zoom = within(p.zoom, 1, settings.zoom_max)};
}

std::array<float, 3> speeds(const PtzSettings& settings) {
  return {static_cast<float>(settings.pan_speed), static_cast<float>(settings.tilt_speed),
          static_cast<float>(settings.zoom_speed)};
}

}  // namespace

PtzPosition Ptz::position(TimePoint now) const {
  if (!move_) return at_;
  if (now >= move_->arrives) return {move_->to[0], move_->to[1], move_->to[2]};
  const double passed = std::max(0.0, to_seconds(now - move_->started));
  std::array<float, kAxes> value{};
  for (std::size_t i = 0; i < kAxes; ++i) {
    const float way = move_->to[i] - move_->from[i];
    const double gone =
        std::min(std::abs(static_cast<double>(way)), passed * static_cast<double>(move_->speed[i]));
    value[i] = move_->from[i] + static_cast<float>(way < 0 ? -gone : gone);
    // Rounding must not carry an axis past its end.
    value[i] =
        std::clamp(value[i], std::min(move_->from[i], move_->to[i]), std::max(move_->from[i], move_->to[i]));
  }
  return {value[0], value[1], value[2]};
}

void Ptz::go(PtzPosition target, const PtzSettings& settings, TimePoint now) {
  start(axes(clamp(target, settings)), speeds(settings), now);
}

void Ptz::turn(PtzPosition speed, Duration time, const PtzSettings& settings, TimePoint now) {
  std::array<float, kAxes> rate = speeds(settings);
  const std::array<float, kAxes> part = axes(speed);
  std::array<float, kAxes> to = axes(position(now));
  // A turn without an end goes on to the limits: further than any axis reaches.
  const auto seconds = static_cast<float>(time > Duration::zero() ? to_seconds(time) : 1e5);
  for (std::size_t i = 0; i < kAxes; ++i) {
    const float wanted = std::clamp(part[i], -1.0F, 1.0F) * rate[i];
    to[i] += wanted * seconds;
    rate[i] = std::abs(wanted);
  }
  start(axes(clamp({to[0], to[1], to[2]}, settings)), rate, now);
}

void Ptz::stop(TimePoint now) {
  at_ = position(now);
  move_.reset();
}

void Ptz::limit(const PtzSettings& settings, TimePoint now) {
  const PtzPosition here = position(now);
  const PtzPosition inside = clamp(here, settings);
  if (inside == here && (!move_ || clamp({move_->to[0], move_->to[1], move_->to[2]}, settings) ==
                                       PtzPosition{move_->to[0], move_->to[1], move_->to[2]})) {
    return;
  }
  move_.reset();
  at_ = inside;
}

void Ptz::start(const std::array<float, kAxes>& to, const std::array<float, kAxes>& speed, TimePoint now) {
  const std::array<float, kAxes> from = axes(position(now));
  double longest = 0;
  for (std::size_t i = 0; i < kAxes; ++i) {
    if (to[i] == from[i]) continue;
    longest =
        std::max(longest, static_cast<double>(std::abs(to[i] - from[i])) / static_cast<double>(speed[i]));
  }
  at_ = {from[0], from[1], from[2]};
  if (longest == 0) return move_.reset();
  longest = std::min(longest, 1e6);
  if (!move_) move_ = std::make_unique<Move>();
  *move_ = {.from = from,
            .to = to,
            .speed = speed,
            .started = now,
            .arrives = now + Duration(static_cast<std::int64_t>(std::ceil(longest * 1e9)))};
}

}  // namespace vfleet::devices::ip_camera::model
