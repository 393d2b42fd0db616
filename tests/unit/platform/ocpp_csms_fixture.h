#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "simulator/platform/roles/ocpp/csms.h"

namespace vfleet::platform::ocpp {

/// The connection of one charge point: what is sent to it is kept.
struct Wire final : Line {
  Csms* csms = nullptr;
  ChargePoint* charge_point = nullptr;
  std::vector<std::string> calls;
  std::vector<std::uint64_t> ended;

  void call_waits(std::uint64_t) override { pump(); }
  void end(std::uint64_t link) override { ended.push_back(link); }
  void pump() {
    std::string call;
    if (csms->next_call(*charge_point, call)) calls.push_back(call);
  }
};

struct OcppCsmsTest : testing::Test {
  ManualClock clock;
  Platform platform{clock, 1};
  OcppSettings settings;
  Csms csms{platform, settings, {}};
  Wire wire;
  int ids = 0;
  Mischief mischief;

  OcppCsmsTest() {
    wire.csms = &csms;
    wire.charge_point = csms.came("CP1", wire, 7);
  }
  /// What stands in the CSMS's answer to any text; null: there is none.
  nlohmann::json say(const std::string& text, bool early = false) {
    std::string answer;
    mischief = csms.take(*wire.charge_point, text, early,
                         {.way = Way::ocpp, .down = nullptr, .link = 7, .type = {}, .device = "CP1"}, answer)
                   .mischief;
    wire.pump();
    return answer.empty() ? nlohmann::json() : nlohmann::json::parse(answer);
  }
  /// The payload of the answer to a CALL; of a CALLERROR its code.
  nlohmann::json call(const std::string& action, const nlohmann::json& payload) {
    const std::string id = "id-" + std::to_string(++ids);
    const nlohmann::json answer = say(nlohmann::json({2, id, action, payload}).dump());
    EXPECT_EQ(answer[1], id);
    return answer[2];
  }
  nlohmann::json boot() {
    return call("BootNotification", {{"chargePointVendor", "V"}, {"chargePointModel", "M"}});
  }
  void status(int connector, const std::string& status) {
    EXPECT_EQ(call("StatusNotification",
                   {{"connectorId", connector}, {"errorCode", "NoError"}, {"status", status}}),
              nlohmann::json::object());
  }
  nlohmann::json start(int connector, std::int64_t meter, const std::string& time = "2026-03-01T08:00:00Z",
                       const std::string& tag = "TAG1") {
    return call("StartTransaction",
                {{"connectorId", connector}, {"idTag", tag}, {"meterStart", meter}, {"timestamp", time}});
  }
  void meter(int connector, const nlohmann::json& id, const std::string& time,
             const nlohmann::json& samples) {
    nlohmann::json payload = {{"connectorId", connector},
                              {"meterValue", {{{"timestamp", time}, {"sampledValue", samples}}}}};
    if (!id.is_null()) payload["transactionId"] = id;
    EXPECT_EQ(call("MeterValues", payload), nlohmann::json::object());
  }
  nlohmann::json stop(const nlohmann::json& id, std::int64_t meter,
                      const std::string& time = "2026-03-01T09:00:00Z",
                      const nlohmann::json& data = nlohmann::json()) {
    nlohmann::json payload = {{"transactionId", id}, {"meterStop", meter}, {"timestamp", time}};
    if (!data.is_null()) payload["transactionData"] = data;
    return call("StopTransaction", payload);
  }
  [[nodiscard]] std::uint64_t complaints(const std::string& kind) const {
    const auto found = platform.complaints().by_kind().find(kind);
    return found == platform.complaints().by_kind().end() ? 0 : found->second;
  }
  [[nodiscard]] std::string first_complaint(const std::string& kind) const {
    const auto rows = platform.complaints().find(kind, "CP1", 1);
    return rows.empty() ? "" : rows.front()->about + ": " + rows.front()->what;
  }
  [[nodiscard]] std::size_t all_complaints() const { return platform.complaints().find({}, {}, 100).size(); }
};

}  // namespace vfleet::platform::ocpp
