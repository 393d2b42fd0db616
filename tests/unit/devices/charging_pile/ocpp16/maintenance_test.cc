// Firmware updates and uploads of OCPP 1.6 and its security whitepaper, as sequences of what is told.
#include <gtest/gtest.h>
#include <openssl/rsa.h>

#include <array>
#include <deque>

#include "devices/charging_pile/dialects/ocpp16/file_upload.h"
#include "devices/charging_pile/dialects/ocpp16/firmware_update.h"
#include "devices/charging_pile/dialects/ocpp16/openssl_handles.h"
#include "devices/charging_pile/dialects/ocpp16/signatures.h"
#include "simulator/codec/ocpp/date_time.h"
#include "simulator/core/base64.h"
#include "simulator/net/certificates.h"

namespace vfleet::pile::ocpp16 {
namespace {

using namespace std::chrono_literals;
using codec::ocpp::Action;
using Method = device::Transfer::Method;

WallTime at(std::string_view text) {
  return codec::ocpp::read_date_time(text)->at;
}

/// A charge point's world: what is told and fetched is written down, time moves by hand.
class FakeWorkshop final : public Workshop {
 public:
  struct Fetch {
    device::TransferId id;
    Method method;
    std::string url;
    std::string body;
    bool cancelled = false;
  };

  [[nodiscard]] TimePoint now() const override { return time; }
  [[nodiscard]] const MaintenanceSettings& settings() const override { return with; }
  void notify(const Notice& notice) override {
    said += (said.empty() ? "" : " ") + std::string(word_of(notice));
    if (has_request(notice.action)) said += "#" + std::to_string(notice.request);
    last = notice.action;
  }
  Result<device::TransferId> fetch(const device::Transfer& transfer) override {
    if (no_network) return fail(Errc::unavailable, "no network");
    fetches.push_back({static_cast<device::TransferId>(fetches.size() + 1), transfer.method,
                       std::string(transfer.url), std::string(transfer.body)});
    return fetches.back().id;
  }
  void cancel_fetch(device::TransferId id) override { fetches.at(id - 1).cancelled = true; }
  [[nodiscard]] bool charging() const override { return in_session; }
  void restart_with(std::string_view version) override { restarted_with = version; }
  void security_event(std::string_view type, std::string_view) override { events.emplace_back(type); }

  template <class Work>
  bool end_fetch(Work& work, unsigned http_status, std::string_view body = {}) {
    Status status;
    if (http_status == 0) status = fail(Errc::link_down, "connection_refused");
    if (http_status > 299) status = fail(Errc::rejected, "HTTP status");
    return work.transferred(
        *this,
        {.id = fetches.back().id, .status = std::move(status), .http_status = http_status, .body = body});
  }
  template <class Work>
  void pass(Work& work, Duration span) {
    time += span;
    work.advance(*this);
  }

