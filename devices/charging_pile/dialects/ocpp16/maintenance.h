#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "devices/charging_pile/dialects/ocpp16/compact_bytes.h"
#include "devices/charging_pile/dialects/ocpp16/notices.h"
#include "devices/charging_pile/dialects/ocpp16/profile_settings.h"
#include "simulator/device/device.h"

/// What FirmwareUpdate and FileUpload have in common.
namespace vfleet::pile::ocpp16 {

/// How often and when a transfer that failed is tried again.
struct Retries {
  std::uint32_t count = 0;  ///< after the first try
  Duration interval{0};
};

/// The world of a piece of maintenance, during one call.
class Workshop {
 public:
  [[nodiscard]] virtual TimePoint now() const = 0;
  [[nodiscard]] virtual const MaintenanceSettings& settings() const = 0;
  virtual void notify(const Notice& notice) = 0;
  /// Errors: as DeviceContext::fetch().
  virtual Result<device::TransferId> fetch(const device::Transfer& transfer) = 0;
  virtual void cancel_fetch(device::TransferId id) = 0;
  /// Whether a transaction runs.
  [[nodiscard]] virtual bool charging() const = 0;
  /// The new software is there: `version`, and the charge point restarts with it.
  virtual void restart_with(std::string_view version) = 0;
  /// A security event of the whitepaper.
  virtual void security_event(std::string_view type, std::string_view info) = 0;

 protected:
  ~Workshop() = default;
};

/// A time to come, or that has passed, or kNever, as what is left until then.
void write_until(CompactWriter& writer, TimePoint now, TimePoint at);
[[nodiscard]] TimePoint read_until(CompactReader& reader, TimePoint now);

/// "http://host/a/fw-1.2.bin?x" -> "fw-1.2"; empty when there is no file name.
[[nodiscard]] std::string_view stem_of(std::string_view url);
/// Whether it can be fetched: http or https.
[[nodiscard]] bool is_http(std::string_view url);

}  // namespace vfleet::pile::ocpp16
