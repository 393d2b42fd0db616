// Firmware, uploads and security events: how they go on beside everything else, and what is told of them.
#include <algorithm>
#include <utility>

#include "devices/charging_pile/dialects/ocpp16/charge_point.h"
#include "devices/charging_pile/dialects/ocpp16/upkeep.h"
#include "simulator/codec/ocpp/date_time.h"

namespace vfleet::pile::ocpp16 {

using namespace std::chrono_literals;

namespace {
// What waits to be told at most, beyond that the oldest goes: a CSMS that is away for long.
constexpr std::size_t kNoticesMost = 32;
// An installation waits so long for its last word to be answered.
constexpr Duration kLastWord = 10s;
}  // namespace

/// The charge point's own workshop, for one call.
class ChargePoint::Bench final : public Workshop {
 public:
  Bench(ChargePoint& owner, Host& host) : owner_(owner), host_(host) {}

  [[nodiscard]] TimePoint now() const override { return owner_.now_; }
  [[nodiscard]] const MaintenanceSettings& settings() const override {
    return host_.config().front.ocpp.maintenance;
  }
  void notify(const Notice& notice) override {
    auto& notices = owner_.upkeep().notices;
    notices.push_back(notice);
    if (notices.size() > kNoticesMost) notices.pop_front();
    owner_.note_work();
  }
  Result<device::TransferId> fetch(const device::Transfer& transfer) override {
    auto id = host_.context().fetch(transfer);
    if (!id) host_.context().note("a transfer cannot start: " + id.error().detail);
    return id;
  }
  void cancel_fetch(device::TransferId id) override { host_.context().cancel_fetch(id); }
  [[nodiscard]] bool charging() const override {
    const Station& station = host_.station();
    for (ConnectorNumber n = 1; n <= station.connector_count(); ++n) {
      if (station.connector(n).active()) return true;
    }
    return false;
  }
  void restart_with(std::string_view version) override {
    if (!version.empty()) {
      const auto taken = host_.context().patch_config("firmware", version.substr(0, 50));
      if (!taken) host_.context().note("the new firmware's version was not taken: " + taken.error().detail);
    }
    owner_.add_security_event(host_, "ResetOrReboot", "firmware");
    owner_.resets_as_ = StopReason::reboot;
    owner_.reset_at_ = owner_.after(kLastWord);
    owner_.note_work();
  }
  void security_event(std::string_view type, std::string_view info) override {
    owner_.add_security_event(host_, type, info);
  }

