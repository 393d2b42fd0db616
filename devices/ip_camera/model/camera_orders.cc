// What operators and platforms order of a camera.
#include <algorithm>
#include <utility>

#include "devices/ip_camera/model/camera.h"

namespace vfleet::devices::ip_camera::model {
namespace {

template <class... Parts>
tl::unexpected<Error> rejected(Parts&&... parts) {
  std::string text;
  (text.append(parts), ...);
  return vfleet::fail(Errc::rejected, std::move(text));
}

}  // namespace

Status Camera::begin_event(const Env& env, const EventCall& call) {
  const KindTraits& kind = traits(call.kind);
  const std::string number = std::to_string(call.channel);
  if (call.channel < 1 || call.channel > channels_) {
    return vfleet::fail(Errc::invalid_argument,
                        "there is no channel " + number + ", channels are 1.." + std::to_string(channels_));
  }
  if (kind.analytic && !armed_ && env.settings.ai_only_when_armed) {
    return rejected("the camera is disarmed, and guard.ai_only_when_armed holds back '", kind.name, "'");
  }
  if (call.kind == EventKind::motion && !env.settings.motion_enabled)
    return rejected("motion.enabled is false");
  if (kind.needs_picture && faulty(Fault::sensor_failure))
    return rejected("fault sensor_failure: no picture");
  if (kind.needs_picture && events_.dark(call.channel))
    return rejected("channel ", number, " has no picture");

  if (Event* active = events_.find(call.kind, call.channel)) {
    active->score = call.score;
    if (call.level > 0) active->level = static_cast<std::uint8_t>(call.level);
    active->ends = call.duration > Duration::zero() ? env.now + call.duration : kNever;
    env.listener.event(*active, Phase::update);
  } else {
    if (events_.count(call.channel) >= static_cast<std::size_t>(env.settings.events.max_active)) {
      return rejected("channel ", number, " has events.max_active events already");
    }
    if (events_.count() >= kEventsMax) return rejected("the camera has 64 events already");
    start(env, call);
  }
  plan(env);
  return {};
}

Status Camera::end_events(const Env& env, std::optional<EventKind> kind, Channel channel) {
  bool any = false;
  Event* event = events_.first();
  while (event != nullptr) {
    Event* const next = event->next.get();
    // The events of the storage end with its state, not by word.
    if (event->channel != 0 && (!kind || event->kind == *kind) &&
        (channel == 0 || event->channel == channel)) {
      any = true;
      finish(env, *event);
    }
    event = next;
  }
  if (!any) return rejected("no such event is active");
  plan(env);
  return {};
}

Status Camera::turnable(const Settings& settings) const {
  if (!settings.ptz.enabled) return rejected("the camera does not turn (ptz.enabled is false)");
  if (faulty(Fault::ptz_jammed)) return rejected("fault ptz_jammed: the camera does not turn");
  return {};
}

Status Camera::go(const Env& env, PtzPosition target) {
  if (auto can = turnable(env.settings); !can) return can;
  ptz_.go(target, env.settings.ptz, env.now);
  plan(env);
  return {};
}

Status Camera::turn(const Env& env, PtzPosition speed, Duration time) {
  if (auto can = turnable(env.settings); !can) return can;
  ptz_.turn(speed, time, env.settings.ptz, env.now);
  plan(env);
  return {};
}

Status Camera::stop(const Env& env) {
  if (auto can = turnable(env.settings); !can) return can;
  const bool was_moving = ptz_.moving();
  ptz_.stop(env.now);
  plan(env);
  if (was_moving) env.listener.status_changed();
  return {};
}

const Preset* Camera::preset(const Settings& settings, int id) const {
  const auto in = [&](const std::vector<Preset>& list) -> const Preset* {
    const auto at = std::find_if(list.begin(), list.end(), [&](const Preset& each) { return each.id == id; });
    return at == list.end() ? nullptr : &*at;
  };
  if (extras_) {
    if (const Preset* own = in(extras_->presets)) return own;
    const auto& deleted = extras_->deleted_presets;
    if (std::find(deleted.begin(), deleted.end(), id) != deleted.end()) return nullptr;
  }
  return in(settings.ptz.presets);
}

Status Camera::go_to_preset(const Env& env, int id) {
  const Preset* to = preset(env.settings, id);
  if (to == nullptr) return rejected("there is no preset ", std::to_string(id));
  return go(env, {static_cast<float>(to->pan), static_cast<float>(to->tilt), static_cast<float>(to->zoom)});
}

Status Camera::set_preset(const Env& env, int id) {
  if (auto can = turnable(env.settings); !can) return can;
  std::vector<Preset>& own = extras().presets;
  std::erase_if(own, [&](const Preset& each) { return each.id == id; });
  if (own.size() >= kPresetsMax) return rejected("the camera holds 64 presets already");
  const PtzPosition here = ptz_.position(env.now);
  own.push_back({.id = id, .pan = here.pan, .tilt = here.tilt, .zoom = here.zoom});
  return {};
}

Status Camera::delete_preset(const Env& env, int id) {
  if (preset(env.settings, id) == nullptr) return rejected("there is no preset ", std::to_string(id));
  std::erase_if(extras().presets, [&](const Preset& each) { return each.id == id; });
  // A configured one must not come back.
  if (preset(env.settings, id) != nullptr) extras().deleted_presets.push_back(id);
  return {};
}

std::vector<Preset> Camera::presets(const Settings& settings) const {
  std::vector<Preset> out = extras_ ? extras_->presets : std::vector<Preset>();
  for (const Preset& each : settings.ptz.presets) {
    const Preset* found = preset(settings, each.id);
    if (found == &each) out.push_back(each);
  }
  std::sort(out.begin(), out.end(), [](const Preset& a, const Preset& b) { return a.id < b.id; });
  return out;
}

void Camera::set_record_mode(const Env& env, RecordMode mode) {
  const bool changed = mode != record_mode_;
  record_mode_ = mode;
  plan(env);
  if (changed) env.listener.status_changed();
}

void Camera::set_armed(const Env& env, bool armed) {
  if (armed == armed_) return;
  armed_ = armed;
  if (!armed && env.settings.ai_only_when_armed) {
    Event* event = events_.first();
    while (event != nullptr) {
      Event* const next = event->next.get();
      if (traits(event->kind).analytic) finish(env, *event);
      event = next;
    }
  }
  draw_arrival(env);
  plan(env);
  env.listener.status_changed();
}

Status Camera::fill_storage(const Env& env) {
  if (!env.settings.storage.present) return rejected("the camera has no storage (storage.present is false)");
  storage_.jam(env.settings.storage, env.now);
  tell_storage(env);
  plan(env);
  return {};
}

Status Camera::break_storage(const Env& env) {
  if (!env.settings.storage.present) return rejected("the camera has no storage (storage.present is false)");
  storage_.fail(env.settings.storage, env.now);
  tell_storage(env);
  plan(env);
  return {};
}

Status Camera::format_storage(const Env& env) {
  if (!env.settings.storage.present) return rejected("the camera has no storage (storage.present is false)");
  storage_.format(env.now);
  tell_storage(env);
  plan(env);
  env.listener.log("storage formatted");
  env.listener.status_changed();
  return {};
}

Status Camera::take_snapshots(const Env& env, SnapshotOrder order) {
  if (extras_ && extras_->snapshots) return rejected("the camera is still taking pictures");
  if (order.channel < 1 || order.channel > channels_) {
    return vfleet::fail(Errc::invalid_argument, "there is no channel " + std::to_string(order.channel));
  }
  if (order.count < 1 || order.count > kSnapshotsMax) {
    return vfleet::fail(Errc::invalid_argument, "count is 1.." + std::to_string(kSnapshotsMax));
  }
  order.interval =
      std::clamp(order.interval, Duration(std::chrono::milliseconds(50)), Duration(std::chrono::hours(1)));
  // The first is taken at once.
  env.listener.snapshot(order, 1);
  if (order.count > 1) {
    const TimePoint due = env.now + order.interval;
    extras().snapshots = std::make_unique<SnapshotJob>(SnapshotJob{std::move(order), 1, due});
  }
  plan(env);
  return {};
}

Status Camera::upgrade(const Env& env, OtaOrder order) {
  if (ota_) return rejected("an upgrade to ", ota_->order().version, " is under way");
  if (order.version.empty()) return vfleet::fail(Errc::invalid_argument, "an upgrade needs a version");
  if (order.version == firmware(env.settings))
    return rejected("firmware ", order.version, " is installed already");
  ++ota_count_;
  if (order.job.empty()) order.job = "ota-" + std::to_string(ota_count_);
  ota_ = std::make_unique<Ota>(std::move(order), env.settings.ota, Random(key_, ota_count_, "ota"), env.now);
  env.listener.ota(*ota_);
  env.listener.log("firmware upgrade ordered");
  plan(env);
  env.listener.status_changed();
  return {};
}

Status Camera::start_stream(const Env& env, StreamSession session) {
  if (session.channel < 1 || session.channel > channels_) {
    return vfleet::fail(Errc::invalid_argument, "there is no channel " + std::to_string(session.channel));
  }
  if (session.stream > 1 || !env.settings.streams[session.stream].enabled) {
    return rejected("the camera has no such stream");
  }
  std::vector<StreamSession>& list = extras().streams;
  // The same id again keeps the stream alive.
  std::erase_if(list, [&](const StreamSession& each) { return each.id == session.id; });
  if (list.size() >= kStreamsMax) return rejected("the camera serves 16 streams already");
  list.push_back(std::move(session));
  plan(env);
  return {};
}

Status Camera::stop_stream(const Env& env, std::string_view id) {
  if (!extras_ ||
      std::erase_if(extras_->streams, [&](const StreamSession& each) { return each.id == id; }) == 0) {
    return rejected("there is no stream '", id, "'");
  }
  plan(env);
  return {};
}

void Camera::set_fault(const Env& env, Fault fault) {
  if (faulty(fault)) return;
  faults_ |= static_cast<std::uint8_t>(1U << static_cast<unsigned>(fault));
  if (fault == Fault::ptz_jammed) ptz_.stop(env.now);
  if (fault == Fault::sensor_failure) {
    Event* event = events_.first();
    while (event != nullptr) {
      Event* const next = event->next.get();
      if (traits(event->kind).needs_picture) finish(env, *event);
      event = next;
    }
  }
  plan(env);
  env.listener.log(kFaults[static_cast<std::size_t>(fault)]);
  env.listener.status_changed();
}

Status Camera::clear_fault(const Env& env, Fault fault) {
  if (!faulty(fault)) return rejected("fault ", kFaults[static_cast<std::size_t>(fault)], " is not there");
  faults_ &= static_cast<std::uint8_t>(~(1U << static_cast<unsigned>(fault)));
  plan(env);
  env.listener.log("fault cleared");
  env.listener.status_changed();
  return {};
}

Status Camera::clear_faults(const Env& env) {
  if (faults_ == 0) return rejected("there is no fault to clear");
  faults_ = 0;
  plan(env);
  env.listener.log("faults cleared");
  env.listener.status_changed();
  return {};
}

}  // namespace vfleet::devices::ip_camera::model
