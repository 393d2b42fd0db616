#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "devices/ip_camera/model/settings.h"
#include "simulator/core/random.h"
#include "simulator/core/result.h"
#include "simulator/core/time.h"

namespace vfleet::devices::ip_camera::model {

enum class OtaState : std::uint8_t { queued, downloading, verifying, installing, rebooting, done, failed };
inline constexpr std::array<std::string_view, 7> kOtaStates{
    "queued", "downloading", "verifying", "installing", "rebooting", "done", "failed"};

struct OtaOrder {
  std::string job;
  std::string version;
  std::string url;
  double image_bytes = 0;  ///< 0: as configured
  /// In which state to fail; done: as the dice say.
  OtaState fail_in = OtaState::done;
};

/// One firmware upgrade, from the order to its end. It ends as done after the reboot, or as failed.
class Ota {
 public:
  Ota(OtaOrder order, const OtaSettings& settings, Random random, TimePoint now);

  [[nodiscard]] const OtaOrder& order() const { return order_; }
  [[nodiscard]] OtaState state() const { return state_; }
  /// Part of the download that is there, percent.
  [[nodiscard]] int progress() const { return progress_; }
  /// Why it failed, a snake_case word; empty otherwise.
  [[nodiscard]] std::string_view reason() const { return reason_; }
  [[nodiscard]] bool ended() const { return state_ == OtaState::done || state_ == OtaState::failed; }

  /// When it goes on by itself; kNever while rebooting and after its end.
  [[nodiscard]] TimePoint due() const { return due_; }
  /// Goes on by one step; `now` has reached due().
  void step(const OtaSettings& settings, TimePoint now);
  /// Where it stands, and an upgrade that goes on from there. `due_in` is kNoTime when nothing is due.
  struct Stage {
    OtaState state = OtaState::queued;
    OtaState fail_in = OtaState::done;
    std::uint8_t progress = 0;
    std::uint8_t fails_at = 0;
    Duration due_in = kNoTime;
  };
  static constexpr Duration kNoTime{-1};
  [[nodiscard]] Stage stage(TimePoint now) const;
  Ota(OtaOrder order, const Stage& stage, TimePoint now);

  /// The device boots: ends as done when that was its own reboot, else as failed ("interrupted").
  void booted();

 private:
  void fail(std::string_view reason);

  OtaOrder order_;
  OtaState state_ = OtaState::queued;
  OtaState fail_in_ = OtaState::done;
  std::uint8_t progress_ = 0;
  std::uint8_t fails_at_ = 0;  // percent, when it fails while downloading
  std::string_view reason_;    // static storage
  TimePoint due_;
};

}  // namespace vfleet::devices::ip_camera::model
