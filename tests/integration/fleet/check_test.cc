// Mistakes that only workers know are found before anything runs, and a running fleet does not take them.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/integration/fleet/running_fleet.h"

namespace vfleet::fleet_test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// Runs vfleet in a folder with the files of a fleet.
class CheckedFleet : public ::testing::Test {
 protected:
  Answer vfleet(std::vector<std::string> words, const std::string& binary = program("vfleet")) {
    words.insert(words.begin(), binary);
    Process process(words, folder_ / "out", folder_ / "err");
    Answer answer;
    answer.status = process.wait(seconds(60)).value_or(-1);
    answer.out = read_file(folder_ / "out");
    answer.err = read_file(folder_ / "err");
    answer.json = json::parse(answer.out, nullptr, false);
    return answer;
  }

  /// A fleet whose only group has these lines.
  std::string write_fleet(const std::string& type, const std::string& lines) {
    write_file(folder_ / "fleet.yaml",
               "fleet: checked\ngroups:\n  - name: g\n    type: " + type + "\n    count: 3\n" + lines);
    return folder_ / "fleet.yaml";
  }

  /// NAME.crt and NAME.key in the folder "certs".
  void certificate(const std::string& name) {
    const Answer made = vfleet({"certs", folder_ / "certs", "--server", name, "--server-file", name});
    ASSERT_EQ(made.status, 0) << made.out << made.err;
  }

  TempDir folder_;
};

struct Wrong {
  const char* name;
  const char* type;
  const char* lines;  ///< of the group, from line 6 of the file on
  int line;
  const char* path;
  const char* message;  ///< a part of it
  const char* hint;
};

void PrintTo(const Wrong& wrong, std::ostream* out) {
  *out << wrong.name;
}

class Mistake : public CheckedFleet, public ::testing::WithParamInterface<Wrong> {};

TEST_P(Mistake, IsFoundByValidateWithItsPlace) {
  const Wrong& wrong = GetParam();
  const Answer answer = vfleet({"validate", write_fleet(wrong.type, wrong.lines), "--json"});
  EXPECT_EQ(answer.status, 2) << answer.out << answer.err;
  ASSERT_TRUE(answer.json.is_object()) << answer.out;
  ASSERT_EQ(answer.json["mistakes"].size(), 1U) << answer.out;
  const json& mistake = answer.json["mistakes"][0];
  EXPECT_EQ(mistake["file"], folder_ / "fleet.yaml");
  EXPECT_EQ(mistake["line"], wrong.line);
  EXPECT_GT(mistake["column"], 0);
  EXPECT_EQ(mistake["path"], std::string("groups[0].") + wrong.path);
  EXPECT_NE(mistake["message"].get<std::string>().find(wrong.message), std::string::npos) << mistake;
  EXPECT_EQ(mistake.value("hint", ""), wrong.hint);
}

