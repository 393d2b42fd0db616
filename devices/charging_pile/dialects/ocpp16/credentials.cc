#include "devices/charging_pile/dialects/ocpp16/credentials.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "devices/charging_pile/dialects/ocpp16/payload_fields.h"
#include "simulator/codec/json/writer.h"
#include "simulator/core/hash.h"

namespace vfleet::pile::ocpp16 {
namespace {

/// The same text once, as long as somebody has it.
std::shared_ptr<const std::string> shared_text(std::string_view text) {
  static std::unordered_map<std::uint64_t, std::weak_ptr<const std::string>> texts;
  auto& slot = texts[hash(text)];
  if (auto present = slot.lock(); present != nullptr && *present == text) return present;
  auto made = std::make_shared<const std::string>(text);
  slot = made;
  constexpr std::size_t kMany = 1024;
  if (texts.size() > kMany) std::erase_if(texts, [](const auto& each) { return each.second.expired(); });
  return made;
}

RootUse use_of(const nlohmann::json& request) {
  return text_of(request, "certificateType") == "ManufacturerRootCertificate" ? RootUse::manufacturer
                                                                              : RootUse::central_system;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

}  // namespace

void Credentials::install(RootUse use, std::string_view pem) {
  if (!has(use, pem)) roots_.push_back({use, shared_text(pem)});
}

bool Credentials::has(RootUse use, std::string_view pem) const {
  return std::any_of(roots_.begin(), roots_.end(),
                     [&](const Root& each) { return each.use == use && *each.pem == pem; });
}

bool Credentials::has(RootUse use) const {
  return std::any_of(roots_.begin(), roots_.end(), [use](const Root& each) { return each.use == use; });
}

Credentials::Deleted Credentials::remove(const CertificateHash& hash) {
  const auto removed = std::erase_if(roots_, [&](const Root& each) {
    const auto own = hash_of_root(*each.pem, hash.algorithm);
    return own && *own == hash;
  });
  return removed > 0 ? Deleted::yes : Deleted::not_found;
}

Result<std::string> Credentials::request_certificate(std::string_view common_name,
                                                     std::string_view organization) {
  auto made = make_certificate_request(common_name, organization);
  if (!made) return tl::unexpected(made.error());
  wished_key_ = std::move(made->key);
  return std::move(made->request);
}

Status Credentials::take_certificate(std::string_view chain, WallTime now) {
  if (wished_key_.empty()) return fail(Errc::invalid_argument, "no certificate was asked for");
  if (auto good = check_signed_certificate(chain, wished_key_, now); !good) return good;
  key_ = std::exchange(wished_key_, {});
  certificate_ = chain;
  return {};
}

Reply install_certificate(std::unique_ptr<Credentials>& credentials, std::size_t most,
                          const nlohmann::json& request, WallTime now) {
  const std::string_view pem = text_of(request, "certificate");
  if (auto good = check_root(pem, now); !good) return Reply::status("Rejected", good.error().detail);
  const bool there = credentials != nullptr && credentials->has(use_of(request), pem);
  if (!there && credentials != nullptr && credentials->roots().size() >= most) {
    return Reply::status(
        "Failed", "there are " + std::to_string(most) + " certificates already (CertificateStoreMaxLength)");
  }
  if (credentials == nullptr) credentials = std::make_unique<Credentials>();
  credentials->install(use_of(request), pem);
  return Reply::status("Accepted");
}

Reply delete_certificate(std::unique_ptr<Credentials>& credentials, const nlohmann::json& request) {
  const nlohmann::json& data = object_of(request, "certificateHashData");
  CertificateHash hash{.algorithm = std::string(text_of(data, "hashAlgorithm")),
                       .issuer_name = lower(text_of(data, "issuerNameHash")),
                       .issuer_key = lower(text_of(data, "issuerKeyHash")),
                       .serial = lower(text_of(data, "serialNumber"))};
  const auto first = hash.serial.find_first_not_of('0');
  hash.serial = first == std::string::npos ? "0" : hash.serial.substr(first);
  const bool deleted = credentials != nullptr && credentials->remove(hash) == Credentials::Deleted::yes;
  return Reply::status(deleted ? "Accepted" : "NotFound");
}

Reply get_installed_certificates(const Credentials* credentials, const nlohmann::json& request) {
  const RootUse use = use_of(request);
  if (credentials == nullptr || !credentials->has(use)) return Reply::status("NotFound");
  Reply reply;
  codec::json::Writer writer(reply.payload);
  writer.begin_object();
  writer.key("status").text("Accepted");
  writer.key("certificateHashData").begin_array();
  for (const Credentials::Root& each : credentials->roots()) {
    if (each.use != use) continue;
    const auto hash = hash_of_root(*each.pem);
    if (!hash) continue;
    writer.begin_object();
    writer.key("hashAlgorithm").text(hash->algorithm);
    writer.key("issuerNameHash").text(hash->issuer_name);
    writer.key("issuerKeyHash").text(hash->issuer_key);
    writer.key("serialNumber").text(hash->serial);
    writer.end_object();
  }
  writer.end_array();
  writer.end_object();
  return reply;
}

Reply certificate_signed(Credentials* credentials, const nlohmann::json& request, WallTime now) {
  if (credentials == nullptr) return Reply::status("Rejected", "no certificate was asked for");
  const auto taken = credentials->take_certificate(text_of(request, "certificateChain"), now);
  return taken ? Reply::status("Accepted") : Reply::status("Rejected", taken.error().detail);
}

}  // namespace vfleet::pile::ocpp16
