#include "simulator/fleet/shard.h"

#include <algorithm>
#include <cassert>

#include "simulator/core/hash.h"

namespace vfleet::fleet {

using namespace std::chrono_literals;

/// The world of one device during one call.
class Shard::Context final : public device::DeviceContext {
 public:
  Context(Shard& shard, Member& member, TimePoint now)
      : shard_(shard), member_(member), real_now_(now), now_(shard.model_time(now)) {}
  /// A call whose answer may come later: `then` takes it.
  Context(Shard& shard, Member& member, TimePoint now, std::uint32_t waiter, LateAnswer then)
      : Context(shard, member, now) {
    waiter_ = waiter;
    then_ = std::move(then);
  }

  [[nodiscard]] std::string_view id() const override {
    if (id_.empty()) id_ = member_.group->id(member_.index, id_buffer_);
    return id_;
  }
  [[nodiscard]] TimePoint now() const override { return now_; }
  [[nodiscard]] WallTime wall_now() const override {
    if (shard_.assignment_.time_scale == 1) return shard_.loop_.clock().wall_now();
    return shard_.start_wall_ + std::chrono::duration_cast<std::chrono::microseconds>(now_ - shard_.start_);
  }
  [[nodiscard]] const device::DeviceConfig& config() const override { return member_.config->typed(); }
  [[nodiscard]] bool online() const override { return member_.online; }

  void emit(device::ReportIndex kind, device::Channel channel, std::uint32_t detail,
            std::string_view id) override {
    device::Report report{.kind = kind, .channel = channel, .detail = detail};
    report.head.id = id;
    (void)shard_.deliver(member_, *this, report, real_now_, nullptr);  // what is not sent is counted
  }

  void repace(std::size_t line) override { shard_.plan(member_, line, real_now_); }

  Status patch_config(std::string_view path, std::string_view value) override {
    const config::Key* key = member_.group->schema().find(path);
    if (key == nullptr) return fail(Errc::invalid_argument, "unknown key '" + std::string(path) + "'");
    auto parsed = config::parse_value(*key, value);
    if (!parsed) return tl::unexpected<Error>(std::move(parsed.error()));
    config::Values platform = member_.config->platform();
    platform.insert_or_assign(std::string(path), std::move(*parsed));
    auto config = shard_.config_for(member_, member_.config->overlay(), platform);
    if (!config) return tl::unexpected<Error>(std::move(config.error()));
    shard_.keeper_.platform_set(member_, path, value);
    shard_.reconfigure(member_, std::move(*config));
    return {};
  }

  void reboot(Duration down) override { shard_.go_down(member_, down); }
  void note(std::string_view text) override {
    if (shard_.log_ != nullptr) shard_.log_->line(log::Level::info, id(), text);
  }

  [[nodiscard]] std::string_view group() const override { return member_.group->name(); }
  [[nodiscard]] std::uint64_t boot_number() const override { return shard_.assignment_.boot; }
  void visit_labels(const std::function<void(std::string_view, std::string_view)>& visit) const override {
    member_.group->visit_labels(member_.index, visit);
  }
  [[nodiscard]] device::Waker waker() override { return {shard_, member_.key}; }
  void want_link(bool wanted) override { shard_.want_link(member_, wanted); }
  [[nodiscard]] device::AnswerId defer(Duration limit) override {
    if (!then_) return 0;
    deferred_ = true;
    return shard_.answers_.open(member_.key, limit, waiter_, std::exchange(then_, nullptr));
  }
  void answer(device::AnswerId id, Status status) override {
    (void)shard_.answers_.close(id, member_.key, std::move(status));
  }
  Status emit_open(std::string_view name, device::Channel channel, std::string_view data,
                   device::AnswerId answers) override {
    device::Report report{.channel = channel, .name = name, .data = data};
    return shard_.emit_open(member_, *this, report, answers);
  }

  [[nodiscard]] TimePoint real_now() const { return real_now_; }
  [[nodiscard]] bool deferred() const { return deferred_; }