  TimePoint time{1h};
  MaintenanceSettings with;
  bool in_session = false;
  bool no_network = false;
  std::string said;
  Action last = Action::Heartbeat;
  std::vector<Fetch> fetches;
  std::string restarted_with;
  std::vector<std::string> events;
};

FirmwareOrder order(std::string location, TimePoint retrieve = TimePoint::min(), Retries retries = {}) {
  FirmwareOrder out;
  out.location = std::move(location);
  out.retrieve = retrieve;
  out.retries = retries;
  return out;
}

TEST(Ocpp16FirmwareUpdate, DownloadsInstallsRestartsAndTellsEachStep) {
  FakeWorkshop shop;
  FirmwareUpdate update;
  EXPECT_TRUE(update.idle());
  update.begin(shop, order("http://files/fw/VP-2.1.0.bin?token=1"));
  ASSERT_EQ(shop.fetches.size(), 1U);
  EXPECT_EQ(shop.fetches[0].url, "http://files/fw/VP-2.1.0.bin?token=1");
  EXPECT_EQ(update.status(), FirmwareStatus::Downloading);
  EXPECT_FALSE(update.transferred(shop, {.id = 99, .status = {}}));
  EXPECT_TRUE(shop.end_fetch(update, 200, "bytes"));
  EXPECT_EQ(shop.said, "Downloading Downloaded Installing");
  EXPECT_EQ(shop.last, Action::FirmwareStatusNotification);
  EXPECT_TRUE(update.installing());
  EXPECT_EQ(update.wake(), shop.time + 20s);
  shop.pass(update, 20s);
  EXPECT_EQ(shop.restarted_with, "VP-2.1.0");
  EXPECT_EQ(shop.said, "Downloading Downloaded Installing");  // 1.6 has no word for the restart
  update.restarted();
  EXPECT_LE(update.wake(), shop.time);
  shop.pass(update, 15s);
  EXPECT_EQ(shop.said, "Downloading Downloaded Installing Installed");
  EXPECT_EQ(shop.events, std::vector<std::string>{"FirmwareUpdated"});
  EXPECT_TRUE(update.idle());
  EXPECT_EQ(update.status(), FirmwareStatus::Idle);
  EXPECT_EQ(update.wake(), kNever);
}

TEST(Ocpp16FirmwareUpdate, WaitsForItsTimeAndForTransactionsToEnd) {
  FakeWorkshop shop;
  FirmwareUpdate update;
  update.begin(shop, order("http://files/a.bin", shop.time + 1h));
  EXPECT_EQ(shop.said, "");
  EXPECT_EQ(update.wake(), shop.time + 1h);
  shop.pass(update, 59min);
  EXPECT_TRUE(shop.fetches.empty());
  shop.pass(update, 1min);
  shop.in_session = true;
  shop.end_fetch(update, 200);
  EXPECT_EQ(shop.said, "Downloading Downloaded");
  shop.pass(update, 1h);
  EXPECT_EQ(shop.said, "Downloading Downloaded");
  shop.in_session = false;
  shop.pass(update, 1s);
  EXPECT_EQ(shop.said, "Downloading Downloaded Installing");
}

TEST(Ocpp16FirmwareUpdate, TriesAgainAfterTheIntervalAndThenGivesUp) {
  FakeWorkshop shop;
  FirmwareUpdate update;
  update.begin(shop, order("http://files/a.bin", TimePoint::min(), {.count = 2, .interval = 30s}));
  for (int i = 0; i < 2; ++i) {
    shop.end_fetch(update, i == 0 ? 0 : 404);
    EXPECT_EQ(update.wake(), shop.time + 30s);
    shop.pass(update, 30s);
  }
  EXPECT_EQ(shop.fetches.size(), 3U);
  EXPECT_EQ(shop.said, "Downloading");
  shop.end_fetch(update, 500);
  EXPECT_EQ(shop.said, "Downloading DownloadFailed");
  EXPECT_TRUE(update.idle());
  // What cannot be fetched at all.
  shop.said.clear();
  update.begin(shop, order("ftp://files/a.bin"));
  EXPECT_EQ(shop.said, "Downloading DownloadFailed");
  shop.said.clear();
  shop.no_network = true;
  update.begin(shop, order("http://files/a.bin"));
  EXPECT_EQ(shop.said, "Downloading DownloadFailed");
}

TEST(Ocpp16FirmwareUpdate, FailsWhereAnOperatorWantsIt) {
  FakeWorkshop shop;
  FirmwareUpdate update;
  shop.with.firmware_fails = MaintenanceSettings::FirmwareFails::download;
  update.begin(shop, order("http://files/a.bin"));
  shop.end_fetch(update, 200);
  EXPECT_EQ(shop.said, "Downloading DownloadFailed");
  shop.said.clear();
  shop.with.firmware_fails = MaintenanceSettings::FirmwareFails::install;
  update.begin(shop, order("http://files/a.bin"));
  shop.end_fetch(update, 200);
  shop.pass(update, 20s);
  EXPECT_EQ(shop.said, "Downloading Downloaded Installing InstallationFailed");
  EXPECT_EQ(shop.restarted_with, "");
  EXPECT_TRUE(update.idle());
}

TEST(Ocpp16FirmwareUpdate, ANewOrderTakesThePlaceOfTheOldAndARestartEndsIt) {
  FakeWorkshop shop;
  FirmwareUpdate update;
  update.begin(shop, order("http://files/a.bin"));
  update.begin(shop, order("http://files/b.bin"));
  EXPECT_TRUE(shop.fetches[0].cancelled);
  EXPECT_FALSE(update.transferred(shop, {.id = 1, .status = {}}));
  update.restarted();
  EXPECT_TRUE(update.idle());
  EXPECT_FALSE(update.transferred(shop, {.id = 2, .status = {}}));
}

/// A certificate with its key, and what that key signs.
struct Signer {
  net::PemPair pair;

