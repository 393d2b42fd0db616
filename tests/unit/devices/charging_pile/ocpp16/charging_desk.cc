#include "tests/unit/devices/charging_pile/ocpp16/charging_desk.h"

#include <gtest/gtest.h>

#include "simulator/codec/ocpp/validate.h"

namespace vfleet::pile::ocpp16 {
namespace {

namespace wire = codec::ocpp;
using codec::ocpp::Action;

std::string good(std::string_view payload, const wire::Object& object) {
  const auto wrong = wire::validate(object, payload);
  return wrong ? wrong->text() : "good";
}

}  // namespace

SupplyConfig ac_supply() {
  SupplyConfig supply;
  supply.kind = SupplyKind::ac;
  supply.connectors = 2;
  supply.rated_power_w = 44e3;
  supply.connector_power_w = 22080;
  supply.connector_current_a = 32;
  return supply;
}

Reply Desk::set(ConnectorNumber connector, const nlohmann::json& profile) {
  const nlohmann::json request{{"connectorId", connector}, {"csChargingProfiles", profile}};
  EXPECT_EQ(good(request.dump(), wire::message(Action::SetChargingProfile).request), "good");
  Reply reply = set_charging_profile(desk(), request);
  if (!reply.error) {
    EXPECT_EQ(good(reply.payload, wire::message(Action::SetChargingProfile).response), "good");
  }
  return reply;
}

std::string Desk::status(ConnectorNumber connector, const nlohmann::json& profile) {
  const Reply reply = set(connector, profile);
  return reply.error ? std::string(to_string(*reply.error)) : word(reply);
}

std::string Desk::clear(const nlohmann::json& request) {
  EXPECT_EQ(good(request.dump(), wire::message(Action::ClearChargingProfile).request), "good");
  const Reply reply = clear_charging_profile(desk(), request);
  EXPECT_EQ(good(reply.payload, wire::message(Action::ClearChargingProfile).response), "good");
  return word(reply);
}

std::string Desk::composite(ConnectorNumber connector, std::int64_t duration, std::string_view unit) {
  nlohmann::json request{{"connectorId", connector}, {"duration", duration}};
  if (!unit.empty()) request["chargingRateUnit"] = unit;
  EXPECT_EQ(good(request.dump(), wire::message(Action::GetCompositeSchedule).request), "good");
  const Reply reply = get_composite_schedule(desk(), supply, request);
  EXPECT_EQ(good(reply.payload, wire::message(Action::GetCompositeSchedule).response), "good")
      << reply.payload;
  const auto tree = nlohmann::json::parse(reply.payload);
  if (tree["status"] != "Accepted") return tree["status"];
  EXPECT_EQ(tree["connectorId"], connector);
  const auto& schedule = tree["chargingSchedule"];
  EXPECT_FALSE(schedule.contains("startSchedule"));
  std::string out = schedule["chargingRateUnit"].get<std::string>() + " " +
                    tree["scheduleStart"].get<std::string>().substr(11, 8) + " for " +
                    schedule["duration"].dump() + ":";
  for (const auto& each : schedule["chargingSchedulePeriod"]) {
    out += " " + each["startPeriod"].dump() + "=" + each["limit"].dump();
    if (each.contains("numberPhases")) out += "x" + each["numberPhases"].dump();
  }
  return out;
}

std::string Desk::word(const Reply& reply) {
  return nlohmann::json::parse(reply.payload)["status"];
}

nlohmann::json periods(std::initializer_list<std::pair<int, double>> list) {
  auto out = nlohmann::json::array();
  for (const auto& [start, limit] : list) out.push_back({{"startPeriod", start}, {"limit", limit}});
  return out;
}

nlohmann::json profile(int id, std::string_view purpose, std::string_view kind, const nlohmann::json& list,
                       std::string_view unit) {
  return {{"chargingProfileId", id},
          {"stackLevel", 0},
          {"chargingProfilePurpose", purpose},
          {"chargingProfileKind", kind},
          {"chargingSchedule", {{"chargingRateUnit", unit}, {"chargingSchedulePeriod", list}}}};
}

nlohmann::json with(nlohmann::json profile, std::string_view path, nlohmann::json value) {
  profile[nlohmann::json::json_pointer(std::string(path))] = std::move(value);
  return profile;
}

nlohmann::json on_level(nlohmann::json profile, int level) {
  return with(std::move(profile), "/stackLevel", level);
}

nlohmann::json starting(nlohmann::json profile, std::string_view time) {
  return with(std::move(profile), "/chargingSchedule/startSchedule", time);
}

nlohmann::json lasting(nlohmann::json profile, int seconds) {
  return with(std::move(profile), "/chargingSchedule/duration", seconds);
}

}  // namespace vfleet::pile::ocpp16
