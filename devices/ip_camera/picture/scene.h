#pragma once

#include "devices/ip_camera/config.h"
#include "devices/ip_camera/model/camera.h"
#include "devices/ip_camera/picture/canvas.h"

namespace vfleet::devices::ip_camera::picture {

inline constexpr int kWidth = 160;
inline constexpr int kHeight = 90;

/// Draws what channel `channel` sees now into a canvas of kWidth x kHeight: daylight or infrared, landmarks
/// that move with the camera, the boxes of active events, privacy masks, and the camera's time. A covered
/// channel is nearly black, one that lost its video is blue.
void draw(Canvas& canvas, const model::Camera& camera, const CameraConfig& config, model::Channel channel,
          TimePoint now, WallTime wall);

}  // namespace vfleet::devices::ip_camera::picture
