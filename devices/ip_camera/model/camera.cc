#include "devices/ip_camera/model/camera.h"

#include <algorithm>
#include <utility>

#include "devices/ip_camera/model/day_night.h"

namespace vfleet::devices::ip_camera::model {
namespace {

constexpr int kStepsMax = 256;

}  // namespace

Camera::Camera(std::uint64_t seed, std::uint64_t identity, const Settings& settings)
    : key_(mix(mix(seed, identity), hash("camera"))),
      arrivals_(Random(seed, identity, "events")),
      channels_(static_cast<std::uint16_t>(settings.channels)),
      record_mode_(settings.record_mode),
      armed_(settings.armed) {}

void Camera::boot(const Env& env) {
  if (std::exchange(fresh_, false)) {
    storage_.fill(env.settings.storage,
                  Random(key_, 0, "fill").uniform() * env.settings.storage.used_at_start, env.now);
  }
  powered_ = true;
  booted_at_ = env.now;
  channels_ = static_cast<std::uint16_t>(env.settings.channels);
  ptz_.stop(env.now);
  events_.forget_channels();
  if (extras_) {
    extras_->snapshots.reset();
    extras_->streams.clear();
  }
  if (env.settings.ntp) skew_ms_ = 0;
  if (ota_) {
    ota_->booted();
    if (ota_->state() == OtaState::done) extras().firmware = ota_->order().version;
  }
  look_at_light(env, false);
  draw_arrival(env);
  plan(env);
}

void Camera::reconfigure(const Env& env, const Settings& before) {
  const Settings& now = env.settings;
  ++config_version_;
  storage_.resize(before.storage, now.storage, env.now);
  ptz_.limit(now.ptz, env.now);
  const RecordMode recorded = record_mode_;
  if (now.record_mode != before.record_mode) record_mode_ = now.record_mode;
  const bool was_armed = armed_;
  if (now.armed != before.armed) set_armed(env, now.armed);
  if (now.firmware != before.firmware && extras_) extras_->firmware.clear();
  tell_storage(env);
  const bool was_night = night_;
  look_at_light(env, false);
  draw_arrival(env);
  plan(env);
  // set_armed has told by itself.
  if (was_armed == armed_ && (recorded != record_mode_ || was_night != night_)) env.listener.status_changed();
}

void Camera::advance(const Env& env) {
  for (int steps = 0; powered_ && next_ <= env.now; ++steps) {
    if (steps == kStepsMax) skip_ahead(env);
    const Env then = env.at(next_);
    step(then);
    if (powered_) plan(then);
  }
}

// Leaves out what would come and go between the past and now.
void Camera::skip_ahead(const Env& env) {
  look_at_light(env, true);
  draw_arrival(env);
  for (Event* event = events_.first(); event != nullptr; event = event->next.get()) {
    if (event->updates_at != kNever) event->updates_at = std::max(event->updates_at, env.now);
  }
  plan(env);
}

void Camera::step(const Env& env) {
  if (light_changes_ <= env.now) look_at_light(env, true);
  if (ptz_.arrives() <= env.now) {
    ptz_.stop(env.now);
    env.listener.status_changed();
  }
  if (events_.due() <= env.now) step_events(env);
  if (next_arrival_ <= env.now) {
    arrive(env);
    draw_arrival(env);
  }
  if (storage_.full_at(env.settings.storage) <= env.now) {
    storage_.set_rate(env.settings.storage, 0, env.now);
    tell_storage(env);
  }
  if (extras_) {
    step_snapshots(env);
    std::erase_if(extras_->streams, [&](const StreamSession& each) { return each.expires <= env.now; });
  }
  if (ota_ && ota_->due() <= env.now) step_ota(env);
}

void Camera::step_events(const Env& env) {
  Event* event = events_.first();
  while (event != nullptr) {
    Event* const next = event->next.get();
    if (event->ends <= env.now) {
      finish(env, *event);
    } else if (event->updates_at <= env.now) {
      env.listener.event(*event, Phase::update);
      event->updates_at = env.settings.events.update_every > Duration::zero()
                              ? event->updates_at + env.settings.events.update_every
                              : kNever;
    }
    event = next;
  }
}

void Camera::step_snapshots(const Env& env) {
  SnapshotJob* job = extras_->snapshots.get();
  if (job == nullptr || job->due > env.now) return;
  ++job->taken;
  job->due += job->order.interval;
  env.listener.snapshot(job->order, job->taken);
  if (job->taken >= job->order.count) extras_->snapshots.reset();
}

void Camera::step_ota(const Env& env) {
  ota_->step(env.settings.ota, env.now);
  env.listener.ota(*ota_);
  if (ota_->ended()) {
    env.listener.log("firmware upgrade failed");
    ota_.reset();
    env.listener.status_changed();
  } else if (ota_->state() == OtaState::rebooting) {
    restart(env, env.settings.ota.reboot);
  }
}

void Camera::restart(const Env& env, Duration down) {
  events_.forget_channels();
  storage_.set_rate(env.settings.storage, 0, env.now);
  ptz_.stop(env.now);
  powered_ = false;
  next_ = kNever;
  env.listener.restart(down);
}

void Camera::arrive(const Env& env) {
  const Arrivals::Arrival arrival = arrivals_.draw(env.settings, around());
  if (!can_begin(env.settings, arrival.kind, arrival.channel)) return;
  if (Event* active = events_.find(arrival.kind, arrival.channel)) {
    if (active->ends != kNever) active->ends = std::max(active->ends, env.now + arrival.duration);
    return;
  }
  start(env, {.kind = arrival.kind,
              .channel = arrival.channel,
              .duration = arrival.duration,
              .level = 0,
              .score = arrival.score});
}

bool Camera::can_begin(const Settings& settings, EventKind kind, Channel channel) const {
  if (traits(kind).needs_picture && (events_.dark(channel) || faulty(Fault::sensor_failure))) return false;
  if (events_.find(kind, channel) != nullptr) return true;
  return events_.count() < kEventsMax &&
         events_.count(channel) < static_cast<std::size_t>(settings.events.max_active);
}

const Event& Camera::start(const Env& env, const EventCall& call) {
  auto event = std::make_unique<Event>();
  event->id = ++event_count_;
  event->key = mix(key_, event->id);
  event->started = env.now;
  event->kind = call.kind;
  event->channel = call.channel;
  event->level = static_cast<std::uint8_t>(call.level > 0 ? call.level : traits(call.kind).level);
  event->score = call.score;
  if (call.duration > Duration::zero()) event->ends = env.now + call.duration;
  if (call.channel != 0 && env.settings.events.update_every > Duration::zero()) {
    event->updates_at = env.now + env.settings.events.update_every;
  }
  const Event& added = events_.add(std::move(event));
  env.listener.event(added, Phase::start);
  return added;
}

void Camera::finish(const Env& env, const Event& event) {
  ending_ = event.id;
  env.listener.event(event, Phase::end);
  ending_ = 0;
  events_.remove(event);
}

void Camera::tell_storage(const Env& env) {
  const StorageState state = storage_.state(env.settings.storage, env.now);
  bool changed = false;
  for (const auto& [kind, wanted] : {std::pair{EventKind::storage_full, StorageState::full},
                                     std::pair{EventKind::storage_error, StorageState::error}}) {
    const Event* active = events_.find(kind, 0);
    if ((active != nullptr) == (state == wanted)) continue;
    changed = true;
    if (active != nullptr) {
      finish(env, *active);
    } else {
      start(env, {.kind = kind, .channel = 0, .duration = {}, .level = 0, .score = 1});
    }
  }
  if (changed) env.listener.status_changed();
}

void Camera::draw_arrival(const Env& env) {
  next_arrival_ = arrivals_.next(env.settings, around(), env.now);
}

void Camera::look_at_light(const Env& env, bool tell) {
  const auto spread =
      static_cast<std::uint64_t>(std::max<std::int64_t>(1, env.settings.day_night.spread.count()));
  const Light light = light_at(env.settings.day_night, time_of_day(env.wall, env.settings.timezone_hours),
                               Duration(static_cast<std::int64_t>(mix(key_, 0xda1) % spread)));
  const bool changed = night_ != light.night;
  night_ = light.night;
  // The sum saturates: a light that never changes is never looked at again.
  // Wall time is coarser than ours: too short a wait could find it unmoved, again and again.
  const Duration wait = std::max<Duration>(light.until_change, std::chrono::milliseconds(1));
  light_changes_ = wait >= kNever - env.now ? kNever : env.now + wait;
  if (!changed || !tell) return;
  // Rates are others from now on; the arrivals have no memory, so the next one is drawn anew.
  draw_arrival(env);
  env.listener.status_changed();
}

bool Camera::recording(Channel channel) const {
  if (!recording()) return false;
  if (faulty(Fault::sensor_failure) || events_.find(EventKind::video_lost, channel) != nullptr) return false;
  return record_mode_ == RecordMode::continuous || events_.count(channel) > 0;
}

void Camera::set_rates(const Env& env) {
  int channels = 0;
  if (record_mode_ != RecordMode::off && powered_ && !faulty(Fault::sensor_failure) &&
      storage_.writable(env.settings.storage, env.now)) {
    channels = record_mode_ == RecordMode::continuous ? online_channels() : busy_channels();
  }
  storage_.set_rate(
      env.settings.storage,
      static_cast<std::uint64_t>(env.settings.streams[0].bitrate_bps) * static_cast<std::uint64_t>(channels),
      env.now);
}

// Channels with an event and a picture; each counts once, by the first of its events.
int Camera::busy_channels() const {
  int channels = 0;
  for (const Event* event = events_.first(); event != nullptr; event = event->next.get()) {
    const Event* earlier = events_.first();
    while (earlier->channel != event->channel) earlier = earlier->next.get();
    channels += earlier == event && event->channel != 0 &&
                events_.find(EventKind::video_lost, event->channel) == nullptr;
  }
  return channels;
}

void Camera::plan(const Env& env) {
  set_rates(env);
  next_ = kNever;
  if (!powered_) return;
  next_ = std::min(
      {next_arrival_, light_changes_, ptz_.arrives(), events_.due(), storage_.full_at(env.settings.storage)});
  if (ota_) next_ = std::min(next_, ota_->due());
  if (extras_) {
    if (extras_->snapshots) next_ = std::min(next_, extras_->snapshots->due);
    for (const StreamSession& each : extras_->streams) next_ = std::min(next_, each.expires);
  }
}

std::unique_ptr<Ota> Camera::take_ended_ota() {
  return ota_ && ota_->ended() ? std::move(ota_) : nullptr;
}

Condition Camera::condition(const Settings& settings, TimePoint now) const {
  if (ota_ && !ota_->ended()) return Condition::upgrading;
  if (faults_ != 0 || storage_.state(settings.storage, now) == StorageState::error) return Condition::fault;
  return events_.first() != nullptr ? Condition::alarm : Condition::normal;
}

int Camera::online_channels() const {
  if (faulty(Fault::sensor_failure)) return 0;
  int lost = 0;
  for (const Event* event = events_.first(); event != nullptr; event = event->next.get()) {
    lost += event->kind == EventKind::video_lost;
  }
  return std::max(0, channels_ - lost);
}

std::string_view Camera::firmware(const Settings& settings) const {
  return extras_ && !extras_->firmware.empty() ? std::string_view(extras_->firmware) : settings.firmware;
}

Vitals Camera::vitals(const Settings& settings, TimePoint now, WallTime wall) const {
  return model::vitals(
      {.ambient_c = settings.ambient_c,
       .time_of_day = time_of_day(wall, settings.timezone_hours),
       .now = now,
       .key = key_,
       .channels = channels_,
       .active_events = static_cast<int>(std::min<std::size_t>(8, events_.count())),
       .recording = recording(),
       .infrared = night_ && !faulty(Fault::ir_failure),
       .upgrading = ota_ != nullptr,
       .extra_c = (faulty(Fault::fan_failure) ? 12.0 : 0.0) + (faulty(Fault::over_temperature) ? 35.0 : 0.0),
       .bad_network = faulty(Fault::network_degraded)});
}

int Camera::clients(Channel channel, int stream) const {
  // An NVR or a wall of screens watches some of the main streams for good.
  int count = static_cast<int>(mix(key_, channel * 2U + static_cast<unsigned>(stream)) % 3 == 0);
  if (extras_) {
    count += static_cast<int>(
        std::count_if(extras_->streams.begin(), extras_->streams.end(),
                      [&](const auto& each) { return each.channel == channel && each.stream == stream; }));
  }
  return count;
}

Camera::Extras& Camera::extras() {
  if (!extras_) extras_ = std::make_unique<Extras>();
  return *extras_;
}

}  // namespace vfleet::devices::ip_camera::model