INSTANTIATE_TEST_SUITE_P(
    Fleets, Mistake,
    ::testing::Values(
        Wrong{"TopicPlace", "charging_pile", "    uplink:\n      mqtt:\n        topic: 'x/{devcie.id}'\n", 8,
              "uplink.mqtt.topic", "unknown {devcie.id}", "{device.id}"},
        Wrong{"UrlPlace", "ip_camera",
              "    uplink:\n      http:\n        url: 'http://127.0.0.1/{devcie.id}'\n", 8, "uplink.http.url",
              "unknown {devcie.id}", "{device.id}"},
        Wrong{"Header", "ip_camera", "    uplink:\n      http:\n        headers: ['X-Id: {devcie.id}']\n", 8,
              "uplink.http.headers", "unknown {devcie.id}", "{device.id}"},
        Wrong{"PayloadPlace", "ip_camera",
              "    uplink:\n      null:\n        payloads: {status: '{\"d\": {devcie.id}}'}\n", 8,
              "uplink.null.payloads.status", "unknown {devcie.id}", "{device.id}"},
        Wrong{"PayloadJson", "ip_camera",
              "    uplink:\n      null:\n        payload: '{\"d\" {device.id}}'\n", 8, "uplink.null.payload",
              "begins like JSON and is none", ""},
        Wrong{"PayloadReport", "charging_pile", "    uplink:\n      null:\n        payloads: {metre: 'x'}\n",
              8, "uplink.null.payloads.metre", "has no report 'metre'", "meter"},
        Wrong{"SharedClientId", "ip_camera", "    uplink:\n      mqtt:\n        client_id: '{group}'\n", 8,
              "uplink.mqtt.client_id", "'g' would be g-00001 and g-00002 alike", ""},
        Wrong{"WillWithoutTopic", "ip_camera", "    uplink:\n      mqtt:\n        will: {payload: gone}\n", 8,
              "uplink.mqtt.will.payload", "without will.topic there is no will", ""},
        Wrong{"TopicReport", "charging_pile", "    uplink:\n      mqtt:\n        topics: {metre: 'x'}\n", 8,
              "uplink.mqtt.topics.metre", "has no report 'metre'", "meter"},
        Wrong{"LoginReport", "charging_pile", "    uplink:\n      http:\n        login: {report: lgoin}\n", 8,
              "uplink.http.login.report", "has no report 'lgoin'", "login"},
        Wrong{"ShortPeriod", "charging_pile",
              "    config:\n      reports: {meter: {every: 100us}}\n    uplink: {null: {}}\n", 7,
              "config.reports.meter.every", "too short", ""},
        Wrong{"TimeOfDay", "charging_pile",
              "    config:\n      reports: {meter: {at: ['25:00']}}\n    uplink: {null: {}}\n", 7,
              "config.reports.meter.at", "is not a time of day", ""},
        Wrong{"DayCurve", "charging_pile",
              "    config:\n      reports: {meter: {day_curve: ['00:00 2000%']}}\n    uplink: {null: {}}\n",
              7, "config.reports.meter.day_curve", "2000%", ""},
        Wrong{"MissingCertificate", "ip_camera",
              "    uplink:\n      http:\n        url: https://127.0.0.1/\n        tls: {cert: no.crt}\n", 9,
              "uplink.http.tls.cert", "no.crt: No such file", ""},
        Wrong{"MissingCertificateOfADevice", "ip_camera",
              "    uplink:\n      mqtt:\n        url: mqtts://127.0.0.1\n        tls: {cert: "
              "'no/{device.id}.crt'}\n",
              9, "uplink.mqtt.tls.cert", "no/g-00001.crt: No such file", ""},
        Wrong{"MissingCa", "ip_camera",
              "    uplink:\n      tcp:\n        url: tls://127.0.0.1:1\n        tls: {ca: no.pem}\n", 9,
              "uplink.tcp.tls.ca", "no.pem", ""},
        Wrong{"KeyWithoutCertificate", "ip_camera", "    uplink:\n      mqtt:\n        tls: {key: no.key}\n",
              8, "uplink.mqtt.tls.key", "of no use without tls.cert", ""},
        Wrong{"Backoff", "ip_camera", "    uplink:\n      udp:\n        backoff: {first: 1h}\n", 8,
              "uplink.udp.backoff.first", "is longer than backoff.max", ""},
        Wrong{"TokenAndLogin", "ip_camera",
              "    uplink:\n      http:\n        token: a\n        login: {report: login}\n", 8,
              "uplink.http.token", "exclude each other", ""},
        Wrong{"Scheme", "ip_camera", "    uplink:\n      websocket:\n        url: http://127.0.0.1/\n", 8,
              "uplink.websocket.url", "ws://", ""},
        Wrong{"Endpoint", "ip_camera", "    uplink:\n      zmq:\n        endpoint: somewhere\n", 8,
              "uplink.zmq.endpoint", "somewhere", ""}),
    [](const auto& each) { return std::string(each.param.name); });

