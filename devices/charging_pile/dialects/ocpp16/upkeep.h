#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "devices/charging_pile/dialects/ocpp16/credentials.h"
#include "devices/charging_pile/dialects/ocpp16/file_upload.h"
#include "devices/charging_pile/dialects/ocpp16/firmware_update.h"
#include "devices/charging_pile/dialects/ocpp16/security_log.h"
#include "devices/charging_pile/model/station.h"

namespace vfleet::pile::ocpp16 {

/// A session that goes on though its card is not accepted, until its energy register shows so much.
struct Ration {
  ConnectorNumber connector = 0;
  EnergyTenths until = 0;
  TimePoint look_at = kNever;
};

/// What a charge point keeps of firmware, uploads, security and other things that few have at one time:
/// nothing until the first of them is asked for.
struct Upkeep {
  FirmwareUpdate firmware;
  FileUpload upload;
  SecurityLog events;
  std::unique_ptr<Credentials> credentials;  // null: none
  std::string certificate_request;           // the last one, PEM

  std::vector<Ration> rations;

  /// What is to be told, the oldest first.
  std::deque<Notice> notices;
  bool telling_event = false;  // the oldest untold event is on its way

  /// SecurityProfile was raised, or the certificate is a new one: what was before comes back at
  /// `falls_back_at`, unless it works.
  struct Trial {
    std::uint8_t profile_before = 0;
    bool from_file_before = false;  // the certificate was that of tls.cert
  };
  Trial trial;
  TimePoint falls_back_at = kNever;

  /// A notice in the 16 bits that a Call can carry of it, and back.
  [[nodiscard]] std::uint32_t pack(const Notice& notice) {
    const std::size_t slot = ++last_request_ % requests_.size();
    requests_[slot] = notice.request;
    return notice.status | static_cast<std::uint32_t>(slot) << 8 | kNotice;
  }
  [[nodiscard]] Notice unpack(codec::ocpp::Action action, std::uint32_t detail) const {
    return {.action = action,
            .status = static_cast<std::uint8_t>(detail & 0xff),
            .request = requests_[detail >> 8 & (kRequests - 1)]};
  }
  /// Told from what an operator triggers.
  static constexpr std::uint32_t kNotice = 0x8000;

  [[nodiscard]] TimePoint wake() const {
    TimePoint out = std::min({firmware.wake(), upload.wake(), falls_back_at});
    for (const Ration& each : rations) out = std::min(out, each.look_at);
    return out;
  }

 private:
  static constexpr std::size_t kRequests = 64;  // more than can wait
  std::array<std::int64_t, kRequests> requests_{};
  std::size_t last_request_ = 0;
};

}  // namespace vfleet::pile::ocpp16
