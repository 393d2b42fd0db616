#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/integration/ocpp/ocpp_fleet.h"

namespace vfleet::ocpp_test {

/// Messages of the CSMS as rows of a table: what is sent, what the answer must hold, what must come of it.
class RequestTable : public OcppFleet {
 protected:
  using OcppFleet::OcppFleet;

  struct Step {
    const char* action;
    json payload;
    /// What the result must hold, among other members; {"code": CODE} for a CALLERROR.
    json answer;
    /// What must become true; none: the answer is all that there is to see.
    std::function<bool()> effect;
  };

  void run(const std::vector<Step>& steps) {
    for (const Step& step : steps) {
      SCOPED_TRACE(std::string(step.action) + " " + step.payload.dump());
      const json answer = csms_.call(kPile, step.action, step.payload);
      const json& result = answer.contains("error") ? answer["error"] : answer["result"];
      for (const auto& [name, value] : step.answer.items())
        EXPECT_EQ(result.value(name, json()), value) << answer;
      EXPECT_TRUE(!step.effect || step.effect()) << csms_.state(kPile)["got"];
    }
  }

  [[nodiscard]] std::string key(const std::string& name) const {
    const json answer = csms_.call(kPile, "GetConfiguration", {{"key", json::array({name})}});
    const json value = fleet_test::at(answer, "/result/configurationKey/0/value");
    return value.is_string() ? value.get<std::string>() : answer.dump();
  }
  [[nodiscard]] bool more_of(const std::string& action) const {
    return gets(action, csms_.got(kPile, action) + 1);
  }
  [[nodiscard]] std::string value(const std::string& path) const {
    const auto values = fleet_->values(kPile, path);
    return values.empty() ? std::string() : values.begin()->second;
  }
};

inline const json kAccepted = {{"status", "Accepted"}};
inline const json kRejected = {{"status", "Rejected"}};

}  // namespace vfleet::ocpp_test
