#include "devices/charging_pile/dialects/ocpp16/credentials.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>
#include <utility>

#include "devices/charging_pile/dialects/ocpp16/payload_fields.h"
#include "simulator/codec/json/writer.h"
#include "simulator/core/hash.h"

namespace vfleet::pile::ocpp16 {
namespace {

/// The same bytes once, as long as somebody has them.
std::shared_ptr<const std::string> shared_bytes(std::string_view text) {
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

std::string no_room() {
  return "there is no room for it: " + std::to_string(Credentials::kBytesMost) +
         " bytes of certificates and keys are kept";
}

// Each part as its length in two bytes, and its bytes.

class PartWriter {
 public:
  explicit PartWriter(std::span<std::byte> out) : out_(out) {}
  void put(std::string_view part) {
    const auto length = static_cast<std::uint16_t>(part.size());
    if (out_.size() - at_ < sizeof length + part.size()) fits_ = false;
    if (!fits_) return;
    std::memcpy(out_.data() + at_, &length, sizeof length);
    std::memcpy(out_.data() + at_ + sizeof length, part.data(), part.size());
    at_ += sizeof length + part.size();
  }
  [[nodiscard]] std::size_t written() const { return fits_ ? at_ : 0; }

 private:
  std::span<std::byte> out_;
  std::size_t at_ = 0;
  bool fits_ = true;
};

class PartReader {
 public:
  explicit PartReader(std::span<const std::byte> bytes) : bytes_(bytes) {}
  [[nodiscard]] bool get(std::string& part) {
    std::uint16_t length = 0;
    if (bytes_.size() < sizeof length) return false;
    std::memcpy(&length, bytes_.data(), sizeof length);
    bytes_ = bytes_.subspan(sizeof length);
    if (bytes_.size() < length) return false;
    part.assign(reinterpret_cast<const char*>(bytes_.data()), length);
    bytes_ = bytes_.subspan(length);
    return true;
  }
  [[nodiscard]] bool at_end() const { return bytes_.empty(); }

 private:
  std::span<const std::byte> bytes_;
};

}  // namespace

void Credentials::install(RootUse use, std::string_view der) {
  if (!has(use, der)) roots_.push_back({use, shared_bytes(der)});
}

bool Credentials::has(RootUse use, std::string_view der) const {
  return std::any_of(roots_.begin(), roots_.end(),
                     [&](const Root& each) { return each.use == use && *each.der == der; });
}

bool Credentials::has(RootUse use) const {
  return std::any_of(roots_.begin(), roots_.end(), [use](const Root& each) { return each.use == use; });
}

Credentials::Deleted Credentials::remove(const CertificateHash& hash) {
  const auto removed = std::erase_if(roots_, [&](const Root& each) {
    const auto own = hash_of_root(*each.der, hash.algorithm);
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
  auto read = read_signed_certificate(chain, wished_key_, now);
  if (!read) return tl::unexpected(read.error());
  // The one before gives way: to fall back is worth less than to have it.
  const std::size_t without = size() - before_.size();
  if (without + read->size() > kBytesMost) {
    if (without - own_.size() + read->size() > kBytesMost) return fail(Errc::rejected, no_room());
    own_ = {};
  }
  before_ = std::exchange(own_, {std::exchange(wished_key_, {}), std::move(*read)});
  return {};
}

bool Credentials::fall_back() {
  if (before_.certificate.empty()) return false;
  own_ = std::exchange(before_, {});
  return true;
}

void Credentials::give(TlsCredentials& out) const {
  for (const Root& each : roots_) {
    if (each.use == RootUse::central_system) out.roots += *each.der;
  }
  out.certificate = own_.certificate;
  out.key = own_.key;
}

std::size_t Credentials::size() const {
  std::size_t bytes = wished_key_.size() + own_.size() + before_.size();
  for (const Root& each : roots_) bytes += each.der->size();
  return bytes;
}

std::size_t Credentials::saved_size() const {
  constexpr std::size_t kOwnParts = 5;
  constexpr std::size_t kRootParts = 2;
  return size() + roots_.size() + sizeof(std::uint16_t) * (kOwnParts + kRootParts * roots_.size());
}

std::size_t Credentials::save(std::span<std::byte> out) const {
  PartWriter writer(out);
  writer.put(wished_key_);
  for (const Own* each : {&own_, &before_}) {
    writer.put(each->key);
    writer.put(each->certificate);
  }
  for (const Root& each : roots_) {
    const auto use = static_cast<char>(each.use);
    writer.put({&use, 1});
    writer.put(*each.der);
  }
  return writer.written();
}

bool Credentials::restore(std::span<const std::byte> saved) {
  PartReader reader(saved);
  Credentials made;
  bool whole = reader.get(made.wished_key_);
  for (Own* each : {&made.own_, &made.before_}) {
    whole = whole && reader.get(each->key) && reader.get(each->certificate);
  }
  while (whole && !reader.at_end()) {
    std::string use;
    std::string der;
    whole = reader.get(use) && reader.get(der) && use.size() == 1 &&
            (use[0] == 0 || use[0] == static_cast<char>(RootUse::manufacturer));
    if (whole) made.install(static_cast<RootUse>(use[0]), der);
  }
  if (!whole || made.size() > kBytesMost) return false;
  *this = std::move(made);
  return true;
}

Reply install_certificate(std::unique_ptr<Credentials>& credentials, std::size_t most,
                          const nlohmann::json& request, WallTime now) {
  const auto root = read_root(text_of(request, "certificate"), now);
  if (!root) return Reply::status("Rejected", root.error().detail);
  const bool there = credentials != nullptr && credentials->has(use_of(request), *root);
  if (!there && credentials != nullptr && credentials->roots().size() >= most) {
    return Reply::status(
        "Failed", "there are " + std::to_string(most) + " certificates already (CertificateStoreMaxLength)");
  }
  const bool fits =
      credentials != nullptr ? credentials->has_room(root->size()) : root->size() <= Credentials::kBytesMost;
  if (!there && !fits) return Reply::status("Failed", no_room());
  if (credentials == nullptr) credentials = std::make_unique<Credentials>();
  credentials->install(use_of(request), *root);
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
    const auto hash = hash_of_root(*each.der);
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
