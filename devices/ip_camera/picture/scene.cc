#include "devices/ip_camera/picture/scene.h"

#include <array>
#include <cmath>

#include "devices/ip_camera/model/boxes.h"
#include "devices/ip_camera/model/day_night.h"

namespace vfleet::devices::ip_camera::picture {
namespace {

constexpr Colour kWhite{255, 255, 255};
constexpr Colour kBlack{0, 0, 0};

Colour colour_of(model::EventKind kind) {
  switch (model::traits(kind).level) {
    case 1:
      return {60, 220, 60};
    case 2:
      return {240, 220, 40};
    case 3:
      return {250, 140, 30};
    default:
      return {250, 40, 40};
  }
}

int pixels(int box_units, int size) {
  return box_units * size / model::kBoxUnit;
}
int pixels(double part, int size) {
  return static_cast<int>(part * size);
}

// Posts stand each 15 degrees around the camera; they come nearer with the zoom.
void landmarks(Canvas& canvas, const model::PtzPosition& at, bool night) {
  const double field = 60.0 / std::max(1.0, static_cast<double>(at.zoom));  // degrees across the picture
  const int horizon = kHeight / 2 + static_cast<int>(static_cast<double>(at.tilt) / field * kWidth / 4);
  for (int degree = -360; degree <= 360; degree += 15) {
    const double x = (degree - static_cast<double>(at.pan)) / field * kWidth + kWidth / 2.0;
    if (x < -40 || x > kWidth + 40) continue;
    const auto shade = static_cast<std::uint8_t>(60 + (degree + 360) / 15 * 37 % 120);
    const int width = static_cast<int>(4 + std::min(40.0, 2.0 * static_cast<double>(at.zoom)));
    canvas.fill(
        static_cast<int>(x), horizon - 12, width, 30,
        night ? Colour{shade, shade, shade} : Colour{shade, static_cast<std::uint8_t>(shade / 2), 40});
  }
}

void boxes(Canvas& canvas, const model::Camera& camera, model::Channel channel, TimePoint now) {
  for (const model::Event* event = camera.events().first(); event != nullptr; event = event->next.get()) {
    if (event->channel != channel || model::traits(event->kind).label.empty()) continue;
    for (int i = 0; i < model::object_count(event->key); ++i) {
      const model::Box box = model::box_at(event->key, i, now - event->started);
      const int x = pixels(box.x, kWidth);
      const int y = pixels(box.y, kHeight);
      const int w = pixels(box.w, kWidth);
      const int h = pixels(box.h, kHeight);
      canvas.fill(x + 1, y + 1, w - 2, h - 2, {90, 80, 110});
      canvas.frame(x, y, w, h, colour_of(event->kind));
    }
  }
}

std::array<char, 8> clock_text(const model::Camera& camera, const CameraConfig& config, WallTime wall) {
  const WallTime shown = WallTime(std::chrono::microseconds(camera.clock_us(wall)));
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(model::time_of_day(shown, config.model.timezone_hours))
          .count();
  const auto digit = [](std::int64_t value) { return static_cast<char>('0' + value % 10); };
  const std::int64_t h = seconds / 3600;
  const std::int64_t m = seconds / 60 % 60;
  const std::int64_t s = seconds % 60;
  return {digit(h / 10), digit(h), ':', digit(m / 10), digit(m), ':', digit(s / 10), digit(s)};
}

}  // namespace

void draw(Canvas& canvas, const model::Camera& camera, const CameraConfig& config, model::Channel channel,
          TimePoint now, WallTime wall) {
  const bool lost = camera.faulty(model::Fault::sensor_failure) ||
                    camera.events().find(model::EventKind::video_lost, channel) != nullptr;
  if (lost) {
    canvas.gradient({0, 0, 160}, {0, 0, 160});
    return;
  }
  const bool infrared = camera.night() && !camera.faulty(model::Fault::ir_failure);
  if (camera.events().find(model::EventKind::covered, channel) != nullptr || (camera.night() && !infrared)) {
    canvas.gradient({14, 12, 12}, {6, 6, 6});
  } else {
    if (infrared) {
      canvas.gradient({30, 30, 30}, {110, 110, 110});
    } else {
      canvas.gradient({140, 180, 230}, {90, 110, 80});
    }
    landmarks(canvas, camera.position(now), camera.night());
    boxes(canvas, camera, channel, now);
  }
  for (const model::Region& mask : config.masks) {
    canvas.fill(pixels(mask.x, kWidth), pixels(mask.y, kHeight), pixels(mask.w, kWidth),
                pixels(mask.h, kHeight), kBlack);
  }
  const int x = pixels(config.osd.x, kWidth);
  const int y = pixels(config.osd.y, kHeight);
  if (config.osd.time) {
    const auto text = clock_text(camera, config, wall);
    canvas.text(x, y, {text.data(), text.size()}, 2, kWhite);
  }
  canvas.text(kWidth - 14, kHeight - 7, std::to_string(channel), 1, kWhite);
}

}  // namespace vfleet::devices::ip_camera::picture
