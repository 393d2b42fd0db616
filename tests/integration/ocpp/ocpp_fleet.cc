#include "tests/integration/ocpp/ocpp_fleet.h"

#include <fmt/format.h>

namespace vfleet::ocpp_test {

void OcppFleet::start(const Settings& settings) {
  settings_ = settings;
  const std::string config = settings.config.empty() ? std::string() : ", " + settings.config;
  const std::string uplink = settings.uplink.empty() ? std::string() : ", " + settings.uplink;
  fleet_ = std::make_unique<fleet_test::RunningFleet>(
      fmt::format("fleet: ocpp\nseed: 11\ntime_scale: {}\ngroups:\n", settings.time_scale) +
          fleet_test::group(
              "pile", "charging_pile", settings.count,
              "{ocpp: {url: '" + csms_.url() + "', backoff: {first: 100ms, max: 300ms}" + uplink + "}}",
              "    config: {dialect: ocpp16, connectors: 2" + config + "}\n"),
      1);
  fleet_->start_workers();
}

void OcppFleet::tell_what_was_said() const {
  if (!HasFailure() || !csms_.running()) return;
  const json all = csms_.state(kPile);
  std::string said;
  for (const json& each : all["messages"])
    said += each["action"].get<std::string>() + " " + each["payload"].dump() + "\n";
  GTEST_LOG_(INFO) << "what " << kPile << " said\n"
                   << said.substr(said.size() - std::min<std::size_t>(said.size(), 6000));
}

bool OcppFleet::all_accepted() const {
  return eventually([&] {
    const json devices = csms_.state()["devices"];
    if (devices.size() != static_cast<std::size_t>(settings_.count)) return false;
    for (const json& each : devices)
      if (each["registration"] != "Accepted" || each["got"].value("StatusNotification", 0) < 3) return false;
    return true;
  });
}

void OcppFleet::act(const std::string& action, const std::vector<std::string>& args) const {
  std::vector<std::string> words{"do", kPile, action};
  words.insert(words.end(), args.begin(), args.end());
  const auto answer = fleet_->vfleet(words);
  EXPECT_EQ(answer.status, 0) << action << "\n" << answer.out << answer.err;
}

std::int64_t OcppFleet::begin_transaction(int connector, const std::string& card) const {
  const std::string number = "connector=" + std::to_string(connector);
  const std::size_t before = csms_.state(kPile)["transactions"].size();
  act("plug", {number, "soc=10%"});
  act("swipe", {number, "card=" + card});
  if (!eventually([&] { return csms_.state(kPile)["transactions"].size() > before; })) return -1;
  std::int64_t newest = -1;
  const json all = csms_.state(kPile);
  for (const auto& [id, each] : all["transactions"].items())
    newest = std::max<std::int64_t>(newest, std::stoll(id));
  return newest;
}

std::vector<json> OcppFleet::messages(const std::string& action, const std::string& device) const {
  std::vector<json> out;
  const json all = csms_.state(device);
  for (const json& each : all["messages"])
    if (each["action"] == action) out.push_back(each["payload"]);
  return out;
}

void OcppFleet::expect_conformance(std::uint64_t messages_least) {
  EXPECT_EQ(csms_.violations(), "");
  tell_what_was_said();
  fleet_.reset();
  std::uint64_t messages = 0;
  EXPECT_EQ(csms_.second_opinion(messages), "");
  EXPECT_GE(messages, messages_least);
}

}  // namespace vfleet::ocpp_test
