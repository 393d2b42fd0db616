// What the CSMS asks for of firmware, diagnostics and logs.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "devices/charging_pile/dialects/ocpp16/charge_point.h"
#include "devices/charging_pile/dialects/ocpp16/payload_fields.h"
#include "devices/charging_pile/dialects/ocpp16/signatures.h"
#include "devices/charging_pile/dialects/ocpp16/upkeep.h"

namespace vfleet::pile::ocpp16 {

namespace {

constexpr std::int64_t kYear = 366LL * 24 * 3600;

Retries retries_of(const nlohmann::json& payload, double time_scale) {
  const auto at_most = [&](const char* key, std::int64_t most) {
    return std::clamp<std::int64_t>(integer_of(payload, key).value_or(0), 0, most);
  };
  return {.count = static_cast<std::uint32_t>(at_most("retries", 1000)),
          .interval =
              device::in_model_time(std::chrono::seconds(at_most("retryInterval", kYear)), time_scale)};
}

std::string time_text(WallTime at) {
  codec::Buffer text;
  codec::json::Writer writer(text);
  codec::ocpp::write_date_time(writer, at);
  return text.substr(1, text.size() - 2);
}

/// Lines of a log: what the connectors show, every ten seconds. Thousands of them take milliseconds.
class LogLines {
 public:
  LogLines(Host& host, WallTime until) : until_(until) {
    const Station& station = host.station();
    for (ConnectorNumber n = 1; n <= station.connector_count(); ++n) {
      shown_.push_back(
          fmt::format(" connector {} {} {:.1f} Wh {:.0f} W", n, to_string(station.connector(n).status),
                      static_cast<double>(station.energy(n, host.context().now())) / 10,
                      station.connector(n).meter.power_w()));
    }
  }
  void operator()(std::size_t n, std::string& out) {
    time_.clear();
    codec::json::Writer writer(time_);
    codec::ocpp::write_date_time(writer, until_ - std::chrono::seconds(10 * n));
    out.append(time_, 1, time_.size() - 2).append(shown_[n % shown_.size()]);
  }

 private:
  WallTime until_;
  std::vector<std::string> shown_;
  codec::Buffer time_;
};

std::string diagnostics(Host& host, WallTime clock, const Upkeep& upkeep, bool security) {
  const PileConfig& config = host.config();
  std::string head =
      fmt::format("{} log of {}, {} {}, firmware {}\n", security ? "security" : "diagnostics",
                  host.context().id(), config.front.vendor, config.front.model, config.front.firmware);
  if (security) {
    for (const SecurityEvent& each : upkeep.events.events()) {
      head += fmt::format("{} {} {}\n", time_text(each.at), each.type, each.info);
    }
    return head;
  }
  LogLines lines(host, clock);
  return log_text(head, config.front.ocpp.maintenance.upload_bytes, std::ref(lines));
}

}  // namespace

// Of one that an earlier life had begun.
void ChargePoint::refill_upload(Host& host) {
  FileUpload& upload = upkeep_->upload;
  if (upload.wants_content()) upload.give(diagnostics(host, clock(host), *upkeep_, upload.of_security()));
}

TimePoint ChargePoint::model_time(Host& host, std::optional<WallTime> at) const {
  if (!at) return TimePoint::min();
  const WallTime now = clock(host);
  constexpr std::chrono::microseconds kMost = std::chrono::seconds(10 * kYear);
  return *at <= now ? TimePoint::min() : now_ + std::min<std::chrono::microseconds>(*at - now, kMost);
}

void ChargePoint::update_firmware(Request& request) {
  FirmwareOrder order;
  order.location = text_of(request.payload, "location");
  order.retrieve = model_time(request.host, time_of(request.payload, "retrieveDate"));
  order.retries = retries_of(request.payload, time_scale_);
  say_result(request.host, request.id, "{}");
  if (upkeep().firmware.installing()) {
    return request.host.context().note("UpdateFirmware: another one is being installed");
  }
  begin_firmware(request.host, std::move(order));
}

void ChargePoint::signed_update_firmware(Request& request) {
  Host& host = request.host;
  const nlohmann::json& firmware = object_of(request.payload, "firmware");
  FirmwareOrder order;
  order.location = text_of(firmware, "location");
  order.retrieve = model_time(host, time_of(firmware, "retrieveDateTime"));
  order.install = model_time(host, time_of(firmware, "installDateTime"));
  order.retries = retries_of(request.payload, time_scale_);
  order.request = integer_of(request.payload, "requestId").value_or(0);
  order.certificate = text_of(firmware, "signingCertificate");
  order.signature = text_of(firmware, "signature");
  if (upkeep().firmware.installing()) return answer_status(request, "Rejected");
  if (const auto good = check_signing_certificate(order.certificate, clock(host)); !good) {
    answer_reply(request, Reply::status("InvalidCertificate", good.error().detail));
    return add_security_event(host, "InvalidFirmwareSigningCertificate", good.error().detail);
  }
  answer_status(request, upkeep().firmware.idle() ? "Accepted" : "AcceptedCanceled");
  begin_firmware(host, std::move(order));
}

void ChargePoint::get_diagnostics(Request& request) {
  Host& host = request.host;
  UploadOrder order{.location = std::string(text_of(request.payload, "location")),
                    .file = upload_name("diagnostics", host.context().id(), clock(host)),
                    .retries = retries_of(request.payload, time_scale_),
                    .request = std::nullopt,
                    .security = false,
                    .content = diagnostics(host, clock(host), upkeep(), /*security=*/false)};
  answer(request,
         is_http(order.location) ? nlohmann::json{{"fileName", order.file}} : nlohmann::json::object());
  begin_upload(host, std::move(order));
}

void ChargePoint::get_log(Request& request) {
  Host& host = request.host;
  const nlohmann::json& log = object_of(request.payload, "log");
  const bool security = text_of(request.payload, "logType") == "SecurityLog";
  UploadOrder order{
      .location = std::string(text_of(log, "remoteLocation")),
      .file = upload_name(security ? "security" : "diagnostics", host.context().id(), clock(host)),
      .retries = retries_of(request.payload, time_scale_),
      .request = integer_of(request.payload, "requestId").value_or(0),
      .security = security,
      .content = diagnostics(host, clock(host), upkeep(), security)};
  answer(request,
         {{"status", upkeep().upload.idle() ? "Accepted" : "AcceptedCanceled"}, {"filename", order.file}});
  begin_upload(host, std::move(order));
}

}  // namespace vfleet::pile::ocpp16
