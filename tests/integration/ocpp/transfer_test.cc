// Firmware and logs over HTTPS, with a server that is not ours.
#include <filesystem>

#include "tests/integration/ocpp/request_table.h"
#include "tests/integration/ocpp/signer.h"

namespace vfleet::ocpp_test {
namespace {

/// peer/file_server.py with a certificate for `name`.
class FileServer {
 public:
  FileServer(const Signer& signer, const std::string& name) {
    const Signer::Server server = signer.serve(name);
    fleet_test::write_file(folder_ / "cert", server.certificate);
    fleet_test::write_file(folder_ / "key", server.key);
    std::filesystem::create_directory(files());
    process_ = std::make_unique<fleet_test::Process>(
        std::vector<std::string>{"/usr/bin/python3", "tests/integration/ocpp/peer/file_server.py", files(),
                                 folder_ / "cert", folder_ / "key"},
        folder_ / "out", folder_ / "err");
    const std::string word = "listening ";
    EXPECT_TRUE(eventually([&] { return fleet_test::read_file(folder_ / "out").ends_with('\n'); }))
        << fleet_test::read_file(folder_ / "err");
    const std::string out = fleet_test::read_file(folder_ / "out");
    if (out.starts_with(word)) port_ = out.substr(word.size(), out.size() - word.size() - 1);
  }
  [[nodiscard]] std::string url(const std::string& scheme = "https") const {
    return scheme + "://127.0.0.1:" + port_;
  }
  [[nodiscard]] std::string file(const std::string& name) const {
    return fleet_test::read_file(files() + "/" + name);
  }

 private:
  [[nodiscard]] std::string files() const { return folder_ / "files"; }
  fleet_test::TempDir folder_;
  std::unique_ptr<fleet_test::Process> process_;
  std::string port_;
};

class OcppTransfers : public RequestTable {
 protected:
  /// One pile that trusts `root_`; `more` are keys of ocpp.transfer.
  void start_pile(const std::string& more = "") {
    fleet_test::write_file(folder_ / "root", root_.certificate());
    start({.config = "reboot_time: 100ms, ocpp: {firmware: {install_time: 1s}, transfer: {ca: '" +
                     (folder_ / "root") + "'" + more + "}}"});
    ASSERT_TRUE(all_accepted());
  }
  [[nodiscard]] std::vector<std::string> told(const std::string& action) const {
    std::vector<std::string> out;
    for (const json& each : messages(action)) out.push_back(each["status"]);
    return out;
  }
  void update(const std::string& location) {
    (void)csms_.call(kPile, "UpdateFirmware",
                     {{"location", location}, {"retrieveDate", "2020-01-01T00:00:00Z"}, {"retries", 0}});
  }
  /// The download fails, and the log says why.
  void fails_with(const std::string& location, const std::string& words) {
    SCOPED_TRACE(location);
    const std::uint64_t before = csms_.got(kPile, "FirmwareStatusNotification");
    const std::size_t logged = fleet_->worker_log(0).size();
    update(location);
    ASSERT_TRUE(gets("FirmwareStatusNotification", before + 2));
    EXPECT_EQ(csms_.last(kPile, "FirmwareStatusNotification")["status"], "DownloadFailed");
    EXPECT_TRUE(eventually([&] { return fleet_->worker_log(0).find(words, logged) != std::string::npos; }))
        << fleet_->worker_log(0).substr(logged);
  }

  Signer root_;
  fleet_test::TempDir folder_;
};

TEST_F(OcppTransfers, FirmwareComesAndDiagnosticsGoOverHttps) {
  const FileServer server(root_, "127.0.0.1");
  start_pile();
  const json answer = csms_.call(kPile, "GetDiagnostics", {{"location", server.url()}});
  const std::string name = answer["result"].value("fileName", "");
  EXPECT_TRUE(eventually([&] {
    return told("DiagnosticsStatusNotification") == std::vector<std::string>{"Uploading", "Uploaded"};
  }));
  EXPECT_NE(server.file(name).find("diagnostics log of pile-00001"), std::string::npos) << answer;
  update(server.url() + "/firmware.bin");
  EXPECT_TRUE(eventually([&] {
    return told("FirmwareStatusNotification") ==
           std::vector<std::string>{"Downloading", "Downloaded", "Installing", "Installed"};
  })) << json(told("FirmwareStatusNotification"));
  EXPECT_EQ(csms_.last(kPile, "BootNotification")["firmwareVersion"], "firmware");
  expect_conformance();
}

TEST_F(OcppTransfers, WhatDoesNotComeIsToldWithItsReason) {
  const Signer stranger("Somebody");
  const FileServer server(root_, "127.0.0.1");
  const FileServer other_name(root_, "files.example.com");
  const FileServer untrusted(stranger, "127.0.0.1");
  start_pile(", timeout: 10s");
  fails_with(untrusted.url() + "/firmware.bin", "certificate_untrusted");
  fails_with(other_name.url() + "/firmware.bin", "certificate_name");
  fails_with(server.url() + "/nothing.bin", "HTTP status 404");
  fails_with(server.url() + "/short", "a transfer failed");
  fails_with(csms_.files().replace(0, 4, "https") + "/firmware.bin", "not_tls");
  fails_with(server.url() + "/silent", "the transfer took too long");
  const auto upload = [&](const std::string& location) {
    const std::uint64_t before = csms_.got(kPile, "LogStatusNotification");
    (void)csms_.call(kPile, "GetLog",
                     {{"log", {{"remoteLocation", location}}},
                      {"logType", "DiagnosticsLog"},
                      {"requestId", 7},
                      {"retries", 0}});
    EXPECT_TRUE(gets("LogStatusNotification", before + 2));
    return csms_.last(kPile, "LogStatusNotification").value("status", "");
  };
  EXPECT_EQ(upload(server.url() + "/denied"), "PermissionDenied");
  EXPECT_EQ(upload(untrusted.url()), "UploadFailure");
  EXPECT_EQ(upload(server.url()), "Uploaded");
  expect_conformance();
}

TEST_F(OcppTransfers, AServerThatIsNotCheckedMayBeAnybody) {
  const FileServer untrusted(Signer("Somebody"), "files.example.com");
  start_pile(", verify: false");
  update(untrusted.url() + "/firmware.bin");
  EXPECT_TRUE(eventually([&] {
    const auto statuses = told("FirmwareStatusNotification");
    return !statuses.empty() && statuses.back() == "Installed";
  })) << json(told("FirmwareStatusNotification"));
  expect_conformance();
}

}  // namespace
}  // namespace vfleet::ocpp_test