  static Signer make(WallTime from = at("2026-01-01T00:00:00Z"),
                     WallTime until = at("2027-01-01T00:00:00Z")) {
    const auto ca = net::CertificateAuthority::make("firmware maker", from, until);
    EXPECT_TRUE(ca);
    return {ca->pem()};
  }
  [[nodiscard]] std::string sign(std::string_view bytes) const {
    const auto bio = reading(pair.key);
    const OpensslPtr<EVP_PKEY> key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
    const OpensslPtr<EVP_MD_CTX> context(EVP_MD_CTX_new());
    std::array<unsigned char, 512> out;
    std::size_t size = out.size();
    EXPECT_EQ(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()), 1);
    EXPECT_EQ(EVP_DigestSign(context.get(), out.data(), &size,
                             reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()),
              1);
    return base64_encode({reinterpret_cast<const char*>(out.data()), size});
  }
};

TEST(Ocpp16FirmwareUpdate, ASignedOneIsCheckedForReal) {
  const Signer signer = Signer::make();
  FakeWorkshop shop;
  FirmwareUpdate update;
  const auto signed_order = [&](std::string_view content) {
    FirmwareOrder out = order("http://files/s.bin", shop.time + 10s);
    out.request = 7;
    out.install = shop.time + 1min;
    out.certificate = signer.pair.certificate;
    out.signature = signer.sign(content);
    return out;
  };
  update.begin(shop, signed_order("firmware"));
  shop.pass(update, 10s);
  shop.end_fetch(update, 200, "firmware");
  EXPECT_EQ(shop.said,
            "DownloadScheduled#7 Downloading#7 Downloaded#7 SignatureVerified#7 InstallScheduled#7");
  EXPECT_EQ(shop.last, Action::SignedFirmwareStatusNotification);
  shop.pass(update, 50s);
  shop.pass(update, 20s);
  update.restarted();
  update.advance(shop);
  EXPECT_TRUE(shop.said.ends_with("InstallScheduled#7 Installing#7 InstallRebooting#7 Installed#7"))
      << shop.said;

  shop.said.clear();
  shop.events.clear();
  update.begin(shop, signed_order("another firmware"));
  shop.pass(update, 10s);
  shop.end_fetch(update, 200, "firmware");
  EXPECT_EQ(shop.said, "DownloadScheduled#7 Downloading#7 Downloaded#7 InvalidSignature#7");
  EXPECT_EQ(shop.events, std::vector<std::string>{"InvalidFirmwareSignature"});
  EXPECT_TRUE(update.idle());

  shop.said.clear();
  shop.with.firmware_fails = MaintenanceSettings::FirmwareFails::signature;
  update.begin(shop, signed_order("firmware"));
  shop.pass(update, 10s);
  shop.end_fetch(update, 200, "firmware");
  EXPECT_TRUE(shop.said.ends_with("InvalidSignature#7"));
}

TEST(Ocpp16Signatures, AreThoseOfRsaToo) {
  // A key of 2048 bits and a certificate of its own, signed by itself.
  const OpensslPtr<EVP_PKEY> key(EVP_RSA_gen(2048));
  const OpensslPtr<X509> made(X509_new());
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
  ASN1_TIME_set(X509_getm_notBefore(made.get()), 1'700'000'000);
  ASN1_TIME_set(X509_getm_notAfter(made.get()), 1'900'000'000);
  X509_set_pubkey(made.get(), key.get());
  ASSERT_GT(X509_sign(made.get(), key.get(), EVP_sha256()), 0);
  const OpensslPtr<BIO> out(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(out.get(), made.get());
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  const std::string certificate(text, static_cast<std::size_t>(size));
  for (const int padding : {RSA_PKCS1_PADDING, RSA_PKCS1_PSS_PADDING}) {
    const OpensslPtr<EVP_MD_CTX> context(EVP_MD_CTX_new());
    EVP_PKEY_CTX* parameters = nullptr;
    ASSERT_EQ(EVP_DigestSignInit(context.get(), &parameters, EVP_sha256(), nullptr, key.get()), 1);
    ASSERT_EQ(EVP_PKEY_CTX_set_rsa_padding(parameters, padding), 1);
    std::array<unsigned char, 256> signature;
    std::size_t length = signature.size();
    const std::string_view bytes = "firmware";
    ASSERT_EQ(EVP_DigestSign(context.get(), signature.data(), &length,
                             reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()),
              1);
    const std::string encoded = base64_encode({reinterpret_cast<const char*>(signature.data()), length});
    EXPECT_TRUE(verify_signature(certificate, encoded, "firmware"));
    EXPECT_EQ(verify_signature(certificate, encoded, "firmwarf").error().code, Errc::rejected);
  }
  EXPECT_TRUE(check_signing_certificate(certificate, at("2026-01-01T00:00:00Z")));
}

TEST(Ocpp16Signatures, ACertificateMustBeOneAndValidNow) {
  const Signer signer = Signer::make();
  const std::string& pem = signer.pair.certificate;
  EXPECT_TRUE(check_signing_certificate(pem, at("2026-06-01T00:00:00Z")));
  EXPECT_EQ(check_signing_certificate(pem, at("2025-06-01T00:00:00Z")).error().detail,
            "the certificate is not valid yet");
  EXPECT_EQ(check_signing_certificate(pem, at("2028-06-01T00:00:00Z")).error().detail,
            "the certificate has expired");
  EXPECT_EQ(check_signing_certificate("no PEM", at("2026-06-01T00:00:00Z")).error().detail,
            "the certificate cannot be read");
  EXPECT_FALSE(verify_signature(pem, "no base64!", "x"));
  EXPECT_FALSE(verify_signature("no PEM", signer.sign("x"), "x"));
  EXPECT_FALSE(verify_signature(pem, Signer::make().sign("x"), "x"));
  EXPECT_TRUE(verify_signature(pem, signer.sign("x"), "x"));
}

UploadOrder upload(std::string location, std::optional<std::int64_t> request = std::nullopt,
                   Retries retries = {}) {
  return {.location = std::move(location),
          .file = "f.txt",
          .retries = retries,
          .request = request,
          .content = "lines"};
}

TEST(Ocpp16FileUpload, PutsTheFileBelowItsLocationOrPostsItThere) {
  FakeWorkshop shop;
  FileUpload work;
  work.begin(shop, upload("http://logs/in"));
  EXPECT_EQ(shop.fetches.back().url, "http://logs/in/f.txt");
  EXPECT_EQ(shop.fetches.back().method, Method::put);
  EXPECT_EQ(shop.fetches.back().body, "lines");
  EXPECT_EQ(work.status(), UploadStatus::Uploading);
  EXPECT_TRUE(shop.end_fetch(work, 201));
  EXPECT_EQ(shop.said, "Uploading Uploaded");
  EXPECT_EQ(shop.last, Action::DiagnosticsStatusNotification);
  EXPECT_TRUE(work.idle());

  shop.said.clear();
  shop.with.upload_method = MaintenanceSettings::UploadMethod::post;
  work.begin(shop, upload("https://logs/in/", 12));
  EXPECT_EQ(shop.fetches.back().url, "https://logs/in/");
  EXPECT_EQ(shop.fetches.back().method, Method::post);
  shop.end_fetch(work, 200);
  EXPECT_EQ(shop.said, "Uploading#12 Uploaded#12");
  EXPECT_EQ(shop.last, Action::LogStatusNotification);
}

TEST(Ocpp16FileUpload, AFileGoesToThePathNotBehindTheQuery) {
  FakeWorkshop shop;
  for (const auto& [location, url] : std::initializer_list<std::pair<std::string, std::string>>{
           {"https://logs/in?key=a/b", "https://logs/in/f.txt?key=a/b"},
           {"http://logs/in/?x#top", "http://logs/in/f.txt?x#top"},
           {"http://logs/in#top", "http://logs/in/f.txt#top"}}) {
    FileUpload upload;
    upload.begin(shop, {.location = location, .file = "f.txt", .retries = {}, .request = {}, .content = "x"});
    EXPECT_EQ(shop.fetches.back().url, url);
  }
}

/// Another life of `work`, with what it saved.
template <class Work, class Save>
Work reborn(const FakeWorkshop& shop, const Save& save) {
  std::array<std::byte, 8192> bytes;
  CompactWriter writer(bytes);
  save(writer);
  EXPECT_TRUE(writer.ok());
  for (std::size_t cut = 0; cut < writer.size(); ++cut) {
    CompactReader reader{std::span(bytes).first(cut)};
    Work none;
    EXPECT_FALSE(none.restore(reader, shop.time)) << cut;
    EXPECT_TRUE(none.idle());
  }
  CompactReader reader{std::span(bytes).first(writer.size())};
  Work out;
  EXPECT_TRUE(out.restore(reader, shop.time));
  EXPECT_EQ(reader.left(), 0U);
  return out;
}
FirmwareUpdate reborn(const FakeWorkshop& shop, const FirmwareUpdate& from, bool whole = true) {
  return reborn<FirmwareUpdate>(shop, [&](CompactWriter& to) { from.save(to, shop.time, whole); });
}

TEST(Ocpp16FirmwareUpdate, GoesOnInAnotherLifeWhereverItStood) {
  FakeWorkshop shop;
  FirmwareUpdate update;
  update.begin(shop, order("http://files/VP-2.bin", shop.time + 1h, {1, 60s}));
  update = reborn(shop, update);
  EXPECT_EQ(update.wake(), shop.time + 1h);
  shop.pass(update, 1h);
  EXPECT_EQ(shop.said, "Downloading");
  // On its way: fetched anew, and what was cut off is no try.
  update = reborn(shop, update);
  shop.pass(update, 0s);
  ASSERT_EQ(shop.fetches.size(), 2U);
  EXPECT_EQ(shop.said, "Downloading");
  shop.end_fetch(update, 500);
  update = reborn(shop, update);
  shop.pass(update, 60s);
  ASSERT_EQ(shop.fetches.size(), 3U) << "the retry that it has";
  shop.in_session = true;
  shop.end_fetch(update, 200, "x");
  EXPECT_EQ(shop.said, "Downloading Downloaded");
  update = reborn(shop, update);
  shop.pass(update, 1h);
  shop.in_session = false;
  shop.pass(update, 1s);
  EXPECT_EQ(shop.said, "Downloading Downloaded Installing");
  shop.pass(update, 5s);
  update = reborn(shop, update);
  shop.pass(update, shop.with.install_time - 5s);
  EXPECT_EQ(shop.restarted_with, "VP-2");
  update = reborn(shop, update);
  shop.pass(update, 0s);
  EXPECT_EQ(shop.said, "Downloading Downloaded Installing Installed");
  EXPECT_TRUE(update.idle());
}

TEST(Ocpp16FirmwareUpdate, ASignedOneWhoseCertificateFoundNoPlaceFails) {
  FakeWorkshop shop;
  FirmwareUpdate update;
  FirmwareOrder wish = order("http://files/s.bin", TimePoint::min(), {5, 60s});
  wish.request = 9;
  wish.certificate = std::string(5000, 'c');
  wish.signature = "AAAA";
  update.begin(shop, wish);
  FirmwareUpdate whole = reborn(shop, update);
  FirmwareUpdate part = reborn(shop, update, /*whole=*/false);
  shop.said.clear();
  shop.pass(whole, 0s);
  EXPECT_EQ(shop.said, "");
  EXPECT_EQ(shop.fetches.size(), 2U);
  shop.pass(part, 0s);
  EXPECT_EQ(shop.said, "DownloadFailed#9");
  EXPECT_TRUE(part.idle());
}

TEST(Ocpp16FileUpload, IsHandedInAnewByAnotherLife) {
  FakeWorkshop shop;
  FileUpload upload;
  upload.begin(shop, {.location = "http://logs/in",
                      .file = "f.txt",
                      .retries = {1, 60s},
                      .request = 4,
                      .security = true,
                      .content = "x"});
  upload = reborn<FileUpload>(shop, [&](CompactWriter& to) { upload.save(to, shop.time); });
  EXPECT_TRUE(upload.wants_content());
  EXPECT_TRUE(upload.of_security());
  upload.give("again");
  shop.pass(upload, 0s);
  ASSERT_EQ(shop.fetches.size(), 2U);
  EXPECT_EQ(shop.fetches.back().body, "again");
  EXPECT_EQ(shop.fetches.back().url, "http://logs/in/f.txt");
  shop.end_fetch(upload, 500);
  shop.pass(upload, 60s);
  ASSERT_EQ(shop.fetches.size(), 3U) << "its retry is still there";
  shop.end_fetch(upload, 200);
  EXPECT_EQ(shop.said, "Uploading#4 Uploaded#4");
}

TEST(Ocpp16FileUpload, TriesAgainAndSaysHowItFailed) {
  FakeWorkshop shop;
  FileUpload work;
  work.begin(shop, upload("http://logs/in", std::nullopt, {.count = 1, .interval = 10s}));
  shop.end_fetch(work, 0);
  EXPECT_EQ(work.wake(), shop.time + 10s);
  shop.pass(work, 10s);
  shop.end_fetch(work, 403);
  EXPECT_EQ(shop.said, "Uploading UploadFailed");  // the word of 1.6

  struct Case {
    unsigned status;
    std::string_view said;
  };
  for (const Case& each :
       {Case{0, "Uploading#1 UploadFailure#1"}, Case{500, "Uploading#1 UploadFailure#1"},
        Case{403, "Uploading#1 PermissionDenied#1"}, Case{401, "Uploading#1 PermissionDenied#1"}}) {
    shop.said.clear();
    work.begin(shop, upload("http://logs/in", 1));
    shop.end_fetch(work, each.status);
    EXPECT_EQ(shop.said, each.said);
  }
  shop.said.clear();
  work.begin(shop, upload("sftp://logs/in", 1));
  EXPECT_EQ(shop.said, "Uploading#1 NotSupportedOperation#1");
  shop.said.clear();
  shop.with.upload_fails = true;
  work.begin(shop, upload("http://logs/in", 1));
  EXPECT_EQ(shop.said, "Uploading#1 UploadFailure#1");
  EXPECT_TRUE(work.idle());
}

TEST(Ocpp16FileUpload, NamesAndFillsItsFile) {
  EXPECT_EQ(upload_name("diagnostics", "RDAM 12/3", at("2026-03-02T08:00:00.5Z")),
            "diagnostics-RDAM-12-3-20260302T080000.txt");
  const std::string text =
      log_text("head\n", 60, [](std::size_t n, std::string& out) { out += "line " + std::to_string(n); });
  EXPECT_GE(text.size(), 60U);
  EXPECT_LT(text.size(), 70U);
  EXPECT_TRUE(text.starts_with("head\nline 7\n"));
  EXPECT_TRUE(text.ends_with("line 1\nline 0\n"));
  EXPECT_EQ(log_text("head\n", 0, [](std::size_t, std::string&) {}), "head\n");
}

TEST(Ocpp16Maintenance, ReadsUrls) {
  EXPECT_EQ(stem_of("http://h/a/fw-1.2.bin?x=/y.z"), "fw-1.2");
  EXPECT_EQ(stem_of("http://h/a/"), "");
  EXPECT_EQ(stem_of("http://h"), "");
  EXPECT_EQ(stem_of("http://h/.hidden"), ".hidden");
  EXPECT_TRUE(is_http("HTTP://h"));
  EXPECT_TRUE(is_http("https://h"));
  EXPECT_FALSE(is_http("httpx://h"));
  EXPECT_FALSE(is_http("ftp://h"));
  EXPECT_FALSE(is_http(""));
}

}  // namespace
}  // namespace vfleet::pile::ocpp16
