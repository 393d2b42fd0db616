#include "simulator/fleet/shard.h"

#include <algorithm>
#include <chrono>

#include "simulator/fleet/shard_context.h"

namespace vfleet::fleet {

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

Status Shard::set_day_clock() {
  using std::chrono::floor;
  using std::chrono::seconds;
  // The rules of a zone go on for ever; with a high time_scale a run gets far.
  constexpr auto kAhead = std::chrono::years(100);
  const auto start = floor<seconds>(start_wall_);
  auto spans = zone_spans(assignment_.time_zone, start, start + kAhead);
  day_clock_ = {start_wall_, assignment_.time_scale, spans.value_or(std::vector<ZoneSpan>())};
  if (!spans) return fail(spans.error().code, spans.error().detail + "; schedules follow UTC");
  return {};
}

schedule::Grid Shard::grid(const Member& member, std::size_t line, const schedule::Pacing& pacing) const {
  const device::ReportLine report = member.device->line(line);
  schedule::Grid grid{start_, mix(member.identity ^ ((std::uint64_t{report.kind} << 16) | report.channel)),
                      &day_clock_};
  if (!pacing.at.empty() || !pacing.curve.empty()) return grid;
  if (const auto origin = member.device->origin(line)) {
    grid.start = real_time(*origin);
    grid.begins = true;
  }
  return grid;
}

void Shard::plan(Member& member, std::size_t line, TimePoint after) {
  if (line >= member.lines) return;
  const schedule::Pacing& pacing = member.device->pacing(line, member.config->typed());
  member.due[line] =
      pacing.scheduled() ? schedule::next_due(pacing, grid(member, line, pacing), after) : kNever;
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
    const schedule::Grid its_grid = grid(member, i, pacing);
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
    if (member.device->converses()) {
      for (std::uint16_t n = 0; n < pacing.burst && !member.down; ++n) {
        count_lateness(member, now - due);
        member.device->due(context, i, model_time(due));
      }
      if (member.down) return;
      continue;
    }
    for (std::uint16_t n = 0; n < pacing.burst; ++n) {
      if (n > 0) context.look_at_clock();
      device::Report report{.kind = line.kind, .channel = line.channel};
      if (deliver(member, context, report, due, nullptr)) {
        count_lateness(member, now - due);
      }
      if (member.down) return;
    }
  }
}

void Shard::count_lateness(const Member& member, Duration late) {
  figures_.lateness.record(to_us(late));
  member.group->figures.lateness().record(to_us(late));
}

void Shard::wake(std::uint32_t key) {
  Member* member = at(key);
  if (member == nullptr || !member->started || member->down || stopping_) return;
  member->wake = std::min(member->wake, loop_.now());
  rearm(*member);
}

}  // namespace vfleet::fleet
