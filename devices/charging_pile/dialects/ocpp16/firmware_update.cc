#include "devices/charging_pile/dialects/ocpp16/firmware_update.h"

#include <algorithm>
#include <utility>

#include "devices/charging_pile/dialects/ocpp16/signatures.h"

namespace vfleet::pile::ocpp16 {

using Fails = MaintenanceSettings::FirmwareFails;
using codec::ocpp::Action;

void write_until(CompactWriter& writer, TimePoint now, TimePoint at) {
  if (at == kNever) return writer.number(0);
  const auto left = at <= now ? std::chrono::milliseconds(0)
                              : std::chrono::duration_cast<std::chrono::milliseconds>(at - now);
  writer.number(static_cast<std::uint64_t>(left.count()) + 1);
}

TimePoint read_until(CompactReader& reader, TimePoint now) {
  constexpr std::uint64_t kMost = 100ULL * 366 * 24 * 3600 * 1000;
  const std::uint64_t left = reader.number();
  return left == 0 ? kNever : now + std::chrono::milliseconds(std::min(left - 1, kMost));
}

std::string_view stem_of(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  const auto scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  const auto slash = url.rfind('/');
  if (slash == std::string_view::npos) return {};
  url.remove_prefix(slash + 1);
  const auto dot = url.rfind('.');
  return dot == std::string_view::npos || dot == 0 ? url : url.substr(0, dot);
}

bool is_http(std::string_view url) {
  const auto starts = [&](std::string_view scheme) {
    for (std::size_t i = 0; i < scheme.size(); ++i) {
      if (i >= url.size() || (url[i] | 0x20) != (scheme[i] | 0x20)) return false;
    }
    return true;
  };
  return starts("http://") || starts("https://");
}

void FirmwareUpdate::tell(Workshop& workshop, FirmwareStatus status) {
  told_ = status;
  const Notice notice{.action = order_.request ? Action::SignedFirmwareStatusNotification
                                               : Action::FirmwareStatusNotification,
                      .status = static_cast<std::uint8_t>(status),
                      .request = order_.request.value_or(0)};
  if (can_say(notice)) workshop.notify(notice);
}

void FirmwareUpdate::begin(Workshop& workshop, FirmwareOrder order) {
  if (stage_ == Stage::downloading) workshop.cancel_fetch(transfer_);
  order_ = std::move(order);
  tries_ = 0;
  told_ = FirmwareStatus::Idle;
  if (order_.retrieve > workshop.now()) {
    stage_ = Stage::scheduled;
    wake_ = order_.retrieve;
    tell(workshop, FirmwareStatus::DownloadScheduled);
    return;
  }
  download(workshop);
}

void FirmwareUpdate::download(Workshop& workshop) {
  const MaintenanceSettings& settings = workshop.settings();
  ++tries_;
  if (told_ != FirmwareStatus::Downloading) tell(workshop, FirmwareStatus::Downloading);
  stage_ = Stage::downloading;
  wake_ = kNever;
  if (!is_http(order_.location)) return download_failed(workshop);
  const auto id = workshop.fetch({.url = order_.location,
                                  .bytes_max = settings.firmware_bytes_most,
                                  .limit = settings.transfer_limit,
                                  .verify = settings.verify,
                                  .ca = settings.ca});
  if (!id) return download_failed(workshop);
  transfer_ = *id;
}

void FirmwareUpdate::download_failed(Workshop& workshop) {
  transfer_ = 0;
  if (tries_ > order_.retries.count) {
    tell(workshop, FirmwareStatus::DownloadFailed);
    return end();
  }
  stage_ = Stage::retrying;
  wake_ = workshop.now() + order_.retries.interval;
}

bool FirmwareUpdate::transferred(Workshop& workshop, const device::Transferred& transferred) {
  if (stage_ != Stage::downloading || transferred.id != transfer_) return false;
  if (!transferred.status || workshop.settings().firmware_fails == Fails::download) {
    download_failed(workshop);
    return true;
  }
  transfer_ = 0;
  tell(workshop, FirmwareStatus::Downloaded);
  check(workshop, transferred.body);
  return true;
}

void FirmwareUpdate::check(Workshop& workshop, std::string_view firmware) {
  if (order_.request) {
    Status good = verify_signature(order_.certificate, order_.signature, firmware);
    if (workshop.settings().firmware_fails == Fails::signature) {
      good = fail(Errc::rejected, "ocpp.firmware.fail: signature");
    }
    if (!good) {
      tell(workshop, FirmwareStatus::InvalidSignature);
      workshop.security_event("InvalidFirmwareSignature", good.error().detail);
      return end();
    }
    tell(workshop, FirmwareStatus::SignatureVerified);
  }
  stage_ = Stage::downloaded;
  wake_ = order_.install;
  if (order_.install > workshop.now()) {
    tell(workshop, FirmwareStatus::InstallScheduled);
  } else {
    install_when_free(workshop);
  }
}

// Who charges is not disturbed: the owner looks again when a transaction has ended.
void FirmwareUpdate::install_when_free(Workshop& workshop) {
  wake_ = kNever;
  if (workshop.charging()) return;
  tell(workshop, FirmwareStatus::Installing);
  stage_ = Stage::installing;
  wake_ = workshop.now() + workshop.settings().install_time;
}

void FirmwareUpdate::advance(Workshop& workshop) {
  const bool due = wake_ <= workshop.now();
  switch (stage_) {
    case Stage::scheduled:
    case Stage::retrying:
      if (due) download(workshop);
      return;
    case Stage::downloaded:
      if (due || wake_ == kNever) install_when_free(workshop);
      return;
    case Stage::installing:
      if (!due) return;
      if (workshop.settings().firmware_fails == Fails::install) {
        tell(workshop, FirmwareStatus::InstallationFailed);
        return end();
      }
      tell(workshop, FirmwareStatus::InstallRebooting);
      stage_ = Stage::restarting;
      wake_ = kNever;
      return workshop.restart_with(stem_of(order_.location));
    case Stage::restarted:
      tell(workshop, FirmwareStatus::Installed);
      workshop.security_event("FirmwareUpdated", stem_of(order_.location));
      return end();
    case Stage::idle:
    case Stage::downloading:
    case Stage::restarting:
      return;
  }
}

void FirmwareUpdate::restarted() {
  if (stage_ == Stage::restarting) {
    stage_ = Stage::restarted;
    wake_ = TimePoint::min();
  } else if (stage_ != Stage::restarted) {
    end();
  }
}

void FirmwareUpdate::save(CompactWriter& writer, TimePoint now, bool whole) const {
  // A restart that it waits for is over when anybody reads this.
  writer.byte(static_cast<std::uint8_t>(stage_ == Stage::restarting ? Stage::restarted : stage_));
  writer.byte(static_cast<std::uint8_t>(told_));
  writer.number(tries_);
  write_until(writer, now, wake_);
  write_until(writer, now, order_.install);
  writer.number(order_.retries.count);
  writer.number(static_cast<std::uint64_t>(order_.retries.interval / std::chrono::milliseconds(1)));
  writer.long_text(order_.location);
  writer.byte(order_.request ? 1 : 0);
  if (order_.request) writer.signed_number(*order_.request);
  const bool checked = stage_ >= Stage::downloaded;
  writer.long_text(whole && !checked ? std::string_view(order_.certificate) : std::string_view());
  writer.long_text(whole && !checked ? std::string_view(order_.signature) : std::string_view());
}

bool FirmwareUpdate::restore(CompactReader& reader, TimePoint now) {
  const std::uint8_t stage = reader.byte();
  const std::uint8_t told = reader.byte();
  const std::uint64_t tries = reader.number();
  const TimePoint wake = read_until(reader, now);
  FirmwareOrder order;
  order.install = read_until(reader, now);
  const std::uint64_t retries = reader.number();
  const std::uint64_t interval = reader.number();
  order.location = reader.long_text();
  if (reader.byte() != 0) order.request = reader.signed_number();
  order.certificate = reader.long_text();
  order.signature = reader.long_text();
  constexpr std::uint64_t kIntervalMost = 400ULL * 24 * 3600 * 1000;  // ms; more than an order can have
  if (!reader.ok() || stage > static_cast<std::uint8_t>(Stage::restarted) ||
      told > static_cast<std::uint8_t>(FirmwareStatus::SignatureVerified) || tries > 1'000'000 ||
      retries > 1'000'000 || interval > kIntervalMost)
    return false;
  order.retries = {static_cast<std::uint32_t>(retries), std::chrono::milliseconds(interval)};
  order_ = std::move(order);
  stage_ = static_cast<Stage>(stage);
  told_ = static_cast<FirmwareStatus>(told);
  tries_ = static_cast<std::uint32_t>(tries);
  wake_ = wake;
  if (stage_ == Stage::restarting) stage_ = Stage::restarted;
  if (stage_ == Stage::restarted) wake_ = now;
  if (stage_ == Stage::downloading) {
    // The transfer is gone; that it was cut off is no try.
    stage_ = Stage::retrying;
    wake_ = now;
    tries_ = std::max(tries_, 1U) - 1;
  }
  if (order_.request && order_.certificate.empty() && stage_ < Stage::downloaded && stage_ != Stage::idle) {
    order_.location.clear();  // nobody could check it: the download fails
    order_.retries.count = 0;
  }
  return true;
}

}  // namespace vfleet::pile::ocpp16