TEST_F(CheckedFleet, AllMistakesAreToldAtOnceWithThoseOfTheSchemas) {
  const Answer answer =
      vfleet({"validate", write_fleet("charging_pile",
                                      "    uplink: {mqtt: {topic: '{devcie.id}', will: {topic: '#'}}}\n"
                                      "  - name: h\n    type: ip_camera\n    cuont: 3\n")});
  EXPECT_EQ(answer.status, 2);
  for (const char* part : {"fleet.yaml:6:28: groups[0].uplink.mqtt.topic: unknown {devcie.id}",
                           "groups[0].uplink.mqtt.will.topic:", "groups[1].cuont: unknown key;",
                           "    6 |     uplink: {mqtt: {topic"}) {
    EXPECT_NE(answer.out.find(part), std::string::npos) << part << "\n" << answer.out;
  }
}

TEST_F(CheckedFleet, ACertificateWithAnothersKeyIsNamed) {
  certificate("a.test");
  certificate("b.test");
  const Answer answer = vfleet(
      {"validate",
       write_fleet(
           "ip_camera",
           "    uplink:\n      http:\n        url: https://127.0.0.1/\n        tls:\n"
           "          ca: certs/ca.crt\n          cert: certs/a.test.crt\n          key: certs/b.test.key\n"),
       "--json"});
  EXPECT_EQ(answer.status, 2) << answer.out;
  ASSERT_EQ(answer.json["mistakes"].size(), 1U) << answer.out;
  EXPECT_EQ(answer.json["mistakes"][0]["line"], 12) << answer.out;
  EXPECT_EQ(answer.json["mistakes"][0]["path"], "groups[0].uplink.http.tls.key");
}

TEST_F(CheckedFleet, AProfileByItselfAndARowAreCheckedToo) {
  write_file(folder_ / "pile.yaml", "type: charging_pile\nreports:\n  meter: {every: 100us}\n");
  const Answer profile = vfleet({"validate", folder_ / "pile.yaml"});
  EXPECT_EQ(profile.status, 2);
  EXPECT_NE(profile.out.find("pile.yaml:3:18: reports.meter.every: 100us is too short"), std::string::npos)
      << profile.out;

  write_file(folder_ / "devices.csv", "id,reports.meter.every\na,1s\nb,100us\nc,100us\n");
  write_file(folder_ / "fleet.yaml",
             "fleet: rows\ngroups:\n  - name: g\n    type: charging_pile\n    devices: {from: devices.csv}\n"
             "    uplink: {null: {}}\n");
  const Answer rows = vfleet({"validate", folder_ / "fleet.yaml"});
  EXPECT_EQ(rows.status, 2);
  EXPECT_NE(rows.out.find("devices.csv:3:1: reports.meter.every: 100us is too short"), std::string::npos)
      << rows.out;
  EXPECT_EQ(rows.out.find("devices.csv:4"), std::string::npos) << "the same values are looked at once";
}

TEST_F(CheckedFleet, UpRefusesBeforeAnythingStarts) {
  const std::string fleet = write_fleet("charging_pile", "    uplink: {mqtt: {topic: '{devcie.id}'}}\n");
  const Answer answer = vfleet({"up", fleet, "--run-dir", folder_ / "run"});
  EXPECT_EQ(answer.status, 2) << answer.out << answer.err;
  EXPECT_NE(answer.out.find("fleet.yaml:6:28: groups[0].uplink.mqtt.topic"), std::string::npos) << answer.out;
  EXPECT_FALSE(fs::exists(folder_ / "run"));
}

TEST_F(CheckedFleet, AControlThatIsStartedByHandRefusesToo) {
  const std::string fleet = write_fleet("charging_pile", "    uplink: {mqtt: {topic: '{devcie.id}'}}\n");
  fs::create_directory(folder_ / "run");
  Process control({program("vfleet-control"), "--fleet", fleet, "--run-dir", folder_ / "run"},
                  folder_ / "out", folder_ / "err");
  EXPECT_EQ(control.wait(seconds(30)), 2);
  EXPECT_NE(read_file(folder_ / "err").find("fleet.yaml:6:28: groups[0].uplink.mqtt.topic"),
            std::string::npos);
}

