#pragma once

#include <functional>
#include <optional>
#include <string>

#include "devices/charging_pile/dialects/ocpp16/maintenance.h"

namespace vfleet::pile::ocpp16 {

/// GetDiagnostics, or GetLog.
struct UploadOrder {
  std::string location;
  std::string file;  ///< its name
  Retries retries;
  std::optional<std::int64_t> request;  ///< of GetLog, whose statuses are told by another message
  bool security = false;                ///< it is the security log
  std::string content;
};

/// One file that is handed in: PUT to LOCATION/FILE, or POST to LOCATION. The owner calls advance() at
/// wake().
class FileUpload {
 public:
  /// Begins, in place of one that was going on.
  void begin(Workshop& workshop, UploadOrder order);
  void advance(Workshop& workshop);
  /// True: that transfer was its own.
  bool transferred(Workshop& workshop, const device::Transferred& transferred);
  /// The charge point has restarted: it is over.
  void restarted() { end(); }

  /// What restore() needs, but for the content.
  void save(CompactWriter& writer, TimePoint now) const;
  /// In place of an idle one: hands the file in anew. The owner gives the content before advance(). False
  /// when the bytes are not of save(), nothing having changed.
  bool restore(CompactReader& reader, TimePoint now);
  [[nodiscard]] bool wants_content() const { return !idle() && order_.content.empty(); }
  [[nodiscard]] bool of_security() const { return order_.security; }
  void give(std::string content) { order_.content = std::move(content); }

  [[nodiscard]] TimePoint wake() const { return wake_; }
  [[nodiscard]] bool idle() const { return stage_ == Stage::idle; }
  [[nodiscard]] UploadStatus status() const { return idle() ? UploadStatus::Idle : UploadStatus::Uploading; }
  [[nodiscard]] std::optional<std::int64_t> request() const { return order_.request; }

 private:
  enum class Stage : std::uint8_t { idle, uploading, retrying };

  void tell(Workshop& workshop, UploadStatus status);
  void upload(Workshop& workshop);
  void failed(Workshop& workshop, UploadStatus status);
  void end();

  UploadOrder order_;
  TimePoint wake_ = kNever;
  device::TransferId transfer_ = 0;
  std::uint32_t tries_ = 0;
  Stage stage_ = Stage::idle;
};

/// "diagnostics-PILE-20260302T080000.txt"; what must not stand in a URL becomes '-'.
[[nodiscard]] std::string upload_name(std::string_view what, std::string_view id, WallTime now);

/// What a log looks like: `head`, then lines in at least `bytes` bytes altogether. `line` appends the n-th
/// before the end.
[[nodiscard]] std::string log_text(std::string_view head, std::size_t bytes,
                                   const std::function<void(std::size_t n, std::string& out)>& line);

}  // namespace vfleet::pile::ocpp16
