// Uploads of diagnostics and logs, of OCPP 1.6 and its security whitepaper, as sequences of what is told.
#include <gtest/gtest.h>

#include "devices/charging_pile/dialects/ocpp16/file_upload.h"
#include "tests/unit/devices/charging_pile/ocpp16/date.h"
#include "tests/unit/devices/charging_pile/ocpp16/fake_workshop.h"

namespace vfleet::pile::ocpp16 {
namespace {

using namespace std::chrono_literals;
using codec::ocpp::Action;
using Method = device::Transfer::Method;

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

}  // namespace
}  // namespace vfleet::pile::ocpp16
