#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/unit/devices/charging_pile/pile_world.h"

namespace vfleet::pile {

using nlohmann::json;

/// A pile that speaks OCPP 1.6J on virtual time, and a CSMS by script. Every message of the pile is judged:
/// valid by the codec's tables, no id twice, one CALL outstanding.
class OcppWorld : public PileWorld {
 public:
  /// A CALL of the charge point.
  struct Call {
    TimePoint at;
    std::string action;
    json payload;
    std::string id;
  };
  /// What the CSMS answers; nullopt: nothing, ever. {"error": "GenericError"}: that CALLERROR.
  using Reply = std::function<std::optional<json>(const json& payload)>;

  explicit OcppWorld(config::Values values = {}, std::uint64_t seed = 42);

  std::vector<Call> calls;
  std::map<std::string, Reply> replies;  ///< in place of the usual ones
  Duration latency{0};                   ///< until an answer comes
  std::chrono::microseconds ahead{0};    ///< of the CSMS's clock, before the fleet's
  int heartbeat_interval = 300;          ///< what BootNotification is answered
  bool judge = true;                     ///< whether what the pile sends must be valid
  std::int64_t transactions = 1000;      ///< the last number given

  /// Boots, connects and is accepted.
  void accept();
  /// Connected and accepted, a vehicle in, the card accepted: a transaction runs. Its number.
  std::int64_t charge(int connector = 1, std::string card = "CARD");

  /// A CALL of the CSMS. Its answer, if that came at once: the payload, or {"error": CODE}.
  std::optional<json> request(const std::string& action, json payload = json::object());
  /// The "status" of the answer; "(none)" without one.
  std::string status_of(const std::string& action, json payload = json::object());
  /// The answer to request number `n` (from 1) once it is there.
  std::optional<json> answer_to(int n) const;
  std::optional<json> change(const std::string& key, const std::string& value) {
    return request("ChangeConfiguration", {{"key", key}, {"value", value}});
  }
  /// Of one key; "(none)" without a value.
  std::string key(const std::string& name);
  int requests() const { return requests_; }
  /// Bytes as they are.
  void raw(std::string_view bytes) { receive(bytes); }
  /// The same, where nobody knows what is answered to what; nothing while the power is off.
  void damaged(std::string_view bytes);

  [[nodiscard]] std::vector<json> sent(std::string_view action) const;
  [[nodiscard]] std::size_t count_of(std::string_view action) const { return sent(action).size(); }
  [[nodiscard]] json last_of(std::string_view action) const;
  /// The actions since forget_calls(), in their order; of statuses with what they say: "Status 1 Charging".
  [[nodiscard]] std::vector<std::string> story() const;
  void forget_calls() { calls.clear(); }
  /// Status words of a connector that were told, in their order.
  [[nodiscard]] std::vector<std::string> statuses(int connector) const;
  /// An operator's trigger. What the device says, at once or by a late answer.
  Status operate(std::string_view report, std::vector<codec::envelope::Override> fields,
                 bool unchecked = false, device::Channel channel = 0);

  // DeviceContext
  Result<std::uint32_t> tell(const device::Telling& telling) override;
  Status say(std::string_view bytes) override;
  void reboot(Duration down) override;

  /// The connection ends, and what the CSMS would still have answered with it.
  void lose_link();
  void regain_link() { connect(); }

 protected:
  [[nodiscard]] TimePoint platform_next() const override;
  void platform_acts() override;

 private:
  struct Pending {
    TimePoint at;
    std::string text;
  };
  void hang_up();
  void take_call(const std::string& text);
  [[nodiscard]] std::optional<json> usual(const std::string& action, const json& payload);

  std::deque<Pending> pending_;
  std::set<std::string> ids_;
  std::optional<TimePoint> open_since_;               // our CALL that has no answer
  std::map<std::string, std::string> open_requests_;  // id to action
  std::map<std::string, json> answers_;
  int requests_ = 0;
  bool deaf_ = false;
};

}  // namespace vfleet::pile
