#include "simulator/fleet/triggers.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "simulator/core/base64.h"
#include "simulator/core/hash.h"
#include "simulator/core/utf8.h"
#include "simulator/fleet/views.h"

namespace vfleet::fleet {

using nlohmann::json;
using namespace std::chrono_literals;

Result<TriggerSpec> TriggerSpec::from_args(const std::string& args) {
  const json tree = json::parse(args, nullptr, false);
  if (!tree.is_object()) return fail(Errc::malformed, "the arguments are no JSON object");
  TriggerSpec spec;
  std::string wrong;
  const auto find = [&](const char* name) -> const json* {
    const auto at = tree.find(name);
    return at == tree.end() || at->is_null() ? nullptr : &*at;
  };
  const auto integer = [&](const char* name, std::uint64_t fallback, std::uint64_t limit) -> std::uint64_t {
    const json* at = find(name);
    if (at == nullptr) return fallback;
    if (at->is_number_unsigned() && at->get<std::uint64_t>() <= limit) return at->get<std::uint64_t>();
    wrong = std::string("'") + name + "': expected a whole number of at most " + std::to_string(limit);
    return fallback;
  };
  const auto text = [&](const char* name) -> std::string {
    const json* at = find(name);
    if (at == nullptr) return {};
    if (at->is_string()) return at->get<std::string>();
    wrong = std::string("'") + name + "': expected a text";
    return {};
  };
  constexpr std::uint64_t kDayUs = 86'400'000'000;
  spec.report = text("report");
  spec.channel = static_cast<device::Channel>(integer("channel", 0, UINT16_MAX));
  spec.count = static_cast<std::uint32_t>(integer("count", 1, UINT32_MAX));
  spec.every = std::chrono::microseconds(integer("every_us", 0, kDayUs));
  spec.spread = std::chrono::microseconds(integer("spread_us", 0, kDayUs));
  spec.timeout = std::chrono::microseconds(integer("timeout_us", 30'000'000, kDayUs));
  if (const json* queue = find("queue"); queue != nullptr)
    spec.queue = queue->is_boolean() && queue->get<bool>();
  const std::string wait = text("wait");
  if (wait == "sent") {
    spec.wait = WaitFor::sent;
  } else if (wait == "acked") {
    spec.wait = WaitFor::acked;
  } else if (!wait.empty() && wait != "accepted") {
    wrong = "'wait': expected accepted, sent or acked";
  }
  if (const json* fields = find("fields"); fields != nullptr) {
    if (fields->is_object()) {
      for (const auto& [path, value] : fields->items()) {
        spec.fields.emplace_back(path, value.is_string() ? value.get<std::string>() : value.dump());
      }
    } else {
      wrong = "'fields': expected an object";
    }
  }
  if (const json* unchecked = find("unchecked"); unchecked != nullptr)
    spec.unchecked = unchecked->is_boolean() && unchecked->get<bool>();
  if (find("payload") != nullptr) {
    auto payload = base64_decode(text("payload"));
    if (!payload) return tl::unexpected<Error>(std::move(payload.error()));
    spec.payload = std::move(*payload);
    spec.raw = true;
  }
  if (spec.report.empty() && wrong.empty()) wrong = "'report' is missing";
  if (spec.count != 1 && spec.every == 0ns && wrong.empty())
    wrong = "'every' is needed when a report repeats";
  if (spec.repeats() && spec.wait != WaitFor::accepted && wrong.empty())
    wrong = "'wait' does not go with a trigger that repeats or is spread";
  if (!wrong.empty()) return fail(Errc::invalid_argument, std::move(wrong));
  return spec;
}

struct Triggers::Wait {
  Wait(loop::EventLoop& loop, WaitFor what, std::function<void()> late)
      : wait(what), deadline(loop, std::move(late)) {}
  WaitFor wait;
  std::unordered_map<std::uint32_t, std::uint32_t> open;  // device key -> reports not yet there
  bool all_fired = false;
  bus::CommandResult result;  // what was counted while firing goes on counting elsewhere until all_fired
  std::vector<bus::Reason> failures;
  std::uint64_t failed = 0;
  bus::ResultReply reply;
  loop::CallbackTimer deadline;
};

/// Fires round after round; within a round each device at its own part of the spread.
class Triggers::Job final : public schedule::Timer {
 public:
  Job(Triggers& triggers, std::string id, std::string selector, std::shared_ptr<const TriggerSpec> spec,
      std::vector<std::uint32_t> members)
      : triggers_(triggers), id_(std::move(id)), selector_(std::move(selector)), spec_(std::move(spec)) {
    turns_.reserve(members.size());
    for (const std::uint32_t key : members) {
      const Member* member = triggers_.shard_.at(key);
      const Duration offset(
          static_cast<std::int64_t>(static_cast<double>(spec_->spread.count()) *
                                    static_cast<double>(mix(member->identity, hash(id_)) >> 11) * 0x1.0p-53));
      turns_.push_back({offset, key, member->identity});
    }
    std::sort(turns_.begin(), turns_.end(), [](const Turn& a, const Turn& b) { return a.offset < b.offset; });
    start_ = triggers_.shard_.loop().now();
    arm_next();
  }