 private:
  Shard& shard_;
  Member& member_;
  TimePoint real_now_;
  TimePoint now_;
  std::uint32_t waiter_ = 0;
  LateAnswer then_;
  bool deferred_ = false;
  mutable Group::IdBuffer id_buffer_;
  mutable std::string_view id_;
};

void Member::expire() {
  shard.expired(*this);
}

void Member::expire_soon() {
  __builtin_prefetch(device.get());
  __builtin_prefetch(reinterpret_cast<const char*>(device.get()) + 64);
  __builtin_prefetch(reinterpret_cast<const char*>(device.get()) + 128);
  __builtin_prefetch(due.get());
  __builtin_prefetch(link.get());
  shard.keeper().prefetch(*this);
}

Shard::Shard(loop::EventLoop& loop, const device::DeviceRegistry& types,
             uplink::UplinkEnvironment environment, board::Board board)
    : loop_(loop),
      types_(types),
      environment_(environment),
      figures_(std::move(board)),
      answers_(loop),
      stop_check_(loop, [this] { check_stopped(); }),
      drain_check_(loop, [this] { check_drained(); }) {
  begin({});
}

Shard::~Shard() = default;

void Shard::begin(const bus::Assignment& assignment) {
  // The clocks are read once: a grid that moved by a microsecond would have points that seem to be passed.
  const bool same_grid = assignment.start_us != 0 && assignment.start_us == assignment_.start_us;
  assignment_ = assignment;
  environment_.seed = assignment.seed;
  if (same_grid) return;
  const TimePoint now = loop_.now();
  const WallTime wall = loop_.clock().wall_now();
  start_wall_ = assignment.start_us == 0 ? wall : WallTime(std::chrono::microseconds(assignment.start_us));
  start_ = now - Duration(wall - start_wall_);
  if (!members_.empty()) return;
  configs_ = std::make_unique<ConfigStore>(environment_, *this);
  transition_ = {};
}

// --- groups and devices

Group* Shard::find_group(std::string_view name) const {
  for (const auto& group : groups_) {
    if (group->name() == name) return group.get();
  }
  return nullptr;
}

bool Shard::hosts(const Group& group, std::uint32_t index) const {
  return shard_of(group.ordinal(index), assignment_.shards) == assignment_.shard;
}

Result<Group*> Shard::put_group(std::string_view json) {
  auto made = Group::from_json(json, types_);
  if (!made) return tl::unexpected<Error>(std::move(made.error()));
  Group& fresh = **made;
  fresh.keys.assign(fresh.count(), Group::kNoKey);
  std::vector<std::string_view> reports;
  for (const auto& report : fresh.type().description().reports) reports.push_back(report.name);
  fresh.reports = figures_.reports(fresh.type_name(), reports, fresh.type().description().open);
  fresh.figures = figures_.group(fresh.name());

  const auto old =
      std::find_if(groups_.begin(), groups_.end(), [&](const auto& g) { return g->name() == fresh.name(); });
  if (old == groups_.end()) {
    groups_.push_back(std::move(*made));
    return groups_.back().get();
  }
  if ((*old)->resize(fresh)) {
    Group& group = **old;
    for (std::uint32_t index = group.count(); index < group.keys.size(); ++index) {
      if (group.keys[index] != Group::kNoKey) to_retire_.push_back(group.keys[index]);
    }
    group.keys.resize(group.count(), Group::kNoKey);
    return &group;
  }
  // Devices whose id the new group has too stay; the others leave.
  const bool same_type = &(*old)->type() == &fresh.type();
  Group::IdBuffer buffer;
  bool some_leave = false;
  for (const std::uint32_t key : (*old)->keys) {
    if (key == Group::kNoKey) continue;
    Member& member = *members_[key];
    const auto index = fresh.index_of((*old)->id(member.index, buffer));
    if (!same_type || !index || !hosts(fresh, *index)) {
      to_retire_.push_back(key);
      some_leave = true;
      continue;
    }
    member.group = &fresh;
    member.index = *index;
    fresh.keys[*index] = key;
  }
  std::swap(*old, *made);
  if (some_leave || !draining_.empty() || !to_retire_.empty()) former_groups_.push_back(std::move(*made));
  return old->get();
}

void Shard::remove_group(std::string_view name) {
  const auto at =
      std::find_if(groups_.begin(), groups_.end(), [&](const auto& g) { return g->name() == name; });
  if (at == groups_.end()) return;
  for (const std::uint32_t key : (*at)->keys) {
    if (key != Group::kNoKey) to_retire_.push_back(key);
  }
  if (!draining_.empty() || !to_retire_.empty()) former_groups_.push_back(std::move(*at));
  groups_.erase(at);
}

Member& Shard::add(Group& group, std::uint32_t index, ConfigRef config) {
  assert(group.keys[index] == Group::kNoKey);
  std::uint32_t key = static_cast<std::uint32_t>(members_.size());
  if (free_keys_.empty()) {
    members_.emplace_back();
  } else {
    key = free_keys_.back();
    free_keys_.pop_back();
  }
  members_[key] = std::make_unique<Member>(*this, group, index, key);
  Member& member = *members_[key];
  member.config = std::move(config);
  Group::IdBuffer buffer;
  const std::uint64_t identity = hash(group.id(index, buffer));
  member.identity = mix(assignment_.seed, identity);
  if (keeper_.join(member)) {
    // What the platform changed of it goes on; unless that does not go with the configuration of today.
    config::Values platform;
    keeper_.add_platform(member, platform);
    auto changed = configs_->make(group, index, member.config->overlay(), platform);
    if (changed) member.config = std::move(*changed);
  }
  member.device = group.type().make(assignment_.seed, identity, member.config->typed());
  if (const auto left = left_.find(member.identity); left != left_.end()) {
    // One device has one connection: the one that still drains makes room.
    if (drains(left->second.key, member.identity)) forget(left->second.key);
    member.seq = left->second.seq;
    left_.erase(left);
  }
  group.keys[index] = key;
  ++size_;
  ++figures_.devices;
  ++group.figures.devices();
  return member;
}

bool Shard::retire_some(TimePoint end, std::uint64_t& gone) {
  for (std::uint32_t done = 0; !to_retire_.empty();) {
    if (++done % 16 == 0 && loop_.now() >= end) return false;
    const std::uint32_t key = to_retire_.back();
    to_retire_.pop_back();
    retire(key);
    ++gone;
  }
  return true;
}

void Shard::retire(std::uint32_t key) {
  Member& member = *members_[key];
  if (member.started && !member.down) {
    Context context(*this, member, loop_.now());
    member.device->advance(context);
    member.device->power_off(context);
  }
  member.cancel();
  member.leaving = true;
  member.down = true;
  member.relinking = false;
  const GroupFigures its = member.group->figures;
  if (member.paused) --figures_.paused, --its.paused();
  --figures_.devices;
  --its.devices();
  member.paused = false;
  answers_.left(key);
  leave_state(member);
  if (waiter_ != nullptr) waiter_->left(key);
  left_.insert_or_assign(member.identity, Left{member.seq, key});
  if (member.index < member.group->keys.size() && member.group->keys[member.index] == key)
    member.group->keys[member.index] = Group::kNoKey;
  --size_;
  if (member.link != nullptr) member.link->close(true);
  draining_.push_back({key, member.identity, loop_.now() + kDrainLimit});
  if (!drain_check_.armed()) drain_check_.arm_in(10ms);
}

void Shard::check_drained() {
  const TimePoint now = loop_.now();
  const TimePoint end = now + 500us;
  bool in_time = true;
  std::uint32_t looked = 0;
  std::erase_if(draining_, [&](const Draining& each) {
    if (in_time && ++looked % 16 == 0) in_time = loop_.now() < end;
    if (!in_time) return false;
    if (!drains(each.key, each.identity)) return true;
    const Member& member = *members_[each.key];
    const bool idle = member.link == nullptr || (!member.online && member.link->pending() == 0);
    if (!idle && now < each.limit) return false;
    forget(each.key);
    return true;
  });
  if (!draining_.empty()) return drain_check_.arm_in(10ms);
  if (to_retire_.empty()) former_groups_.clear();
}

void Shard::forget(std::uint32_t key) {
  Member& member = *members_[key];
  if (member.online) --figures_.online, --member.group->figures.online();
  drop_link(member);
  members_[key].reset();
  relinking_.erase(key);
  booted_.erase(key);
  free_keys_.push_back(key);
}

Member* Shard::find(std::string_view id) const {
  for (const auto& group : groups_) {
    const auto index = group->index_of(id);
    if (index && group->keys[*index] != Group::kNoKey) return members_[group->keys[*index]].get();
  }
  return nullptr;
}

void Shard::start(Member& member) {
  member.started = true;
  if (!resume(member)) boot(member);
  make_link(member);
  open_link(member);
}

void Shard::open_link(Member& member) {
  if (member.link != nullptr && !member.disconnected && !member.unlinked) member.link->open();
}

void Shard::want_link(Member& member, bool wanted) {
  if (member.unlinked == !wanted) return;
  member.unlinked = !wanted;
  if (member.link == nullptr || member.down || stopping_) return;
  if (wanted) return open_link(member);
  // In a later turn: the device is in the middle of a call.
  loop_.post([this, key = member.key, before = &member] {
    if (at(key) == before && before->unlinked && before->link != nullptr) before->link->close(true);
  });
}

void Shard::make_link(Member& member) {
  Group::IdBuffer buffer;
  const std::string_view id = member.group->id(member.index, buffer);
  member.link = member.config->uplink().make_link(
      member.key, {.device_id = id, .type = member.group->type_name(), .seed = member.identity});
}

void Shard::drop_link(Member& member) {
  if (member.link == nullptr) return;
  // What waits in the link goes with it; the account must not wait for it.
  const std::uint64_t pending = member.link->pending();
  figures_.settled(uplink::Fate::evicted) += pending;
  member.group->figures.failed() += pending;
  member.link.reset();
}

bool Shard::resume(Member& member) {
  if (!member.state) return false;
  member.seq = keeper_.seq(member);
  Context context(*this, member, loop_.now());
  if (!keeper_.resume(member, context)) return false;
  plan_all(member);
  settle(member);
  return true;
}

void Shard::leave_state(Member& member) {
  if (!member.kept) return;
  const Context context(*this, member, loop_.now());
  if (member.started) keeper_.before_report(member, context, member.seq);
  keeper_.leave(member);
}

std::uint64_t Shard::state_bytes() {
  std::uint64_t bytes = 0;
  for (const auto& group : groups_) {
    if (group->count() == 0) continue;
    const auto config = configs_->make(*group, 0, {});
    const std::size_t each = config ? group->type().state_bytes((*config)->typed()) : 0;
    if (each == 0) continue;
    const std::uint64_t record = Keeper::record_bytes(each);
    for (std::uint32_t i = 0; i < group->count(); ++i) bytes += hosts(*group, i) ? record : 0;
  }
  return bytes;
}

void Shard::boot(Member& member) {
  member.down = false;
  if (!booted_.empty()) booted_.erase(member.key);
  Context context(*this, member, loop_.now());
  member.device->boot(context);
  plan_all(member);
  settle(member);
}

// --- time

TimePoint Shard::model_time(TimePoint real) const {
  if (assignment_.time_scale == 1) return real;
  return start_ + Duration(static_cast<std::int64_t>(static_cast<double>((real - start_).count()) *
                                                     assignment_.time_scale));
}

TimePoint Shard::real_time(TimePoint model) const {
  if (assignment_.time_scale == 1 || model == kNever) return model;
  // One nanosecond up: the model must not be woken just before its event.
  return start_ + Duration(static_cast<std::int64_t>(static_cast<double>((model - start_).count()) /
                                                     assignment_.time_scale) +
                           1);
}

schedule::Grid Shard::grid(const Member& member, const device::ReportLine& line) const {
  return {start_, mix(member.identity ^ ((std::uint64_t{line.kind} << 16) | line.channel))};
}

void Shard::plan(Member& member, std::size_t line, TimePoint after) {
  if (line >= member.lines) return;
  const schedule::Pacing& pacing = member.device->pacing(line, member.config->typed());
  member.due[line] = pacing.scheduled()
                         ? schedule::next_due(pacing, grid(member, member.device->line(line)), after)
                         : kNever;
}

void Shard::plan_all(Member& member) {
  const std::size_t lines =
      std::min<std::size_t>(member.device->line_count(member.config->typed()), UINT8_MAX);
  if (lines != member.lines || member.due == nullptr) {
    member.due = std::make_unique<TimePoint[]>(lines);
    member.lines = static_cast<std::uint8_t>(lines);
  }
  const TimePoint now = loop_.now();
  for (std::size_t i = 0; i < member.lines; ++i) plan(member, i, now);
}

void Shard::settle(Member& member) {
  if (member.kept && member.started &&
      (member.unsaved || member.device->unsaved() == device::Unsaved::changed)) {
    const Context context(*this, member, loop_.now());
    keeper_.before_report(member, context, member.seq);
  }
  if (!member.down) member.wake = real_time(member.device->next_event());
  rearm(member);
}

void Shard::rearm(Member& member) {
  if (stopping_) return;
  TimePoint next = member.wake;
  if (!member.down) {
    for (std::size_t i = 0; i < member.lines; ++i) next = std::min(next, member.due[i]);
  }
  loop_.timers().arm(member, next);
}

void Shard::expired(Member& member) {
  const TimePoint now = loop_.now();
  if (member.down) {
    if (now < member.wake) return rearm(member);
    boot(member);
    open_link(member);
    return;
  }
  Context context(*this, member, now);
  member.device->advance(context);
  if (!member.down) run_lines(member, context, now);
  settle(member);
}

void Shard::run_lines(Member& member, Context& context, TimePoint now) {
  for (std::size_t i = 0; i < member.lines; ++i) {
    TimePoint due = member.due[i];
    if (due > now) continue;
    const schedule::Pacing& pacing = member.device->pacing(i, member.config->typed());
    const device::ReportLine line = member.device->line(i);
    const schedule::Grid its_grid = grid(member, line);
    const TimePoint next = schedule::next_due(pacing, its_grid, due);
    if (next <= now) {
      // Points passed while nobody looked. One report is sent: for the last of them, or for all of them.
      const std::uint64_t passed = schedule::points_between(pacing, its_grid, due, now);
      not_sent(member, NotSent::late, passed * pacing.burst);
      if (pacing.late == schedule::Late::skip) {
        TimePoint last = next;
        for (TimePoint at = next; at <= now && passed < 1000; at = schedule::next_due(pacing, its_grid, at))
          last = at;
        due = last;
      }
      member.due[i] = schedule::next_due(pacing, its_grid, now);
    } else {
      member.due[i] = next;
    }
    if (member.paused) {
      not_sent(member, NotSent::paused, pacing.burst);
      continue;
    }
    for (std::uint16_t n = 0; n < pacing.burst; ++n) {
      device::Report report{.kind = line.kind, .channel = line.channel};
      if (deliver(member, context, report, due, nullptr)) {
        const std::int64_t late_us = to_us(now - due);
        figures_.lateness.record(late_us);
        member.group->figures.lateness().record(late_us);
      }
      if (member.down) return;
    }
  }
}

// --- reports

Status Shard::deliver(Member& member, Context& context, device::Report& report, TimePoint due,
                      const ReportOrder* order) {
  if (member.down) return not_sent(member, NotSent::offline), fail(Errc::link_down, "rebooting");
  if (!member.online) return not_sent(member, NotSent::offline), fail(Errc::link_down, "offline");
  const bool raw = order != nullptr && order->payload != nullptr;
  const device::TypeDescription& type = member.group->type().description();
  // By value: a callback of the link may send for this device again.
  codec::Buffer body = std::move(scratch_);
  body.clear();
  const TimePoint now = loop_.now();
  report.head.device = context.id();
  report.head.boot = assignment_.boot;
  report.head.seq = member.seq + 1;
  report.head.sent_us = to_us(loop_.clock().wall_now());
  report.head.due_us = report.head.sent_us - to_us(now - due);
  report.head.type = report.name.empty() ? std::string_view(type.reports[report.kind].name) : report.name;
  report.head.channel = report.channel;
  Status status;
  if (raw) {
    body = *order->payload;
  } else {
    status = member.device->encode(
        context, report, order != nullptr ? order->overrides : std::span<const codec::envelope::Override>{},
        body);
    if (!status) not_sent(member, NotSent::encode_failed);
  }
  if (status) {
    const uplink::Ticket ticket{.seq = static_cast<std::uint32_t>(report.head.seq),
                                .waiter = order != nullptr ? order->waiter : 0,
                                .report = report.kind,
                                .due = due};
    // Before send(): the link may settle the report at once. Raw bytes carry no number, so they take none.
    if (!raw) ++member.seq;
    // The group as it is now: what send() calls may change it.
    const GroupFigures its = member.group->figures;
    const ReportFigures reports = member.group->reports;
    // Counted before the number is kept: who is killed in between is one too many lost, never one missing
    // that nobody knows of.
    ++figures_.sent;
    ++its.sent();
    ++reports.sent(report.kind);
    if (member.kept) keeper_.before_report(member, context, member.seq);
    const uplink::Accepted accepted = member.link->send(
        ticket, {.type = report.head.type, .body = body, .report = raw ? std::string_view() : body});
    if (accepted == uplink::Accepted::yes) {
      if (observer_ != nullptr) observer_->report_left(member, report, body);
    } else {
      if (!raw) {
        --member.seq;
        // The next life goes on from here, too: a number that was not used is no report that was lost.
        if (member.kept) keeper_.took_back(member, member.seq);
      }
      --figures_.sent;
      --its.sent();
      --reports.sent(report.kind);
      const bool full = accepted == uplink::Accepted::queue_full;
      not_sent(member, full ? NotSent::queue_full : NotSent::offline);
      status = full ? fail(Errc::rejected, "queue full") : fail(Errc::link_down, "offline");
    }
  }
  scratch_ = std::move(body);
  return status;
}

Status Shard::send(Member& member, const ReportOrder& order) {
  if (member.down || !member.online) return fail(Errc::link_down, member.down ? "rebooting" : "offline");
  const TimePoint now = loop_.now();
  Context context(*this, member, now);
  member.device->advance(context);
  device::Report report{.kind = order.kind, .channel = order.channel, .triggered = true, .name = order.name};
  if (!order.name.empty()) report.kind = open_slot(member, order.name);
  Status status = deliver(member, context, report, now, &order);
  settle(member);
  return status;
}

// --- what operators do

Result<ConfigRef> Shard::config_for(const Member& member, const config::Values& overlay,
                                    const config::Values& platform) {
  return configs_->make(*member.group, member.index, overlay, platform);
}

Result<ConfigRef> Shard::config_for(const Group& group, std::uint32_t index, const config::Values& overlay,
                                    const config::Values& platform) {
  return configs_->make(group, index, overlay, platform);
}

const EffectiveConfig* Shard::booted_with(const Member& member) const {
  const auto at = booted_.find(member.key);
  return at == booted_.end() ? nullptr : at->second.get();
}

void Shard::reconfigure(Member& member, ConfigRef config) {
  if (config == member.config) return;
  if (transition_.from != member.config->serial() || transition_.to != config->serial()) {
    const Changes changes =
        changes_between(member.group->schema(), member.config->values(), config->values());
    transition_ = {member.config->serial(), config->serial(),
                   changes.connection || &member.config->uplink() != &config->uplink(), changes.boot};
  }
  if (transition_.boot && member.started) booted_.try_emplace(member.key, member.config);
  const bool remake = transition_.relink;
  ConfigRef old = std::move(member.config);
  member.config = std::move(config);
  keeper_.reconfigured(member);
  if (member.started && !member.down) {
    Context context(*this, member, loop_.now());
    member.device->reconfigure(context, old->typed());
    plan_all(member);
    settle(member);
  }
  if (remake && member.link != nullptr) relink(member, std::move(old));
}

void Shard::relink(Member& member, ConfigRef old) {
  // The first one: it is the one that holds the uplink of the link that is there now.
  relinking_.try_emplace(member.key, std::move(old));
  if (member.relinking) return;
  member.relinking = true;
  const std::uint32_t key = member.key;
  const Member* before = &member;
  if (member.online) {
    member.link->close(true);  // link_down does the rest
    return;
  }
  loop_.post([this, key, before] {
    if (at(key) == before && at(key)->relinking) link_down(key, "closed");
  });
}

void Shard::pause(Member& member, bool paused) {
  if (member.paused == paused) return;
  member.paused = paused;
  const auto by = paused ? 1 : static_cast<std::uint64_t>(-1);
  figures_.paused += by;
  member.group->figures.paused() += by;
}

void Shard::disconnect(Member& member, bool disconnected) {
  if (member.disconnected == disconnected) return;
  member.disconnected = disconnected;
  if (member.link == nullptr || member.down || stopping_) return;
  if (disconnected) {
    member.link->close(true);
  } else {
    open_link(member);
  }
}

void Shard::reboot(Member& member, Duration down) {
  if (member.down || !member.started) return;
  Context context(*this, member, loop_.now());
  member.device->advance(context);
  member.device->power_off(context);
  go_down(member, down);
}

void Shard::go_down(Member& member, Duration down) {
  if (member.down || !member.started) return;
  member.down = true;
  member.wake =
      loop_.now() +
      Duration(static_cast<std::int64_t>(static_cast<double>(down.count()) / assignment_.time_scale));
  if (member.link != nullptr) member.link->close(true);
  settle(member);
}

Status Shard::act(Member& member, const device::ActionCall& call) {
  return act(member, call, nullptr).status;
}

CallOutcome Shard::act(Member& member, const device::ActionCall& call, LateAnswer then) {
  if (member.down) return {fail(Errc::rejected, "rebooting")};
  Context context(*this, member, loop_.now(), 0, std::move(then));
  member.device->advance(context);
  Status status = member.device->act(context, call);
  settle(member);
  return {std::move(status), context.deferred()};
}

// --- devices of open types

CallOutcome Shard::trigger(Member& member, const device::TriggerCall& call, std::uint32_t waiter,
                           LateAnswer then) {
  if (member.down || !member.online) return {fail(Errc::link_down, member.down ? "rebooting" : "offline")};
  Context context(*this, member, loop_.now(), waiter, std::move(then));
  member.device->advance(context);
  Status status = member.device->trigger(context, call);
  settle(member);
  return {std::move(status), context.deferred()};
}

device::ReportIndex Shard::open_slot(const Member& member, std::string_view report) {
  const std::size_t described = member.group->type().description().reports.size();
  return static_cast<device::ReportIndex>(
      described + figures_.open_report(member.group->type_name(), member.group->reports, described, report));
}

Status Shard::emit_open(Member& member, Context& context, device::Report& report, device::AnswerId answers) {
  if (!member.group->type().description().open)
    return fail(Errc::unavailable, "the type has no open reports");
  if (!device::valid_open_name(report.name)) {
    return fail(Errc::invalid_argument, "a report's name is 1 to 64 of a-z A-Z 0-9 - _ .");
  }
  const bool asked = answers_.is_open(answers, member.key);
  if (member.paused && !asked) {
    not_sent(member, NotSent::paused);
    return fail(Errc::rejected, "paused");
  }
  report.kind = open_slot(member, report.name);
  report.triggered = asked;
  const ReportOrder order{.waiter = answers_.waiter_of(answers, member.key)};
  // Before it is sent: it may be settled at once.
  if (asked) answers_.reported(answers, member.key, true);
  Status status = deliver(member, context, report, loop_.now(), &order);
  if (asked && !status) answers_.reported(answers, member.key, false);
  return status;
}

void Shard::wake(std::uint32_t key) {
  Member* member = at(key);
  if (member == nullptr || !member->started || member->down || stopping_) return;
  member->wake = std::min(member->wake, loop_.now());
  rearm(*member);
}

void Shard::visit_state(Member& member, device::StateVisitor& visitor) {
  visitor.boolean("online", member.online);
  visitor.boolean("paused", member.paused);
  Context context(*this, member, loop_.now());
  if (!member.down) {
    member.device->advance(context);
    settle(member);
  }
  member.device->visit_state(context, visitor);
}

void Shard::stop(Duration limit, std::function<void()> done) {
  stopping_ = true;
  stopped_ = std::move(done);
  stop_limit_ = loop_.now() + limit;
  for (const auto& member : members_) {
    if (member == nullptr || member->leaving) continue;
    member->cancel();
    if (member->kept && member->started) {
      const Context context(*this, *member, loop_.now());
      keeper_.before_report(*member, context, member->seq);
    }
    if (member->link != nullptr) member->link->close(true);
  }
  types_stopping_ = types_.types().size();
  for (const auto& type : types_.types()) {
    type->stop([this] { --types_stopping_; });
  }
  check_stopped();
}

void Shard::check_stopped() {
  const bool idle = std::all_of(members_.begin(), members_.end(), [](const auto& member) {
    return member == nullptr || member->link == nullptr || member->link->pending() == 0;
  });
  // The links have their limit; what types run ends by limits of its own.
  if ((!idle && loop_.now() < stop_limit_) || types_stopping_ > 0) return stop_check_.arm_in(10ms);
  loop_.post(std::exchange(stopped_, nullptr));
}

// --- what links tell

void Shard::link_up(uplink::LinkKey key) {
  Member& member = *members_[key];
  if (member.online) return;
  member.online = true;
  ++figures_.online;
  ++member.group->figures.online();
  if (log_ != nullptr && log_->wants(log::Level::debug)) {
    Group::IdBuffer buffer;
    log_->line(log::Level::debug, member.group->id(member.index, buffer), "link up");
  }
  if (stopping_ || member.down) return;
  Context context(*this, member, loop_.now());
  member.device->advance(context);
  member.device->link_up(context);
  settle(member);
  if (waiter_ != nullptr) waiter_->came_online(member);
}

void Shard::link_down(uplink::LinkKey key, std::string_view reason) {
  Member& member = *members_[key];
  if (reason != "closed") figures_.count_link_down(reason);
  if (log_ != nullptr && !stopping_) log_link_down(member, reason);
  if (member.online) {
    member.online = false;
    --figures_.online;
    --member.group->figures.online();
    if (!member.down && !stopping_) {
      Context context(*this, member, loop_.now());
      member.device->advance(context);
      member.device->link_down(context);
      settle(member);
    }
  }
  if (!member.relinking || stopping_) return;
  // In a later turn: a link must not be destroyed inside its own callback.
  member.relinking = false;
  const Member* before = &member;
  loop_.post([this, key, before] {
    Member* now = at(key);
    if (now != before || stopping_) return;
    drop_link(*now);
    relinking_.erase(key);
    make_link(*now);
    if (!now->down) open_link(*now);
  });
}

void Shard::log_link_down(const Member& member, std::string_view reason) {
  Group::IdBuffer buffer;
  const std::string_view id = member.group->id(member.index, buffer);
  if (reason != "closed") log_->link_failed(id, reason);
  if (member.online && log_->wants(log::Level::debug))
    log_->line(log::Level::debug, id, "link down: " + std::string(reason));
}

void Shard::report_sent(uplink::LinkKey key, const uplink::Ticket& ticket) {
  if (ticket.waiter != 0 && waiter_ != nullptr) waiter_->waited_sent(ticket.waiter, *members_[key]);
}

void Shard::report_settled(uplink::LinkKey key, const uplink::Ticket& ticket, uplink::Fate fate) {
  Member& member = *members_[key];
  const bool answered = fate == uplink::Fate::acked;
  // To whoever waits, and in the account, what no acknowledgement can follow is done.
  if (fate == uplink::Fate::handed_over) fate = uplink::Fate::acked;
  ++figures_.settled(fate);
  if (fate == uplink::Fate::acked) {
    ++member.group->figures.acked();
    ++member.group->reports.acked(ticket.report);
    if (answered) figures_.ack_latency.record(loop_.now() - ticket.due);
  } else {
    ++member.group->figures.failed();
  }
  if (ticket.waiter != 0 && waiter_ != nullptr) waiter_->waited_settled(ticket.waiter, member, fate);
}

const codec::text::Names& Shard::names(uplink::LinkKey key) {
  names_.of(*members_[key]);
  return names_;
}

void Shard::message_received(uplink::LinkKey key, std::string_view message) {
  Member& member = *members_[key];
  if (member.down || stopping_) return;
  Context context(*this, member, loop_.now());
  member.device->advance(context);
  member.device->receive(context, message);
  settle(member);
}

}  // namespace vfleet::fleet
