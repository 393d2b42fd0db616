// What the CSMS asks for of the security whitepaper: certificates, triggers, keys and profiles.
#include <charconv>
#include <nlohmann/json.hpp>

#include "devices/charging_pile/dialects/ocpp16/charge_point.h"
#include "devices/charging_pile/dialects/ocpp16/configuration_keys.h"
#include "devices/charging_pile/dialects/ocpp16/payload_fields.h"
#include "devices/charging_pile/dialects/ocpp16/security_profile.h"
#include "devices/charging_pile/dialects/ocpp16/upkeep.h"

namespace vfleet::pile::ocpp16 {

namespace {

constexpr std::string_view kProfilePath = "uplink.ocpp.security_profile";
constexpr std::string_view kKeyPath = "uplink.ocpp.password";
constexpr std::string_view kCertificatePath = "uplink.ocpp.client_certificate";
constexpr std::string_view kInstalled = "installed";
constexpr std::int64_t kMutualTls = 3;

std::int64_t number_at(Host& host, std::string_view path) {
  const std::string text = host.context().config_value(path).value_or("0");
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

bool set_at(Host& host, std::string_view path) {
  const auto value = host.context().config_value(path);
  return value && !value->empty();
}

std::string_view status_in(const nlohmann::json& payload) {
  return text_of(payload, "status");
}

}  // namespace

void ChargePoint::install_certificate(Request& request) {
  Host& host = request.host;
  const Reply reply =
      ocpp16::install_certificate(upkeep().credentials, host.config().front.ocpp.security.certificates_most,
                                  request.payload, clock(host));
  answer_reply(request, reply);
  if (status_in(nlohmann::json::parse(reply.payload)) == "Rejected") {
    add_security_event(host, "InvalidCentralSystemCertificate", reply.why);
  }
}

void ChargePoint::delete_certificate(Request& request) {
  answer_reply(request, ocpp16::delete_certificate(upkeep().credentials, request.payload));
}

void ChargePoint::get_installed_certificate_ids(Request& request) {
  const Credentials* credentials = upkeep_ == nullptr ? nullptr : upkeep_->credentials.get();
  answer_reply(request, get_installed_certificates(credentials, request.payload));
}

void ChargePoint::certificate_signed(Request& request) {
  Host& host = request.host;
  Credentials* credentials = upkeep_ == nullptr ? nullptr : upkeep_->credentials.get();
  const Reply reply = ocpp16::certificate_signed(credentials, request.payload, clock(host));
  answer_reply(request, reply);
  if (!reply.why.empty()) return add_security_event(host, "InvalidChargePointCertificate", reply.why);
  if (number_at(host, kProfilePath) < kMutualTls) return credentials->confirm();
  // It is used at once.
  try_profile(host);
  if (upkeep_->trial.from_file_before) {
    show_installed_certificate(host);
  } else {
    host.context().reconnect(/*drain=*/true);
  }
}

void ChargePoint::credentials(TlsCredentials& out) const {
  if (upkeep_ != nullptr && upkeep_->credentials != nullptr) upkeep_->credentials->give(out);
}

void ChargePoint::changes_security(Host& host, const ConfigurationKey& key, std::string_view value) {
  const Credentials* own = upkeep_ == nullptr ? nullptr : upkeep_->credentials.get();
  if (key.path != kProfilePath || value != "3" || own == nullptr || own->certificate().empty()) return;
  show_installed_certificate(host);
}

bool ChargePoint::make_certificate_request(Host& host) {
  Upkeep& keep = upkeep();
  if (keep.credentials == nullptr) keep.credentials = std::make_unique<Credentials>();
  auto made = keep.credentials->request_certificate(host.context().id().substr(0, 64),
                                                    host.config().front.ocpp.security.cpo_name);
  if (!made) {
    host.context().note("no certificate can be asked for: " + made.error().detail);
    return false;
  }
  keep.certificate_request = std::move(*made);
  return true;
}

void ChargePoint::extended_trigger_message(Request& request) {
  const std::string_view wanted = text_of(request.payload, "requestedMessage");
  if (wanted == "SignChargePointCertificate") {
    if (!make_certificate_request(request.host)) return answer_status(request, "Rejected");
    answer_status(request, "Accepted");
    return tell_asked(request.host, Action::SignCertificate, 0);
  }
  if (wanted == "LogStatusNotification") {
    answer_status(request, "Accepted");
    return tell_asked(request.host, Action::LogStatusNotification, 0);
  }
  if (wanted == "FirmwareStatusNotification") {
    answer_status(request, "Accepted");
    return tell_asked(request.host, Action::SignedFirmwareStatusNotification, 0);
  }
  trigger_message(request);
}

Status ChargePoint::may_change(Host& host, const ConfigurationKey& key, std::string_view value) {
  if (key.path == kKeyPath) {
    auto may = may_be_key(value, host.context().config_value("uplink.ocpp.password_as") == "hex");
    if (may) add_security_event(host, "ReconfigurationOfSecurityParameters", "AuthorizationKey");
    return may;
  }
  if (key.path != kProfilePath) return {};
  const Credentials* own = upkeep_ == nullptr ? nullptr : upkeep_->credentials.get();
  const bool unchecked = host.context().config_value("uplink.ocpp.tls.verify") == "false";
  const SecurityMeans means{.profile = number_at(host, kProfilePath),
                            .key = set_at(host, kKeyPath),
                            .central_root = unchecked || set_at(host, "uplink.ocpp.tls.ca") ||
                                            (own != nullptr && own->has(RootUse::central_system)),
                            .client_certificate = set_at(host, "uplink.ocpp.tls.cert") ||
                                                  (own != nullptr && !own->certificate().empty())};
  std::int64_t wanted = 0;
  std::from_chars(value.data(), value.data() + value.size(), wanted);
  if (auto may = may_raise_profile(means, wanted); !may) return may;
  try_profile(host);
  return {};
}

// What follows is taken back when it does not connect.
void ChargePoint::try_profile(Host& host) {
  Upkeep& keep = upkeep();
  keep.trial = {.profile_before = static_cast<std::uint8_t>(number_at(host, kProfilePath)),
                .from_file_before = host.context().config_value(kCertificatePath) != kInstalled};
  keep.falls_back_at = after(host.config().front.ocpp.security.fall_back_after);
}

// One that came over the wire goes before that of a file.
void ChargePoint::show_installed_certificate(Host& host) {
  if (host.context().config_value(kCertificatePath) == kInstalled) return;
  if (auto taken = host.context().patch_config(kCertificatePath, kInstalled); !taken)
    host.context().note("the installed certificate is not used: " + taken.error().detail);
}

// The connection stands, with whatever profile it has.
void ChargePoint::profile_works(Host& host) {
  if (upkeep_ == nullptr || upkeep_->falls_back_at == kNever) return;
  upkeep_->falls_back_at = kNever;
  if (upkeep_->credentials != nullptr) upkeep_->credentials->confirm();
  add_security_event(host, "ReconfigurationOfSecurityParameters",
                     number_at(host, kProfilePath) != upkeep_->trial.profile_before
                         ? "SecurityProfile"
                         : "ChargePointCertificate");
}

void ChargePoint::fall_back(Host& host) {
  upkeep_->falls_back_at = kNever;
  const auto [profile_before, from_file_before] = upkeep_->trial;
  const bool profile = number_at(host, kProfilePath) != profile_before;
  const bool source = from_file_before && host.context().config_value(kCertificatePath) == kInstalled;
  const bool own = upkeep_->credentials != nullptr && upkeep_->credentials->fall_back();
  const std::string before = std::to_string(profile_before);
  host.context().note(profile ? "the new security profile does not connect: back to " + before
                              : "the new certificate does not connect: back to the one before");
  const auto set = [&](std::string_view path, std::string_view value) {
    const auto taken = host.context().patch_config(path, value);
    if (!taken) host.context().note(std::string(path) + ": " + taken.error().detail);
  };
  if (profile) set(kProfilePath, before);
  if (source) set(kCertificatePath, "file");
  if (own && !profile && !source) host.context().reconnect(/*drain=*/false);
}

}  // namespace vfleet::pile::ocpp16