  [[nodiscard]] JobStatus status() const {
    const std::uint64_t done = std::uint64_t{round_} * turns_.size() + next_;
    const std::uint64_t rounds = spec_->count == 0 ? UINT32_MAX : spec_->count;
    return {id_, spec_->report, selector_, rounds * turns_.size() - done, spec_->every};
  }

 private:
  struct Turn {
    Duration offset;
    std::uint32_t key;
    std::uint64_t identity;  // to see that the key was not given to another device
  };

  void arm_next() {
    triggers_.shard_.loop().timers().arm(*this, start_ + spec_->every * round_ + turns_[next_].offset);
  }

  void expire() override {
    const TimePoint now = triggers_.shard_.loop().now();
    bus::CommandResult uncounted;
    // At most so many a turn: scheduled reports stay on time.
    for (int budget = 256; budget > 0; --budget) {
      if (next_ == turns_.size()) {
        next_ = 0;
        ++round_;
        if (spec_->count != 0 && round_ >= spec_->count) return finish();
      }
      if (start_ + spec_->every * round_ + turns_[next_].offset > now) break;
      const Turn& turn = turns_[next_++];
      Member* member = triggers_.shard_.at(turn.key);
      if (member != nullptr && member->identity == turn.identity)
        triggers_.fire(*member, spec_, 0, uncounted);
    }
    if (next_ == turns_.size()) {
      next_ = 0;
      ++round_;
      if (spec_->count != 0 && round_ >= spec_->count) return finish();
    }
    arm_next();
  }

  void finish() {
    // In a later turn: a job does not delete itself.
    triggers_.shard_.loop().post([&triggers = triggers_, id = id_] { triggers.jobs_.erase(id); });
  }

