// What an operator makes a pile undergo.
#include <fmt/format.h>

#include "devices/charging_pile/pile.h"
#include "devices/charging_pile/pile_call.h"

namespace vfleet::pile {
namespace {

// An action's arguments; the engine has checked them against their description and filled in the defaults.
class Args {
 public:
  explicit Args(const config::Values& values) : values_(values) {}
  [[nodiscard]] ConnectorNumber connector() const {
    return static_cast<ConnectorNumber>(get<std::int64_t>("connector"));
  }
  [[nodiscard]] std::string text(std::string_view name) const { return get<std::string>(name); }
  [[nodiscard]] double number(std::string_view name) const { return get<double>(name); }
  /// nullopt for "all".
  [[nodiscard]] std::optional<FaultCode> code() const { return fault_from(text("code")); }

 private:
  template <class T>
  [[nodiscard]] T get(std::string_view name) const {
    const auto at = values_.find(name);
    if (at == values_.end()) return {};
    const T* value = std::get_if<T>(&at->second.data);
    return value != nullptr ? *value : T{};
  }
  const config::Values& values_;
};

}  // namespace

Status Pile::act(device::DeviceContext& context, const device::ActionCall& call) {
  static const config::Values kNone;
  if (off_) return fail(Errc::rejected, "the pile is off: it reboots");
  const Change change(*this);
  const Args args(call.args != nullptr ? *call.args : kNone);
  PileCall the_call(*this, context);
  const Turn turn = the_call.turn();
  if (call.name == "plug")
    return station_.plug(turn, args.connector(), args.text("vehicle"), args.number("soc"));
  if (call.name == "unplug") return station_.unplug(turn, args.connector());
  if (call.name == "swipe") {
    const std::string card = args.text("card");
    if (card.size() > CardNumber::kMax)
      return fail(Errc::invalid_argument, "a card has at most 20 characters");
    if (talk_ != nullptr) return talk_->card(the_call, args.connector(), card);
    return station_.swipe(turn, args.connector(), card);
  }
  if (call.name == "start") {
    const SessionLimits limits{args.number("soc"), args.number("energy")};
    if (talk_ != nullptr) return talk_->start(the_call, args.connector(), limits);
    return station_.start(turn, args.connector(), StartedBy::local, {}, limits, /*cable_may_follow=*/false);
  }
  if (call.name == "stop" && talk_ != nullptr) return talk_->stop(the_call, args.connector());
  if (call.name == "stop") return station_.stop(turn, args.connector(), StopReason::local);
  if (call.name == "answer") {
    if (talk_ != nullptr) return talk_->answer(the_call, call.args != nullptr ? *call.args : kNone);
    return fail(Errc::rejected, "speaks json: its answers are always the same");
  }
  if (call.name == "tamper") {
    if (talk_ != nullptr) return talk_->tamper(the_call, args.text("info"));
    return fail(Errc::rejected, "speaks json: it has no word for that");
  }
  if (call.name == "estop") return station_.raise(turn, 0, FaultCode::emergency_stop);
  if (call.name == "fault") {
    const auto code = args.code();
    if (!code)
      return fail(Errc::invalid_argument, fmt::format("there is no fault code {}", args.text("code")));
    return station_.raise(turn, args.connector(), *code);
  }
  if (call.name == "clear") return station_.clear(turn, args.connector(), args.code());
  if (call.name == "disable") return station_.set_available(turn, args.connector(), false);
  if (call.name == "enable") return station_.set_available(turn, args.connector(), true);
  return fail(Errc::invalid_argument, fmt::format("a charging pile has no action {}", call.name));
}

}  // namespace vfleet::pile
