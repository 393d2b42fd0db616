#include "tests/unit/devices/charging_pile/ocpp16/ocpp_world.h"

#include <algorithm>

#include "devices/charging_pile/config.h"
#include "simulator/codec/ocpp/date_time.h"
#include "simulator/codec/ocpp/message.h"
#include "simulator/codec/ocpp/validate.h"

namespace vfleet::pile {
namespace {

namespace wire = codec::ocpp;

config::Values with_dialect(config::Values values) {
  values.try_emplace("dialect", text("ocpp16"));
  // Nothing by chance, and one connector's worth of arithmetic.
  values.try_emplace("voltage_ripple", number(0));
  // What is left out is true for this dialect; this world fills in every default.
  values.try_emplace("strict_status", boolean(true));
  return values;
}

}  // namespace

OcppWorld::OcppWorld(config::Values values, std::uint64_t seed)
    : PileWorld(with_dialect(std::move(values)), seed) {}

void OcppWorld::accept() {
  start();
  run_for(1s);
  ASSERT_EQ(state("registration"), "accepted");
}

std::int64_t OcppWorld::charge(int connector, std::string card) {
  EXPECT_TRUE(plug(connector));
  EXPECT_TRUE(swipe(connector, std::move(card)));
  run_for(latency * 8 + 1s);
  EXPECT_EQ(state("connector" + std::to_string(connector) + ".status"), "charging");
  return transactions;
}

Result<std::uint32_t> OcppWorld::tell(const device::Telling& telling) {
  auto told = PileWorld::tell(telling);
  if (told) take_call(messages().back().text);
  return told;
}

void OcppWorld::take_call(const std::string& text) {
  const json frame = json::parse(text, nullptr, false);
  if (!judge && (!frame.is_array() || frame.size() != 4)) return;
  ASSERT_TRUE(frame.is_array() && frame.size() == 4 && frame[0] == 2) << text;
  const Call call{now(), frame[2].get<std::string>(), frame[3], frame[1].get<std::string>()};
  if (judge) {
    const auto action = wire::find_action(call.action);
    ASSERT_TRUE(action) << text;
    const auto violation = wire::validate(wire::message(*action).request, call.payload.dump());
    EXPECT_FALSE(violation) << violation->text() << " in " << text;
    EXPECT_TRUE(ids_.insert(call.id).second) << "an id twice: " << text;
  }
  // One that was not answered in time may be followed by the next.
  const auto& front = static_cast<const PileConfig&>(config()).front;
  EXPECT_TRUE(!open_since_ || now() - *open_since_ >= front.ocpp.calls.timeout)
      << "two CALLs at once: " << text;
  open_since_ = now();
  calls.push_back(call);
  const auto scripted = replies.find(call.action);
  const auto answer =
      scripted != replies.end() ? scripted->second(call.payload) : usual(call.action, call.payload);
  if (!answer) return;
  json out = json::array({3, call.id, *answer});
  if (answer->contains("error")) out = json::array({4, call.id, answer->at("error"), "", json::object()});
  pending_.push_back({now() + latency, out.dump()});
}

std::optional<json> OcppWorld::usual(const std::string& action, const json& /*payload*/) {
  codec::Buffer written;
  codec::json::Writer writer(written);
  wire::write_date_time(writer, wall_now() + ahead);
  const std::string time = written.substr(1, written.size() - 2);
  if (action == "BootNotification") {
    return json{{"status", "Accepted"}, {"currentTime", time}, {"interval", heartbeat_interval}};
  }
  if (action == "Heartbeat") return json{{"currentTime", time}};
  if (action == "Authorize") return json{{"idTagInfo", {{"status", "Accepted"}}}};
  if (action == "StartTransaction") {
    return json{{"idTagInfo", {{"status", "Accepted"}}}, {"transactionId", ++transactions}};
  }
  if (action == "SignCertificate" || action == "DataTransfer") return json{{"status", "Accepted"}};
  return json::object();
}

TimePoint OcppWorld::platform_next() const {
  return pending_.empty() ? kNever : pending_.front().at;
}

void OcppWorld::platform_acts() {
  const std::string text = std::move(pending_.front().text);
  pending_.pop_front();
  open_since_.reset();
  receive(text);
}

Status OcppWorld::say(std::string_view bytes) {
  auto said_it = PileWorld::say(bytes);
  if (!said_it) return said_it;
  const json frame = json::parse(bytes, nullptr, false);
  EXPECT_TRUE(frame.is_array() && frame.size() >= 3) << bytes;
  if (deaf_) return said_it;
  if (!frame.is_array() || frame.size() < 3) return said_it;
  const auto id = frame[1].get<std::string>();
  const auto asked = open_requests_.find(id);
  EXPECT_NE(asked, open_requests_.end()) << "answers nothing, or twice: " << bytes;
  if (asked == open_requests_.end()) return said_it;
  if (frame[0] == 3) {
    if (const auto action = wire::find_action(asked->second)) {
      const auto violation = wire::validate(wire::message(*action).response, frame[2].dump());
      EXPECT_FALSE(violation) << violation->text() << " in " << bytes;
    }
    answers_[id] = frame[2];
  } else {
    EXPECT_EQ(frame[0], 4) << bytes;
    EXPECT_EQ(frame.size(), 5U) << bytes;
    answers_[id] = json{{"error", frame[2]}, {"why", frame[3]}};
  }
  open_requests_.erase(asked);
  return said_it;
}

std::optional<json> OcppWorld::request(const std::string& action, json payload) {
  const std::string id = "q" + std::to_string(++requests_);
  open_requests_[id] = action;
  receive(json::array({2, id, action, std::move(payload)}).dump());
  return answer_to(requests_);
}

std::string OcppWorld::status_of(const std::string& action, json payload) {
  const auto answer = request(action, std::move(payload));
  if (!answer) return "(none)";
  return answer->contains("error") ? answer->at("error").get<std::string>()
                                   : answer->value("status", std::string("(none)"));
}

std::optional<json> OcppWorld::answer_to(int n) const {
  const auto at = answers_.find("q" + std::to_string(n));
  return at == answers_.end() ? std::nullopt : std::optional(at->second);
}

std::string OcppWorld::key(const std::string& name) {
  const auto answer = request("GetConfiguration", {{"key", {name}}});
  if (!answer || !answer->contains("configurationKey")) return "(none)";
  return answer->at("configurationKey").at(0).value("value", std::string("(none)"));
}

std::vector<json> OcppWorld::sent(std::string_view action) const {
  std::vector<json> out;
  for (const Call& call : calls) {
    if (call.action == action) out.push_back(call.payload);
  }
  return out;
}

json OcppWorld::last_of(std::string_view action) const {
  const auto all = sent(action);
  EXPECT_FALSE(all.empty()) << "no " << action;
  return all.empty() ? json::object() : all.back();
}

std::vector<std::string> OcppWorld::story() const {
  std::vector<std::string> out;
  for (const Call& call : calls) {
    std::string line = call.action;
    if (line == "StatusNotification") {
      line = "Status " + std::to_string(call.payload.at("connectorId").get<int>()) + " " +
             call.payload.at("status").get<std::string>();
    }
    out.push_back(line);
  }
  return out;
}

std::vector<std::string> OcppWorld::statuses(int connector) const {
  std::vector<std::string> out;
  for (const json& each : sent("StatusNotification")) {
    if (each.at("connectorId") == connector) out.push_back(each.at("status").get<std::string>());
  }
  return out;
}

Status OcppWorld::operate(std::string_view report, std::vector<codec::envelope::Override> fields,
                          bool unchecked, device::Channel channel) {
  device().advance(*this);
  const device::AnswerId before = deferred();
  Status status = device().trigger(*this, {report, channel, fields, unchecked});
  if (!status || deferred() == before) return status;
  const auto late = answered.find(deferred());
  return late == answered.end() ? fail(Errc::timed_out, "no answer yet") : late->second;
}

void OcppWorld::damaged(std::string_view bytes) {
  if (rebooting()) return;
  deaf_ = true;
  receive(bytes);
  deaf_ = false;
}

void OcppWorld::reboot(Duration down) {
  hang_up();
  PileWorld::reboot(down);
}

void OcppWorld::hang_up() {
  pending_.clear();
  open_since_.reset();
}

void OcppWorld::lose_link() {
  hang_up();
  disconnect();
}

}  // namespace vfleet::pile
