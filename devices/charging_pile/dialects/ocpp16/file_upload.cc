#include "devices/charging_pile/dialects/ocpp16/file_upload.h"

#include <utility>
#include <vector>

#include "simulator/codec/ocpp/date_time.h"

namespace vfleet::pile::ocpp16 {

using codec::ocpp::Action;

void FileUpload::tell(Workshop& workshop, UploadStatus status) {
  workshop.notify(
      {.action = order_.request ? Action::LogStatusNotification : Action::DiagnosticsStatusNotification,
       .status = static_cast<std::uint8_t>(status),
       .request = order_.request.value_or(0)});
}

void FileUpload::end() {
  stage_ = Stage::idle;
  wake_ = kNever;
  transfer_ = 0;
  order_.content = {};
}

void FileUpload::begin(Workshop& workshop, UploadOrder order) {
  if (stage_ == Stage::uploading) workshop.cancel_fetch(transfer_);
  order_ = std::move(order);
  tries_ = 0;
  tell(workshop, UploadStatus::Uploading);
  upload(workshop);
}

void FileUpload::upload(Workshop& workshop) {
  using Method = device::Transfer::Method;
  const MaintenanceSettings& settings = workshop.settings();
  ++tries_;
  stage_ = Stage::uploading;
  wake_ = kNever;
  if (!is_http(order_.location)) {
    tell(workshop, UploadStatus::NotSupportedOperation);
    return end();
  }
  if (settings.upload_fails) return failed(workshop, UploadStatus::UploadFailure);
  const bool put = settings.upload_method == MaintenanceSettings::UploadMethod::put;
  std::string url = order_.location;
  if (put) url += (url.ends_with('/') ? "" : "/") + order_.file;
  const auto id = workshop.fetch({.method = put ? Method::put : Method::post,
                                  .url = url,
                                  .body = order_.content,
                                  .type = "text/plain",
                                  .limit = settings.transfer_limit,
                                  .verify = settings.verify,
                                  .ca = settings.ca});
  if (!id) return failed(workshop, UploadStatus::UploadFailure);
  transfer_ = *id;
}

void FileUpload::failed(Workshop& workshop, UploadStatus status) {
  transfer_ = 0;
  if (tries_ > order_.retries.count) {
    tell(workshop, status);
    return end();
  }
  stage_ = Stage::retrying;
  wake_ = workshop.now() + order_.retries.interval;
}

bool FileUpload::transferred(Workshop& workshop, const device::Transferred& transferred) {
  if (stage_ != Stage::uploading || transferred.id != transfer_) return false;
  if (transferred.status) {
    tell(workshop, UploadStatus::Uploaded);
    end();
    return true;
  }
  const bool denied = transferred.http_status == 401 || transferred.http_status == 403;
  const bool bad = transferred.status.error().code == Errc::invalid_argument;
  failed(workshop, denied ? UploadStatus::PermissionDenied
                   : bad  ? UploadStatus::BadMessage
                          : UploadStatus::UploadFailure);
  return true;
}

void FileUpload::advance(Workshop& workshop) {
  if (stage_ == Stage::retrying && wake_ <= workshop.now()) upload(workshop);
}

std::string upload_name(std::string_view what, std::string_view id, WallTime now) {
  std::string out(what);
  out += '-';
  for (const char c : id.substr(0, 100)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    out += plain ? c : '-';
  }
  codec::Buffer time;
  codec::json::Writer writer(time);
  codec::ocpp::write_date_time(writer, now);  // "2026-03-02T08:00:00Z" with its quotes
  out += '-';
  for (const char c : time) {
    if ((c >= '0' && c <= '9') || c == 'T') out += c;
  }
  return out + ".txt";
}

std::string log_text(std::string_view head, std::size_t bytes,
                     const std::function<std::string(std::size_t n)>& line) {
  constexpr std::size_t kLinesMost = 100'000;
  std::vector<std::string> lines;
  std::size_t size = head.size();
  while (size < bytes && lines.size() < kLinesMost) {
    lines.push_back(line(lines.size()));
    size += lines.back().size() + 1;
  }
  std::string out;
  out.reserve(size);
  out = head;
  for (auto at = lines.rbegin(); at != lines.rend(); ++at) (out += *at) += '\n';
  return out;
}

}  // namespace vfleet::pile::ocpp16
