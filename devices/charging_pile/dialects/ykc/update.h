#pragma once

#include <string>

#include "devices/charging_pile/dialects/ykc/ykc_config.h"
#include "simulator/core/result.h"
#include "simulator/core/time.h"
#include "simulator/device/device.h"

namespace vfleet::pile::ykc {

/// Where 0x94 says that the new program is, as it stands there.
struct UpdatePlace {
  std::string host;
  std::uint16_t port = 0;  ///< 0: the transport's own
  std::string user;
  std::string password;
  std::string path;

  /// ftp://user:password@host:port/%2Fpath, or http. Errors: invalid_argument when it names no host or file.
  [[nodiscard]] Result<std::string> url(UpdateTransport transport) const;
  /// "/fw/pile-2.1.bin" -> "pile-2.1"
  [[nodiscard]] std::string_view program() const;
};

/// A new program on its way into the pile: fetched, installed, and then 0x93 is said.
struct Update {
  enum class Stage : std::uint8_t { waits, fetching, installing, done };

  Stage stage = Stage::waits;  ///< until nobody charges
  UpdatePlace place;
  Duration limit{};                 ///< for the download, real time
  device::TransferId transfer = 0;  ///< while it is fetched
  TimePoint at = kNever;            ///< when it has taken too long to be fetched, or is installed
  std::int64_t result = 0;          ///< of 0x93, once it is done

  void ends(std::int64_t with) {
    stage = Stage::done;
    result = with;
    transfer = 0;
    at = TimePoint::min();
  }
};

[[nodiscard]] std::string_view to_string(Update::Stage stage);

}  // namespace vfleet::pile::ykc
