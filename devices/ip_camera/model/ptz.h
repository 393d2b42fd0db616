#pragma once

#include <array>
#include <memory>

#include "devices/ip_camera/model/settings.h"
#include "simulator/core/time.h"

namespace vfleet::devices::ip_camera::model {

/// Degrees, degrees, and the zoom factor (1 is wide).
struct PtzPosition {
  float pan = 0;
  float tilt = 0;
  float zoom = 1;

  friend bool operator==(const PtzPosition&, const PtzPosition&) = default;
};

/// The motors: at rest, or on the way to a place at constant speed on each axis. Positions never leave the
/// limits of the settings.
class Ptz {
 public:
  [[nodiscard]] PtzPosition position(TimePoint now) const;
  [[nodiscard]] bool moving() const { return move_ != nullptr; }
  /// When the last axis arrives; kNever at rest.
  [[nodiscard]] TimePoint arrives() const { return move_ ? move_->arrives : kNever; }

  /// Goes to `target`, or as near as the limits allow.
  void go(PtzPosition target, const PtzSettings& settings, TimePoint now);
  /// Turns with parts (-1..1) of the greatest speeds, for `time`; zero: until stopped or at the limits.
  void turn(PtzPosition speed, Duration time, const PtzSettings& settings, TimePoint now);
  void stop(TimePoint now);
  /// Stands there, as far as the limits allow.
  void stand(PtzPosition at, const PtzSettings& settings, TimePoint now) {
    move_.reset();
    at_ = at;
    limit(settings, now);
  }
  /// The limits changed: stops, and comes inside them.
  void limit(const PtzSettings& settings, TimePoint now);

 private:
  static constexpr int kAxes = 3;
  struct Move {
    std::array<float, kAxes> from;
    std::array<float, kAxes> to;
    std::array<float, kAxes> speed;  // units per second, not negative
    TimePoint started;
    TimePoint arrives;
  };
  void start(const std::array<float, kAxes>& to, const std::array<float, kAxes>& speed, TimePoint now);

  PtzPosition at_;  // at rest
  std::unique_ptr<Move> move_;
};

}  // namespace vfleet::devices::ip_camera::model