TEST_F(CheckedFleet, AWorkerThatDiesOrIsNotThereIsSaidAndCanBeDoneWithout) {
  const std::string fleet = write_fleet("charging_pile", "    uplink: {null: {}}\n");
  fs::create_directory(folder_ / "bin");
  const std::string binary = folder_ / "bin/vfleet";
  fs::copy_file(program("vfleet"), binary);
  const Answer none = vfleet({"validate", fleet}, binary);
  EXPECT_EQ(none.status, 1);
  EXPECT_NE(none.err.find("vfleet-worker"), std::string::npos) << none.err;

  const std::string worker = folder_ / "bin/vfleet-worker";
  const auto with_worker = [&](const std::string& check) {
    write_file(worker,
               "#!/bin/sh\n[ $1 = --check ] || exec " + program("vfleet-worker") + " \"$@\"\n" + check);
    fs::permissions(worker, fs::perms::owner_all);
    return vfleet({"validate", fleet}, binary);
  };
  const Answer died = with_worker("kill -9 $$\n");
  EXPECT_EQ(died.status, 2);
  EXPECT_NE(died.out.find("--check was killed by signal 9"), std::string::npos) << died.out;
  EXPECT_NE(died.out.find("--no-worker-check"), std::string::npos) << died.out;
  const Answer failed = with_worker("echo oops >&2; exit 3\n");
  EXPECT_NE(failed.out.find("--check exited with status 3: oops"), std::string::npos) << failed.out;
  const Answer silent = with_worker("cat > /dev/null\n");
  EXPECT_NE(silent.out.find("ended before it had looked at all groups"), std::string::npos) << silent.out;
  const Answer strange = with_worker("echo hello\n");
  EXPECT_NE(strange.out.find("prints what is no answer"), std::string::npos) << strange.out;
  EXPECT_EQ(vfleet({"validate", fleet, "--no-worker-check"}, binary).status, 0);
}

TEST_F(CheckedFleet, AMillionDevicesAndManyEqualRowsAreLookedAtOnce) {
  std::string rows = "id,label.site,reports.meter.every\n";
  for (int i = 0; i < 20'000; ++i)
    rows += "d" + std::to_string(i) + ",s" + std::to_string(i) + "," + std::to_string(i % 3 + 1) + "s\n";
  write_file(folder_ / "devices.csv", rows);
  write_file(folder_ / "fleet.yaml",
             "fleet: many\ngroups:\n  - name: g\n    type: charging_pile\n    devices: {from: devices.csv}\n"
             "    uplink: {null: {}}\n  - name: h\n    type: ip_camera\n    count: 1000000\n"
             "    uplink: {http: {url: 'http://127.0.0.1/'}}\n");
  const Answer answer = vfleet({"validate", folder_ / "fleet.yaml"});
  EXPECT_EQ(answer.status, 0) << answer.out;
  EXPECT_NE(answer.out.find("1020000 devices in 2 groups"), std::string::npos) << answer.out;
}

TEST_F(CheckedFleet, ASavedProfileThatWorkersWouldRefuseLeavesTheOldOneRunning) {
  const auto profile = [&](const std::string& every) {
    write_file(folder_ / "pile.yaml", "type: charging_pile\nreports:\n  meter: {every: " + every + "}\n");
  };
  profile("7s");
  RunningFleet fleet(write_fleet("charging_pile", "    profile: pile.yaml\n    uplink: {null: {}}\n"), 1);
  fleet.start_workers();
  ASSERT_TRUE(fleet.come_online(3));
  profile("100us");
  EXPECT_TRUE(eventually([&] { return fleet.control_log().find("reload refused") != std::string::npos; }));
  const Answer answer = fleet.vfleet({"reload"});
  EXPECT_EQ(answer.status, 2) << answer.out;
  EXPECT_NE(answer.out.find("pile.yaml:3:18: reports.meter.every: 100us is too short"), std::string::npos)
      << answer.out;
  EXPECT_EQ(at(fleet.status(), "/revision"), 0);
  for (const auto& [id, every] : fleet.values("all", "reports.meter.every")) EXPECT_EQ(every, "7s") << id;
  EXPECT_TRUE(fleet.come_online(3));
  profile("8s");
  EXPECT_TRUE(eventually([&] { return fleet.values("g-00001", "reports.meter.every")["g-00001"] == "8s"; }));
}

}  // namespace
}  // namespace vfleet::fleet_test
