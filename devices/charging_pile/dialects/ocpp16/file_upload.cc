#include "devices/charging_pile/dialects/ocpp16/file_upload.h"

#include <algorithm>
#include <utility>

#include "simulator/codec/ocpp/date_time.h"
#include "simulator/core/ascii.h"

namespace vfleet::pile::ocpp16 {

using codec::ocpp::Action;

namespace {

// The file's name goes to the end of the path, in front of what asks or points.
std::string below(std::string_view location, std::string_view file) {
  const std::size_t end = std::min(location.find_first_of("?#"), location.size());
  std::string url(location.substr(0, end));
  if (!url.ends_with('/')) url += '/';
  url.append(file).append(location.substr(end));
  return url;
}

}  // namespace

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
  const std::string url = put ? below(order_.location, order_.file) : order_.location;
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

void FileUpload::save(CompactWriter& writer, TimePoint now) const {
  write_until(writer, now, stage_ == Stage::retrying ? wake_ : now);
  // One that is cut off is no try.
  writer.number(stage_ == Stage::uploading ? tries_ - 1 : tries_);
  writer.number(order_.retries.count);
  writer.number(static_cast<std::uint64_t>(order_.retries.interval / std::chrono::milliseconds(1)));
  writer.long_text(order_.location);
  writer.long_text(order_.file);
  writer.byte(static_cast<std::uint8_t>((order_.request ? 1 : 0) | (order_.security ? 2 : 0)));
  if (order_.request) writer.signed_number(*order_.request);
}

bool FileUpload::restore(CompactReader& reader, TimePoint now) {
  const TimePoint wake = read_until(reader, now);
  const std::uint64_t tries = reader.number();
  const std::uint64_t retries = reader.number();
  const std::uint64_t interval = reader.number();
  UploadOrder order;
  order.location = reader.long_text();
  order.file = reader.long_text();
  const std::uint8_t flags = reader.byte();
  order.security = (flags & 2U) != 0;
  if ((flags & 1U) != 0) order.request = reader.signed_number();
  constexpr std::uint64_t kIntervalMost = 400ULL * 24 * 3600 * 1000;  // ms; more than an order can have
  if (!reader.ok() || tries > 1'000'000 || retries > 1'000'000 || interval > kIntervalMost) return false;
  order.retries = {static_cast<std::uint32_t>(retries), std::chrono::milliseconds(interval)};
  order_ = std::move(order);
  tries_ = static_cast<std::uint32_t>(tries);
  stage_ = Stage::retrying;
  wake_ = wake == kNever ? now : wake;
  return true;
}

std::string upload_name(std::string_view what, std::string_view id, WallTime now) {
  std::string out(what);
  out += '-';
  for (const char c : id.substr(0, 100)) {
    const bool plain = is_letter_or_digit(c) || c == '_';
    out += plain ? c : '-';
  }
  codec::Buffer time;
  codec::json::Writer writer(time);
  codec::ocpp::write_date_time(writer, now);  // "2026-03-02T08:00:00Z" with its quotes
  out += '-';
  for (const char c : time) {
    if (is_digit(c) || c == 'T') out += c;
  }
  return out + ".txt";
}

std::string log_text(std::string_view head, std::size_t bytes,
                     const std::function<void(std::size_t n, std::string& out)>& line) {
  constexpr std::size_t kLinesMost = 100'000;
  constexpr std::size_t kLooked = 16;  // one for each connector
  std::string out(head);
  if (out.size() >= bytes) return out;
  // The oldest line comes first, and so how many there are has to be known before.
  std::string some;
  std::size_t shortest = bytes;
  for (std::size_t n = 0; n < kLooked; ++n) {
    some.clear();
    line(n, some);
    shortest = std::min(shortest, some.size() + 1);
  }
  const std::size_t count = std::min((bytes - out.size() + shortest - 1) / shortest, kLinesMost);
  out.reserve(bytes + bytes / 8);
  for (std::size_t n = count; n > 0; --n) {
    line(n - 1, out);
    out += '\n';
  }
  return out;
}

}  // namespace vfleet::pile::ocpp16
