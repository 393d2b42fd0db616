#pragma once

#include <optional>
#include <string>

#include "devices/charging_pile/dialects/ocpp16/maintenance.h"

namespace vfleet::pile::ocpp16 {

/// UpdateFirmware, or SignedUpdateFirmware.
struct FirmwareOrder {
  std::string location;
  TimePoint retrieve;  ///< past: now
  Retries retries;
  std::optional<std::int64_t> request;   ///< of a signed one, whose statuses are told by another message
  TimePoint install = TimePoint::min();  ///< of a signed one; past: at once
  std::string certificate;               ///< of a signed one, PEM
  std::string signature;                 ///< of a signed one, base64
};

/// One update of the software: waits for its time, downloads, checks the signature, waits until nobody
/// charges, installs, restarts, and tells so on the way. The owner calls advance() at wake().
class FirmwareUpdate {
 public:
  /// Begins, in place of one that was going on.
  void begin(Workshop& workshop, FirmwareOrder order);
  void advance(Workshop& workshop);
  /// True: that transfer was its own.
  bool transferred(Workshop& workshop, const device::Transferred& transferred);
  /// The charge point has restarted, by itself or not: what is not installed now never will be.
  void restarted();

  /// What restore() needs. Without `whole` the certificate and signature of a signed one are left out: where
  /// they are still needed it ends then.
  void save(CompactWriter& writer, TimePoint now, bool whole) const;
  /// In place of an idle one: goes on where the other stood, downloads anew what was on its way. False when
  /// the bytes are not of save(), nothing having changed.
  bool restore(CompactReader& reader, TimePoint now);

  [[nodiscard]] TimePoint wake() const { return wake_; }
  /// Nothing goes on, and nothing is left to tell.
  [[nodiscard]] bool idle() const { return stage_ == Stage::idle; }
  /// Too late to be called off.
  [[nodiscard]] bool installing() const { return stage_ == Stage::installing || stage_ == Stage::restarting; }
  /// The last thing told of what goes on; Idle when nothing does.
  [[nodiscard]] FirmwareStatus status() const { return idle() ? FirmwareStatus::Idle : told_; }
  [[nodiscard]] std::optional<std::int64_t> request() const { return order_.request; }

 private:
  enum class Stage : std::uint8_t {
    idle,
    scheduled,    // until order_.retrieve
    downloading,  // transfer_ runs
    retrying,     // until wake_
    downloaded,   // until order_.install, and until nobody charges
    installing,   // until wake_
    restarting,
    restarted,  // Installed is to be told
  };

  void tell(Workshop& workshop, FirmwareStatus status);
  void download(Workshop& workshop);
  void download_failed(Workshop& workshop);
  void check(Workshop& workshop, std::string_view firmware);
  void install_when_free(Workshop& workshop);
  void end() {
    stage_ = Stage::idle;
    wake_ = kNever;
  }

  FirmwareOrder order_;
  TimePoint wake_ = kNever;
  device::TransferId transfer_ = 0;
  std::uint32_t tries_ = 0;
  Stage stage_ = Stage::idle;
  FirmwareStatus told_ = FirmwareStatus::Idle;
};

}  // namespace vfleet::pile::ocpp16
