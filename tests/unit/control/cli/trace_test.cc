#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "control/cli/render/traffic.h"
#include "simulator/codec/ykc/built_in.h"
#include "tests/unit/control/cli/fake_control.h"
#include "tests/unit/control/cli/fake_environment.h"

namespace vfleet::cli {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const Style kPlain(false);
constexpr std::int64_t kNoon_us = 1'795'262'400'123'456;  // 2026-11-21T12:00:00.123456Z

json row(const std::string& direction, const std::string& uplink, json more) {
  json out = {{"id", "pile-1"},
              {"at_us", kNoon_us},
              {"direction", direction},
              {"kind", "message"},
              {"uplink", uplink}};
  out.update(more);
  if (out.contains("text")) out["size"] = out["text"].get<std::string>().size();
  if (out.contains("hex")) out["size"] = out["hex"].get<std::string>().size() / 2;
  return out;
}

struct Reading : testing::Test {
  YkcDeviceLayouts layouts{*codec::ykc::built_in("ykc")};
  TrafficReader reader{layouts};
  std::string line(const json& of, bool raw = false) { return render_traffic(reader.read(of), raw, kPlain); }
  json document(const json& of) { return json::parse(traffic_json(reader.read(of))); }
};

TEST_F(Reading, AFrameOfYkcIsReadByItsLayout) {
  const json stop = row("in", "ykc", {{"hex", "680C000000363201060001923601FFB9"}});
  EXPECT_EQ(line(stop), "12:00:00.123 pile-1 ← ykc 0x36 remote_stop pile 32010600019236 gun 1");
  EXPECT_EQ(line(stop, true),
            "12:00:00.123 pile-1 ← ykc 0x36 remote_stop 68 0C 00 00 00 36 32 01 06 00 01 92 36 01 FF B9");
  const json all = document(stop);
  EXPECT_EQ(all["t"], "2026-11-21T12:00:00.123456Z");
  EXPECT_EQ(all["device"], "pile-1");
  EXPECT_EQ(all["direction"], "in");
  EXPECT_EQ(all["uplink"], "ykc");
  EXPECT_EQ(all["name"], "0x36 remote_stop");
  EXPECT_EQ(all["hex"], "680C000000363201060001923601FFB9");
  EXPECT_EQ(all["decoded"]["fields"], (json{{"pile", "32010600019236"}, {"gun", 1}}));
}

TEST_F(Reading, WhatIsWrongWithAFrameIsTold) {
  EXPECT_THAT(line(row("in", "ykc", {{"hex", "680C000000363201060001923601FFB8"}})),
              HasSubstr("gun 1 (wrong: the CRC on the wire is FFB8"));
}

TEST_F(Reading, BytesThatAreUtf8ByChanceAreNoText) {
  EXPECT_THAT(line(row("in", "ykc", {{"text", "abc"}})), HasSubstr("ykc 61 62 63 (wrong: "));
  EXPECT_THAT(line(row("in", "ykc", {{"text", "abc"}}), true), HasSubstr("ykc 61 62 63"));
  EXPECT_EQ(document(row("in", "ykc", {{"text", "abc"}}))["hex"], "616263");
  const json binary = row("in", "tcp", {{"text", std::string("a\0b", 3)}});
  EXPECT_THAT(line(binary), HasSubstr("tcp 61 00 62"));
  EXPECT_EQ(document(binary)["hex"], "610062");
}

TEST_F(Reading, AFrameIsReadAsItsDeviceIsConfigured) {
  const TempDir folder;
  folder.write(
      "fork.yaml",
      "base: ykc-1.6\nname: fork\nframes:\n  0x36: {changes: [{bay: bcd1 after pile}, {gun: removed}]}\n");
  const auto configured = [](const std::string& id, const std::string& layout, const std::string& in,
                             const std::string& order) {
    return json{{"id", id},
                {"values",
                 {{"ykc.layout", layout},
                  {"ykc.layout_folder", in},
                  {"ykc.card_order", order},
                  {"ykc.weekday", "layout"},
                  {"ykc.heartbeat_every", "10s"}}}};
  };
  EXPECT_EQ(layouts.take(configured("pile-1", "fork.yaml", folder.path(), "layout")), "");
  EXPECT_EQ(layouts.take(configured("pile-2", "", "", "reversed")), "");
  const std::string wrong = layouts.take(configured("pile-3", "no.yaml", folder.path(), "layout"));
  EXPECT_THAT(wrong, HasSubstr("the layout no.yaml of pile-3 cannot be read here"));
  EXPECT_EQ(layouts.take(configured("pile-4", "no.yaml", folder.path(), "layout")), "") << "told once";
  json stop = row("in", "ykc", {{"hex", "680C000000363201060001923601FFB9"}});
  EXPECT_THAT(line(stop), HasSubstr("pile 32010600019236 bay 1"));
  for (const char* other : {"pile-2", "pile-3", "pile-4", "pile-5"}) {
    stop["id"] = other;
    EXPECT_THAT(line(stop), HasSubstr("pile 32010600019236 gun 1")) << other;
  }
  EXPECT_TRUE(layouts.of("pile-2").settings().card_reversed);
  EXPECT_FALSE(layouts.of("pile-1").settings().card_reversed);
}

TEST_F(Reading, AnAnswerOfOcppHasTheNameOfItsCall) {
  EXPECT_EQ(
      line(row(
          "out", "ocpp",
          {{"kind", "report"}, {"report", "Heartbeat"}, {"seq", 4}, {"text", R"([2,"7","Heartbeat",{}])"}})),
      "12:00:00.123 pile-1 → ocpp Heartbeat seq=4 {}");
  const json answer = row("in", "ocpp", {{"text", R"([3,"7",{"currentTime":"2026-11-21T12:00:00Z"}])"}});
  EXPECT_EQ(line(answer),
            "12:00:00.123 pile-1 ← ocpp Heartbeat result {\"currentTime\":\"2026-11-21T12:00:00Z\"}");
  EXPECT_EQ(document(answer)["decoded"]["action"], "Heartbeat");
  // The same id, called by the other side.
  EXPECT_EQ(line(row("in", "ocpp", {{"text", R"([2,"7","Reset",{"type":"Soft"}])"}})),
            "12:00:00.123 pile-1 ← ocpp Reset {\"type\":\"Soft\"}");
  const json error = row("out", "ocpp", {{"text", R"([4,"7","NotSupported","no",{"a":1}])"}});
  EXPECT_EQ(line(error), "12:00:00.123 pile-1 → ocpp Reset error NotSupported \"no\" {\"a\":1}");
  EXPECT_EQ(document(error)["decoded"]["code"], "NotSupported");
  EXPECT_EQ(line(row("in", "ocpp", {{"text", R"([3,"8",{}])"}})),
            "12:00:00.123 pile-1 ← ocpp call 8 result {}");
}

TEST_F(Reading, MembersOfACallAreShownInTheOrderInWhichTheyWereSent) {
  EXPECT_THAT(
      line(row("out", "ocpp", {{"text", R"([2,"7","Authorize",{"z":1,"idTag":"A","b":{"y":1,"x":2}}])"}})),
      HasSubstr(R"(Authorize {"z":1,"idTag":"A","b":{"y":1,"x":2}})"));
}

TEST_F(Reading, OtherPayloadsAreShownAsTheyAre) {
  EXPECT_EQ(line(row("in", "mqtt", {{"text", R"({"id":"1","type":"reboot","data":{}})"}})),
            "12:00:00.123 pile-1 ← mqtt reboot {\"id\":\"1\",\"type\":\"reboot\",\"data\":{}}");
  EXPECT_EQ(line(row("out", "tcp", {{"kind", "report"}, {"report", "meter"}, {"seq", 3}, {"text", "a\nb"}})),
            "12:00:00.123 pile-1 → tcp meter seq=3 a?b");
  EXPECT_EQ(line(row("in", "udp", {{"hex", "00FF"}})), "12:00:00.123 pile-1 ← udp 00 FF");
  EXPECT_EQ(document(row("in", "udp", {{"hex", "00FF"}}))["decoded"], json());
  json cut = row("in", "tcp", {{"text", "abc"}});
  cut["size"] = 70'000;
  EXPECT_EQ(line(cut), "12:00:00.123 pile-1 ← tcp abc … (3 of 70000 bytes)");
}

TEST_F(Reading, TheConnectionAndWhatBecameOfReportsAreTold) {
  EXPECT_EQ(line(row("link", "tcp", {{"kind", "up"}})), "12:00:00.123 pile-1 · tcp connected");
  EXPECT_EQ(line(row("link", "tcp", {{"kind", "down"}, {"word", "connection_refused"}})),
            "12:00:00.123 pile-1 · tcp not connected: connection_refused");
  const json acked =
      row("in", "http", {{"kind", "settled"}, {"report", "meter"}, {"seq", 3}, {"word", "acked"}});
  EXPECT_EQ(line(acked), "12:00:00.123 pile-1 ← http meter seq=3 acked");
  EXPECT_EQ(document(acked)["fate"], "acked");
  json refused = acked;
  refused["word"] = "refused";
  refused["why"] = "HTTP 503: busy\n";
  EXPECT_EQ(line(refused), "12:00:00.123 pile-1 ← http meter seq=3 refused: HTTP 503: busy?");
  EXPECT_EQ(document(refused)["why"], "HTTP 503: busy\n");
}

TEST_F(Reading, RowsThatMakeNoSenseAreNoTrouble) {
  for (const json& strange :
       {json::object(), json{{"at_us", "x"}, {"id", 5}, {"hex", "0"}}, row("in", "ykc", {{"hex", "zz"}}),
        row("in", "ocpp", {{"text", "[2,\"a\"]"}}), row("in", "ocpp", {{"text", "[3,1,2]"}}),
        row("in", "ocpp", {{"text", "[4,\"a\",2,3]"}}), row("in", "ocpp", {{"text", "[4,\"a\",[]]"}}),
        row("in", "ocpp", {{"text", std::string(10'000, '[')}}),
        row("in", "mqtt", {{"text", R"({"type":5,"method":"m"})"}})}) {
    const Traffic traffic = reader.read(strange);
    EXPECT_FALSE(render_traffic(traffic, false, kPlain).empty());
    EXPECT_TRUE(json::accept(traffic_json(traffic)));
  }
}

struct TraceVerb : testing::Test {
  FakeEnvironment fake;
  std::filesystem::path run_dir = fake.dir.path() / "run";
  TraceVerb() { fake.variables["VFLEET_RUN_DIR"] = run_dir; }

  static std::vector<json> some_rows(const json& request) {
    if (request["verb"] == "get") return {{{"kind", "result"}, {"status", 3}}};
    return {{{"kind", "rows"}, {"rows", {{{"tracing", 1}, {"shard", 0}, {"shards", 1}}}}},
            {{"kind", "rows"},
             {"dropped", 3},
             {"rows",
              {row("link", "tcp", {{"kind", "up"}}), row("out", "tcp", {{"text", "one"}}),
               row("in", "tcp", {{"text", "two"}}), row("out", "tcp", {{"text", "three"}})}}}};
  }
};

TEST_F(TraceVerb, EndsAfterSoManyMessagesAndSaysWhatWasDropped) {
  FakeControl control(run_dir, some_rows);
  EXPECT_EQ(fake.run({"trace", "pile-1", "--count", "2", "--settled", "--rate", "9"}), 0) << fake.err.str();
  EXPECT_EQ(
      fake.out.str(),
      "12:00:00.123 pile-1 · tcp connected\n12:00:00.123 pile-1 → tcp one\n12:00:00.123 pile-1 ← tcp two\n");
  EXPECT_THAT(fake.err.str(), HasSubstr("(tracing 1 device)"));
  EXPECT_THAT(fake.err.str(), HasSubstr("(3 dropped in all)"));
  EXPECT_EQ(control.requests()[0]["args"], (json{{"selector", "pile-1"}, {"path", "ykc"}, {"limit", 1000}}));
  EXPECT_EQ(control.requests()[1]["args"], (json{{"selector", "pile-1"}, {"settled", true}, {"rate", 9}}));
}

TEST_F(TraceVerb, WritesJsonLinesToAFileToo) {
  FakeControl control(run_dir, some_rows);
  const std::string file = fake.dir.path() / "trace.jsonl";
  EXPECT_EQ(fake.run({"trace", "pile-1", "--count", "3", "--out", file}), 0) << fake.err.str();
  std::ifstream in(file);
  std::vector<std::string> texts;
  for (std::string line; std::getline(in, line);) texts.push_back(json::parse(line).value("text", "-"));
  EXPECT_THAT(texts, ElementsAre("-", "one", "two", "three"));
  EXPECT_EQ(fake.run({"trace", "pile-1", "--out", fake.dir.path() / "no" / "file"}), 1);
  EXPECT_THAT(fake.err.str(), HasSubstr("cannot write"));
}

TEST_F(TraceVerb, EndsByTimeWithZero) {
  FakeControl control(run_dir, some_rows);
  EXPECT_EQ(fake.run({"trace", "pile-1", "--for", "50ms", "--json"}), 0) << fake.err.str();
  EXPECT_THAT(fake.out.str(), HasSubstr("\"text\":\"three\""));
}

TEST_F(TraceVerb, ADeviceThatIsNotThereIsAnErrorOfControl) {
  FakeControl control(run_dir, [](const json&) {
    return std::vector<json>{{{"kind", "error"},
                              {"status", 3},
                              {"code", "not_found"},
                              {"message", "no device matches 'pile-9'"},
                              {"hint", "the fleet has pile-1 to pile-5; vfleet ls shows all"}}};
  });
  EXPECT_EQ(fake.run({"trace", "pile-9"}), 3);
  EXPECT_THAT(fake.err.str(), HasSubstr("no device matches 'pile-9'"));
  EXPECT_THAT(fake.err.str(), HasSubstr("pile-1 to pile-5"));
}

TEST_F(TraceVerb, ALayoutThatIsWrongIsToldBeforeControlIsAsked) {
  EXPECT_EQ(fake.run({"trace", "pile-9", "--layout", "nowhere.yaml"}), 2);
  EXPECT_THAT(fake.out.str(), HasSubstr("nowhere.yaml"));
}

}  // namespace
}  // namespace vfleet::cli