 private:
  ChargePoint& owner_;
  Host& host_;
};

Upkeep& ChargePoint::upkeep() {
  if (upkeep_ == nullptr) upkeep_ = std::make_unique<Upkeep>();
  return *upkeep_;
}

void ChargePoint::add_security_event(Host& host, std::string_view type, std::string_view info) {
  const SecuritySettings& settings = host.config().front.ocpp.security;
  if (!settings.events) return;
  const bool tell = settings.all_events || is_critical(type);
  upkeep().events.add({std::string(type), std::string(info), clock(host), tell});
  if (tell) note_work();
}

Status ChargePoint::tamper(Host& host, std::string_view info) {
  enter(host);
  if (!host.config().front.ocpp.security.events) {
    return fail(Errc::rejected, "tells no security events: set ocpp.security.events=true");
  }
  add_security_event(host, "TamperDetectionActivated", info);
  return {};
}

bool ChargePoint::link_failed(Host& host, std::string_view reason) {
  if (!host.config().front.ocpp.security.events) return false;
  enter(host);
  const auto event = [&]() -> std::string_view {
    if (reason == "unauthorized" || reason == "forbidden") return "FailedToAuthenticateAtCentralSystem";
    if (reason.starts_with("certificate_") && reason != "certificate_unreadable")
      return "InvalidCentralSystemCertificate";
    if (reason == "tls_version" || reason == "tls_alert_protocol_version") return "InvalidTLSVersion";
    if (reason == "tls_alert_insufficient_security") return "InvalidTLSCipherSuite";
    return {};
  }();
  if (event.empty()) return false;
  add_security_event(host, event, reason);
  return true;
}

// Once, until there is room again.
void ChargePoint::memory_is_full(Host& host) {
  if (std::exchange(memory_full_, true)) return;
  add_security_event(host, "MemoryExhaustion", "transaction messages");
}

void ChargePoint::begin_firmware(Host& host, FirmwareOrder order) {
  Bench bench(*this, host);
  upkeep().firmware.begin(bench, std::move(order));
}

void ChargePoint::begin_upload(Host& host, UploadOrder order) {
  Bench bench(*this, host);
  upkeep().upload.begin(bench, std::move(order));
}

void ChargePoint::fetched(Host& host, const device::Transferred& transferred) {
  enter(host);
  if (upkeep_ == nullptr) return;
  if (!transferred.status) host.context().note("a transfer failed: " + transferred.status.error().detail);
  Bench bench(*this, host);
  if (!upkeep_->firmware.transferred(bench, transferred)) {
    (void)upkeep_->upload.transferred(bench, transferred);  // or of nobody who still waits
  }
  note_work();
}

void ChargePoint::advance_upkeep(Host& host) {
  if (upkeep_ == nullptr) return;
  Bench bench(*this, host);
  upkeep_->firmware.advance(bench);
  refill_upload(host);
  upkeep_->upload.advance(bench);
  if (upkeep_->falls_back_at <= now_) fall_back(host);
  tell_notices(host);
}

void ChargePoint::tell_notices(Host& host) {
  if (!speaks()) return;
  while (!upkeep_->notices.empty()) {
    const Notice notice = upkeep_->notices.front();
    if (!calls_.add({.action = notice.action, .detail = upkeep_->pack(notice), .due = now_})) return;
    upkeep_->notices.pop_front();
  }
  if (upkeep_->telling_event || upkeep_->events.untold() == nullptr) return;
  upkeep_->telling_event =
      calls_.add({.action = Action::SecurityEventNotification, .detail = Upkeep::kNotice, .due = now_});
  if (!upkeep_->telling_event) host.context().note("too much waits to be sent: a security event waits, too");
}

// The connection was gone before it was answered.
void ChargePoint::notice_unsaid(Action action, std::uint32_t detail) {
  if (upkeep_ == nullptr || (detail & Upkeep::kNotice) == 0) return;
  if (action == Action::SecurityEventNotification) {
    upkeep_->telling_event = false;
  } else if (const Notice notice = upkeep_->unpack(action, detail & ~Upkeep::kNotice); can_say(notice)) {
    upkeep_->notices.push_back(notice);
  }
  note_work();
}

void ChargePoint::notice_settled(const codec::ocpp::Settled& settled) {
  if (upkeep_ == nullptr || (settled.detail & Upkeep::kNotice) == 0) return;
  if (settled.how == codec::ocpp::Settled::How::cut_off) return notice_unsaid(settled.action, settled.detail);
  if (settled.action != Action::SecurityEventNotification) return;
  // An answer that says no is one: it is not told again.
  upkeep_->telling_event = false;
  if (settled.how != codec::ocpp::Settled::How::timed_out) upkeep_->events.told();
  note_work();
}

void ChargePoint::upkeep_booted(Host& host) {
  if (upkeep_ != nullptr) {
    upkeep_->telling_event = false;
    upkeep_->notices.clear();
    upkeep_->firmware.restarted();
    upkeep_->upload.restarted();
  }
  add_security_event(host, "StartupOfTheDevice", "");
}

void ChargePoint::write_notice(codec::json::Writer& writer, const PileView& view,
                               const codec::ocpp::Outgoing& out) const {
  const bool ours = upkeep_ != nullptr && (out.detail & Upkeep::kNotice) != 0;
  if (out.action == Action::SecurityEventNotification) {
    const SecurityEvent* event = ours ? upkeep_->events.untold() : nullptr;
    writer.key("type").text(event != nullptr ? event->type : std::string_view("StartupOfTheDevice"));
    writer.key("timestamp");
    codec::ocpp::write_date_time(writer, event != nullptr ? event->at : view.wall, 3);
    if (event != nullptr && !event->info.empty()) writer.key("techInfo").text(event->info);
    return;
  }
  if (out.action == Action::SignCertificate) {
    writer.key("csr").text(upkeep_ != nullptr ? std::string_view(upkeep_->certificate_request)
                                              : std::string_view());
    return;
  }
  // What an operator or the CSMS wants told: what holds now.
  const Notice notice =
      ours ? upkeep_->unpack(out.action, out.detail & ~Upkeep::kNotice) : notice_now(out.action);
  writer.key("status").text(word_of(notice));
  // One that is idle is of no request.
  if (has_request(out.action) && (ours || notice.status != 0)) {
    writer.key("requestId").integer(notice.request);
  }
}

Notice ChargePoint::notice_now(Action action) const {
  Notice out{.action = action};
  if (upkeep_ == nullptr) return out;
  const bool firmware =
      action == Action::FirmwareStatusNotification || action == Action::SignedFirmwareStatusNotification;
  out.status = firmware ? static_cast<std::uint8_t>(upkeep_->firmware.status())
                        : static_cast<std::uint8_t>(upkeep_->upload.status());
  const auto request = firmware ? upkeep_->firmware.request() : upkeep_->upload.request();
  if (out.status != 0) out.request = request.value_or(0);
  if (!can_say(out)) out.status = 0;
  return out;
}

}  // namespace vfleet::pile::ocpp16
