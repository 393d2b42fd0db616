#include "tests/chaos/scenario.h"

#include <fmt/format.h>

#include <algorithm>

#include "tests/chaos/sink.h"

namespace vfleet::chaos {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

/// Control answers within 5 s; what a loaded machine adds.
constexpr seconds kAnswerWithin{15};
/// An operator gives up who gets no answer; sooner when control was gone meanwhile.
constexpr seconds kGiveUp{25};
constexpr seconds kGiveUpTroubled{8};

}  // namespace

std::string device_id(const std::string& group, int number) {
  return fmt::format("{}-{:05}", group, number);
}

Scenario::Scenario(Ground& ground, const std::string& operator_endpoint) : ground_(ground) {
  operator_.set(zmq::sockopt::linger, 0);
  operator_.set(zmq::sockopt::sndhwm, 0);
  operator_.set(zmq::sockopt::rcvhwm, 0);
  operator_.set(zmq::sockopt::reconnect_ivl, 20);
  operator_.connect(operator_endpoint);
}

const Asked* Scenario::find(const std::string& id) const {
  const auto at = by_id_.find(id);
  return at == by_id_.end() ? nullptr : &asked_[at->second];
}

void Scenario::control_troubled() {
  for (const std::size_t i : open_) asked_[i].control_was_well = false;
}

Aim Scenario::pick_aim() {
  const std::string group = ground_.groups[ground_.pick(ground_.groups.size())];
  const int count = ground_.options.devices_per_group;
  switch (ground_.pick(6)) {
    case 0:
      return {"all", [](const std::string&, int) { return true; }};
    case 1:
      return {group + "-*", [group](const std::string& in, int) { return in == group; }};
    case 2: {
      const auto site = ground_.pick(3);
      return {fmt::format("site={}", "abc"[site]), [site](const std::string&, int number) {
                return static_cast<std::uint64_t>(number - 1) % 3 == site;
              }};
    }
    case 3: {
      const int first = 1 + static_cast<int>(ground_.pick(static_cast<std::uint64_t>(count)));
      const int last = std::min(count, first + static_cast<int>(ground_.pick(10)));
      return {fmt::format("{}..{}", device_id(group, first), device_id(group, last)),
              [group, first, last](const std::string& in, int number) {
                return in == group && number >= first && number <= last;
              }};
    }
    default: {
      const int only = 1 + static_cast<int>(ground_.pick(static_cast<std::uint64_t>(count)));
      return {device_id(group, only),
              [group, only](const std::string& in, int number) { return in == group && number == only; }};
    }
  }
}

void Scenario::command(Time now, bool control_is_well) {
  const std::size_t number = asked_.size();
  Asked asked{.id = fmt::format("chaos-{}", number), .verb = {}, .aim = pick_aim(), .at = now, .answer = {}};
  json args{{"selector", asked.aim.text}};
  const std::uint64_t kind = ground_.pick(20);
  if (kind < 10) {
    asked.verb = "trigger";
    asked.value = Sink::kMarkerMin + number;
    args["report"] = "meter";
    args["fields"] = {{"power_w", asked.value}};
  } else if (kind < 19) {
    asked.verb = "set";
    asked.value = 10'000 + number % 90'000;
    args["patch"] = {{kPath, fmt::format("{}W", asked.value)}};
  } else {
    asked.verb = "unset";
    args["paths"] = {kPath};
  }
  asked.control_was_well = control_is_well;
  const std::string frame =
      json{{"v", 1}, {"id", asked.id}, {"verb", asked.verb}, {"args", std::move(args)}}.dump();
  static_cast<void>(operator_.send(zmq::buffer(frame), zmq::send_flags::dontwait));
  by_id_[asked.id] = number;
  open_.insert(number);
  asked_.push_back(std::move(asked));
}

void Scenario::take_answers(Time now) {
  zmq::message_t frame;
  while (operator_.recv(frame, zmq::recv_flags::dontwait)) {
    json answer = json::parse(frame.to_string_view(), nullptr, false);
    const std::string kind = answer.is_object() ? answer.value("kind", "") : "";
    if (kind != "result" && kind != "error") continue;
    const auto at = by_id_.find(answer.value("id", ""));
    if (at == by_id_.end()) {
      ground_.violate("an answer to nobody: " + answer.dump());
      continue;
    }
    Asked& asked = asked_[at->second];
    if (asked.answer) {
      ground_.violate("a second answer: " + answer.dump());
      continue;
    }
    const auto took = std::chrono::duration_cast<milliseconds>(now - asked.at);
    if (asked.control_was_well) {
      ground_.outcome.slowest_answer = std::max(ground_.outcome.slowest_answer, took);
      if (took > kAnswerWithin) {
        ground_.violate(fmt::format("{} {} was answered after {} ms", asked.verb, asked.id, took.count()));
      }
    }
    asked.answer = std::move(answer);
    open_.erase(at->second);
  }
  std::erase_if(open_, [&](std::size_t number) {
    const Asked& asked = asked_[number];
    const bool over = now - asked.at > (asked.control_was_well ? kGiveUp : kGiveUpTroubled);
    if (over && asked.control_was_well) {
      ground_.violate(fmt::format("{} {} got no answer although control was well", asked.verb, asked.id));
    }
    return over;
  });
}

}  // namespace vfleet::chaos
