// Firmware updates of OCPP 1.6 and its security whitepaper, as sequences of what is told.
#include <gtest/gtest.h>

#include "devices/charging_pile/dialects/ocpp16/firmware_update.h"
#include "tests/unit/devices/charging_pile/ocpp16/fake_workshop.h"
#include "tests/unit/devices/charging_pile/ocpp16/firmware_signer.h"

namespace vfleet::pile::ocpp16 {
namespace {

using namespace std::chrono_literals;
using codec::ocpp::Action;

FirmwareOrder order(std::string location, TimePoint retrieve = TimePoint::min(), Retries retries = {}) {
  FirmwareOrder out;
  out.location = std::move(location);
  out.retrieve = retrieve;
  out.retries = retries;
  return out;
}

FirmwareUpdate reborn(const FakeWorkshop& shop, const FirmwareUpdate& from, bool whole = true) {
  return reborn<FirmwareUpdate>(shop, [&](CompactWriter& to) { from.save(to, shop.time, whole); });
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

TEST(Ocpp16FirmwareUpdate, ASignedOneIsCheckedForReal) {
  const FirmwareSigner signer = FirmwareSigner::make();
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

}  // namespace
}  // namespace vfleet::pile::ocpp16
