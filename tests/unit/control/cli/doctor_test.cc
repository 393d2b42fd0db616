#include <gtest/gtest.h>

#include <algorithm>

#include "control/cli/doctor/diagnosis.h"
#include "control/cli/doctor/memory.h"

namespace vfleet::cli::doctor {
namespace {

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;

Machine good_machine() {
  return {.cores = 8,
          .memory_available = 16 * kGiB,
          .descriptors = 20'000,
          .descriptors_of_all = 1'000'000,
          .first_port = 32768,
          .last_port = 60999,
          .somaxconn = 4096,
          .tcp_memory = kGiB,
          .conntrack_max = 262'144,
          .conntrack_used = 100,
          .clock_source = "tsc",
          .clock_synchronised = true,
          .shm_free = kGiB,
          .disk_free = 10 * kGiB,
          .disk = "/run"};
}

Needs needs(std::uint64_t devices, std::uint64_t workers, std::uint64_t addresses = 1) {
  Needs out;
  out.devices = out.connections = devices;
  out.workers = workers;
  out.targets["platform:8080"] = {devices, addresses};
  return out;
}

Finding find(const Machine& machine, const Needs& needs, const std::string& name) {
  const auto all = diagnose(machine, needs);
  const auto at =
      std::find_if(all.begin(), all.end(), [&](const Finding& each) { return each.name == name; });
  EXPECT_NE(at, all.end()) << name;
  return at == all.end() ? Finding() : *at;
}

TEST(Doctor, AGoodMachineIsAllRight) {
  for (const Finding& each : diagnose(good_machine(), needs(10'000, 2))) {
    EXPECT_EQ(each.level, Level::ok) << each.name << ": " << each.text;
    EXPECT_EQ(each.remedy, "");
  }
}

TEST(Doctor, EachLackIsSaidWithWhatToDo) {
  struct Case {
    std::string name;
    Level level;
    std::string remedy;
    void (*spoil)(Machine&, Needs&);
  };
  const Case cases[] = {
      {"descriptors", Level::fail, "--workers 3", [](Machine&, Needs& n) { n = needs(50'000, 1); }},
      {"descriptors", Level::fail, "ulimit -Hn", [](Machine& m, Needs&) { m.descriptors = 10; }},
      {"files of all", Level::fail, "fs.file-max", [](Machine& m, Needs&) { m.descriptors_of_all = 5'000; }},
      {"ports", Level::fail, "`source` with 2 addresses", [](Machine&, Needs& n) { n = needs(30'000, 4); }},
      {"ports", Level::warn, "`source` with 2 addresses", [](Machine&, Needs& n) { n = needs(28'000, 4); }},
      {"cores", Level::warn, "--workers 8", [](Machine&, Needs& n) { n.workers = 9; }},
      {"memory", Level::fail, "more hosts", [](Machine& m, Needs&) { m.memory_available = kGiB / 64; }},
      {"memory", Level::fail, "more hosts",
       [](Machine& m, Needs& n) {
         m.memory_available = kGiB / 8;
         n.tls = 10'000;
       }},
      {"memory", Level::fail, "pacing.in_flight: 2000 TLS handshakes",
       [](Machine& m, Needs& n) {
         m.memory_available = kGiB / 8;
         n.handshakes = 2'000;
       }},
      {"clock", Level::warn, "clocksource", [](Machine& m, Needs&) { m.clock_source = "hpet"; }},
      {"clock set", Level::warn, "NTP", [](Machine& m, Needs&) { m.clock_synchronised = false; }},
      {"/dev/shm", Level::fail, "--shm-size", [](Machine& m, Needs&) { m.shm_free = 1 << 20; }},
      {"/dev/shm", Level::warn, "mount", [](Machine& m, Needs&) { m.shm_free.reset(); }},
      {"disk", Level::fail, "--run-dir", [](Machine& m, Needs&) { m.disk_free = 1000; }},
      {"disk", Level::warn, "--run-dir", [](Machine& m, Needs&) { m.disk_free = kGiB / 4; }},
      {"backlog", Level::warn, "somaxconn", [](Machine& m, Needs&) { m.somaxconn = 128; }},
      {"tcp memory", Level::warn, "tcp_mem", [](Machine& m, Needs&) { m.tcp_memory = 1 << 20; }},
      {"conntrack", Level::fail, "nf_conntrack_max=20100",
       [](Machine& m, Needs&) { m.conntrack_max = 9'000; }},
      {"conntrack", Level::warn, "nf_conntrack_max", [](Machine& m, Needs&) { m.conntrack_max = 12'000; }},
  };
  for (const Case& each : cases) {
    Machine machine = good_machine();
    Needs fleet = needs(10'000, 2);
    each.spoil(machine, fleet);
    const Finding finding = find(machine, fleet, each.name);
    EXPECT_EQ(finding.level, each.level) << each.name << ": " << finding.text;
    EXPECT_NE(finding.remedy.find(each.remedy), std::string::npos) << each.name << ": " << finding.remedy;
  }
}

TEST(Doctor, MoreAddressesGiveMorePorts) {
  EXPECT_EQ(find(good_machine(), needs(50'000, 4, 2), "ports").level, Level::ok);
  EXPECT_EQ(find(good_machine(), needs(57'000, 4, 2), "ports").level, Level::fail);
}

TEST(Doctor, WhatTheSystemDoesNotTellIsNoFinding) {
  Machine machine;
  machine.descriptors = 20'000;
  machine.disk_free = 10 * kGiB;
  machine.shm_free = kGiB;
  for (const Finding& each : diagnose(machine, needs(10, 1))) EXPECT_EQ(each.level, Level::ok) << each.name;
}

TEST(Doctor, CountsTheConnectionsOfAFleet) {
  const auto group = [](const char* uplink, std::uint64_t count, const std::string& url) {
    config::GroupSpec out;
    out.uplink = uplink;
    out.count = count;
    if (!url.empty()) out.values["uplink." + std::string(uplink) + ".url"].data = url;
    return out;
  };
  config::FleetSpec fleet;
  fleet.groups = {group("http", 100, "http://a:80/in"), group("mqtt", 50, "mqtts://b:8883"),
                  group("websocket", 20, "ws://a:80/ws?x=1"), group("null", 1000, ""),
                  group("http", 500, "http://c/"), group("ocpp", 7, "ws://d:80/ocpp"),
                  group("ykc", 3, "tcp://e:1")};
  config::List sources = {config::Value{std::string("127.0.0.1-127.0.0.9")},
                          config::Value{std::string("10.0.0.1")}};
  fleet.groups[1].values["uplink.mqtt.source"].data = sources;
  fleet.groups[4].values["uplink.http.connections"].data = std::string("pool");
  fleet.groups[4].values["uplink.http.pool.size"].data = std::int64_t{8};
  fleet.groups[4].profile_values["uplink.http.connections"].data = std::string("device");
  const Needs all = needs_of(fleet, 2);
  EXPECT_EQ(all.devices, 1680U);
  EXPECT_EQ(all.conversing, 10U);
  EXPECT_EQ(all.connections, 100U + 50 + 20 + 16 + 10);
  EXPECT_EQ(all.tls, 50U);
  ASSERT_EQ(all.targets.size(), 5U);
  EXPECT_EQ(all.targets.at("a:80").connections, 120U);
  EXPECT_EQ(all.targets.at("b:8883").addresses, 10U);
}

TEST(Doctor, WhatAProfileSaysAboutTheUplinkCounts) {
  config::FleetSpec fleet;
  config::GroupSpec& group = fleet.groups.emplace_back();
  group.uplink = "http";
  group.count = 500;
  group.profile_values["uplink.http.url"].data = std::string("https://a:443/");
  EXPECT_EQ(needs_of(fleet, 2).tls, 500U);
  EXPECT_EQ(needs_of(fleet, 2).handshakes, 200U);  // 100 of each worker, when nothing is said
  group.profile_values["uplink.http.pacing.in_flight"].data = std::int64_t{20};
  EXPECT_EQ(needs_of(fleet, 2).handshakes, 40U);
  group.values["uplink.http.pacing.fleet_in_flight"].data = std::int64_t{30};
  EXPECT_EQ(needs_of(fleet, 2).handshakes, 30U);
  group.values["uplink.http.connections"].data = std::string("pool");
  EXPECT_EQ(needs_of(fleet, 2).connections, 32U);  // a pool has 16 when nothing is said
}

TEST(Doctor, EachKindOfMemoryCounts) {
  Needs fleet;
  fleet.workers = 0;
  EXPECT_EQ(memory_of(fleet), 0U);
  fleet.devices = 1'000'000;
  EXPECT_EQ(memory_of(fleet), 2'048'000'000U);
  fleet.connections = 1'000'000;
  EXPECT_EQ(memory_of(fleet), 2'560'000'000U);
  fleet.conversing = 1'000'000;
  EXPECT_EQ(memory_of(fleet), 4'608'000'000U);
  for (const Weight& each : kWeights) {
    Needs one;
    one.workers = 0;
    one.*each.count = 1;
    EXPECT_GE(memory_of(one), each.bytes) << each.name;
    EXPECT_FALSE(each.measured_by.empty()) << each.name;
  }
  // 10,000 devices with TLS in one worker.
  const Needs tls = {
      .devices = 10'000, .workers = 1, .connections = 10'000, .tls = 10'000, .handshakes = 100};
  EXPECT_GT(memory_of(tls), 180'000'000U);
  EXPECT_LT(memory_of(tls), kGiB / 4);
}

TEST(Doctor, ReadsThisMachine) {
  const Machine machine = read_machine("/tmp/vfleet-not-there/run");
  EXPECT_GT(machine.cores, 0U);
  EXPECT_GT(machine.memory_available, 0U);
  EXPECT_GT(machine.descriptors, 0U);
  EXPECT_GT(machine.disk_free, 0U);
  EXPECT_EQ(machine.disk, "/tmp");
}

}  // namespace
}  // namespace vfleet::cli::doctor
