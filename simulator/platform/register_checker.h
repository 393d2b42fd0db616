#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace vfleet::platform {

class SharedDevice;

/// Checks the energy registers of one device, one a channel: what its meter and session_end reports tell of a
/// register never goes back.
class RegisterChecker {
 public:
  static constexpr std::size_t kChannelsMax = 16;  ///< of a device; more are not checked

  /// Takes a report, the newest of its device, as it came. True when it tells of less than an earlier one;
  /// the next is then compared with this one. Reports of other types, or without the number, are none of its
  /// business; a session_end that was asked for without a session is none either.
  /// `shared`: where several processes keep the device's registers; null: they are this one's alone.
  /// `arrived_us`: when it came.
  [[nodiscard]] bool went_back(std::string_view type, std::uint32_t channel, std::string_view text,
                               SharedDevice* shared = nullptr, std::int64_t arrived_us = 0);

 private:
  struct Register {
    std::uint32_t channel = 0;
    double wh = 0;
  };
  std::vector<Register> registers_;
};

}  // namespace vfleet::platform