  Triggers& triggers_;
  std::string id_;
  std::string selector_;
  std::shared_ptr<const TriggerSpec> spec_;
  std::vector<Turn> turns_;
  TimePoint start_;
  std::uint32_t round_ = 0;
  std::size_t next_ = 0;
};

Triggers::Triggers(Shard& shard) : shard_(shard) {
  shard_.waiter(this);
}
Triggers::~Triggers() {
  shard_.waiter(nullptr);
}

LateAnswer Triggers::waited_answer(std::uint32_t waiter, const Member& member) {
  return [this, waiter, key = member.key](const Status& status, bool reported) {
    const Member* still = shard_.at(key);
    if (still == nullptr || (status && reported)) return;  // the report itself tells
    complete(waiter, *still, status ? "accepted, but no report followed" : status.error().detail);
  };
}

CallOutcome Triggers::send(Member& member, const TriggerSpec& spec, std::uint32_t waiter, LateAnswer then) {
  const int report = member.group->type().description().report_index(spec.report);
  if (report < 0 && member.group->type().description().open) {
    if (!device::valid_open_name(spec.report)) {
      return {fail(Errc::invalid_argument, "'" + spec.report + "' is no name of a report")};
    }
    if (spec.raw) {
      return {shard_.send(
          member,
          {.channel = spec.channel, .payload = &spec.payload, .waiter = waiter, .name = spec.report})};
    }
    if (waiter != 0) then = waited_answer(waiter, member);
    return shard_.trigger(member, {.report = spec.report, .channel = spec.channel, .fields = spec.fields},
                          waiter, std::move(then));
  }
  if (report < 0) {
    return {fail(Errc::invalid_argument, member.group->type_name() + " has no report '" + spec.report + "'")};
  }
  if (spec.channel > member.device->channels(member.config->typed())) {
    return {fail(Errc::invalid_argument, "has no channel " + std::to_string(spec.channel))};
  }
  if (!spec.raw && member.device->converses()) {
    if (waiter != 0) then = waited_answer(waiter, member);
    return shard_.trigger(
        member,
        {.report = spec.report, .channel = spec.channel, .fields = spec.fields, .unchecked = spec.unchecked},
        waiter, std::move(then));
  }
  const bool per_channel =
      member.group->type().description().reports[static_cast<std::size_t>(report)].per_channel;
  return {
      shard_.send(member, {.kind = static_cast<device::ReportIndex>(report),
                           .channel = per_channel && spec.channel == 0 ? device::Channel{1} : spec.channel,
                           .overrides = spec.fields,
                           .payload = spec.raw ? &spec.payload : nullptr,
                           .waiter = waiter})};
}

bool Triggers::fire(Member& member, const std::shared_ptr<const TriggerSpec>& spec, std::uint32_t waiter,
                    bus::CommandResult& result, const Then& then) {
  Wait* wait = nullptr;
  if (waiter != 0) {
    wait = waits_.at(waiter).get();
    ++wait->open[member.key];  // before it is sent: it may be settled at once
  }
  ++result.matched;
  CallOutcome outcome = send(member, *spec, waiter, then ? then(member) : nullptr);
  if (outcome.later) {
    if (wait != nullptr) ++result.applied;  // what comes later takes it back
    return true;
  }
  Status& status = outcome.status;
  if (!status && status.error().code == Errc::link_down && spec->queue) {
    std::deque<Held>& held = held_[member.key];
    if (held.size() < kHeldMax) {
      held.push_back({spec, waiter});
      status = {};
    } else {
      status = fail(Errc::rejected,
                    "offline, and " + std::to_string(kHeldMax) + " reports are held for it already");
    }
  }
  if (status) {
    ++result.applied;
    return false;
  }
  if (wait != nullptr && --wait->open[member.key] == 0) wait->open.erase(member.key);
  result.reject(device_id(member), status.error().detail);
  return false;
}

std::uint32_t Triggers::begin_wait(WaitFor wait) {
  const std::uint32_t waiter = ++last_waiter_ == 0 ? ++last_waiter_ : last_waiter_;
  waits_.emplace(
      waiter, std::make_unique<Wait>(shard_.loop(), wait, [this, waiter] {
        Wait& late = *waits_.at(waiter);
        while (!late.open.empty()) {
          const auto [key, count] = *late.open.begin();
          const Member* member = shard_.at(key);
          late.open.erase(late.open.begin());
          late.failed += count;
          if (late.failures.size() < bus::CommandResult::kReasonsMax) {
            late.failures.push_back(
                {member != nullptr ? device_id(*member) : "",
                 "not " + std::string(late.wait == WaitFor::sent ? "sent" : "acknowledged") + " in time"});
          }
        }
        check_wait(waiter);
      }));
  return waiter;
}

void Triggers::finish_wait(std::uint32_t waiter, bus::CommandResult result, Duration timeout,
                           bus::ResultReply reply) {
  Wait& wait = *waits_.at(waiter);
  wait.result = std::move(result);
  wait.reply = std::move(reply);
  wait.all_fired = true;
  wait.deadline.arm_in(timeout);
  check_wait(waiter);
}

void Triggers::check_wait(std::uint32_t waiter) {
  const auto at = waits_.find(waiter);
  if (at == waits_.end() || !at->second->all_fired || !at->second->open.empty()) return;
  // In a later turn: we may be in a callback of a link, or in the wait's own timer.
  at->second->deadline.cancel();
  shard_.loop().post([this, waiter] {
    const auto node = waits_.extract(waiter);
    if (node.empty()) return;
    Wait& wait = *node.mapped();
    wait.result.applied -= wait.failed;
    for (std::uint64_t i = 0; i < wait.failed; ++i) {
      if (i < wait.failures.size()) {
        wait.result.fail(wait.failures[i].device, wait.failures[i].text);
      } else {
        ++wait.result.failed;
      }
    }
    wait.reply(std::move(wait.result));
  });
}

void Triggers::complete(std::uint32_t waiter, const Member& member, std::string failure) {
  const auto at = waits_.find(waiter);
  if (at == waits_.end()) return;
  Wait& wait = *at->second;
  const auto open = wait.open.find(member.key);
  if (open == wait.open.end()) return;
  if (--open->second == 0) wait.open.erase(open);
  if (!failure.empty()) {
    ++wait.failed;
    if (wait.failures.size() < bus::CommandResult::kReasonsMax)
      wait.failures.push_back({device_id(member), std::move(failure)});
  }
  check_wait(waiter);
}

void Triggers::waited_sent(std::uint32_t waiter, const Member& member) {
  const auto at = waits_.find(waiter);
  if (at != waits_.end() && at->second->wait == WaitFor::sent) complete(waiter, member, {});
}

void Triggers::waited_settled(std::uint32_t waiter, const Member& member, uplink::Fate fate,
                              std::string_view why) {
  std::string failure;
  if (fate != uplink::Fate::acked) failure = uplink::to_string(fate);
  if (!why.empty()) (failure += ": ") += beginning(why, kWhyBytesMax);
  complete(waiter, member, std::move(failure));
}

void Triggers::came_online(Member& member) {
  const auto at = held_.find(member.key);
  if (at == held_.end()) return;
  const std::deque<Held> held = std::move(at->second);
  held_.erase(at);
  for (const Held& each : held) {
    const CallOutcome outcome = send(member, *each.spec, each.waiter, nullptr);
    if (!outcome.later && !outcome.status && each.waiter != 0)
      complete(each.waiter, member, outcome.status.error().detail);
  }
}

void Triggers::start_job(const bus::Command& command, std::shared_ptr<const TriggerSpec> spec,
                         std::vector<std::uint32_t> members) {
  if (members.empty()) return;
  jobs_.insert_or_assign(command.id, std::make_unique<Job>(*this, command.id, command.selector,
                                                           std::move(spec), std::move(members)));
}

bool Triggers::cancel_job(const std::string& id) {
  return jobs_.erase(id) > 0;
}

std::vector<JobStatus> Triggers::jobs() const {
  std::vector<JobStatus> out;
  for (const auto& [id, job] : jobs_) out.push_back(job->status());
  return out;
}

void Triggers::stop() {
  jobs_.clear();
}

}  // namespace vfleet::fleet
