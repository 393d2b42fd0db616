// What of a camera survives its process.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "devices/ip_camera/model/camera.h"

namespace vfleet::devices::ip_camera::model {
namespace {

constexpr std::uint8_t kVersion = 1;

struct CameraBytes {
  std::uint8_t version = kVersion;
  std::uint8_t flags = 0;  // kJammed ..
  std::uint8_t faults = 0;
  std::uint8_t record_mode = 0;
  std::uint16_t channels = 1;
  std::uint16_t ota_count = 0;
  std::uint64_t used_bytes = 0;  // of the storage
  std::uint64_t draws = 0;       // of the arrivals
  std::int64_t next_arrival_in_us = -1;
  std::int64_t booted_us = 0;  // wall clock
  std::int64_t skew_ms = 0;
  std::uint32_t event_count = 0;
  std::uint32_t config_version = 1;
  std::int32_t pan_mdeg = 0;
  std::int32_t tilt_mdeg = 0;
  std::int32_t zoom_m = 1000;
  std::uint8_t events = 0;           // EventBytes follow
  std::uint8_t presets = 0;          // PresetBytes follow
  std::uint8_t deleted_presets = 0;  // numbers follow, of 4 bytes
  std::uint8_t firmware_bytes = 0;   // text follows; then OtaBytes
};

struct EventBytes {
  std::int64_t started_us = 0;   // wall clock
  std::int64_t ends_in_us = -1;  // -1: when it is ended
  std::int64_t updates_in_us = -1;
  std::uint32_t id = 0;
  std::uint16_t channel = 0;
  std::uint8_t kind = 0;
  std::uint8_t level = 1;
  std::int32_t score_millionths = 0;
  std::int32_t spare = 0;
};

struct PresetBytes {
  std::int32_t id = 0;
  std::int32_t pan_mdeg = 0;
  std::int32_t tilt_mdeg = 0;
  std::int32_t zoom_m = 1000;
};

struct OtaBytes {
  std::int64_t due_in_us = -1;
  std::uint64_t image_bytes = 0;
  std::uint8_t state = 0;
  std::uint8_t fail_in = 0;
  std::uint8_t progress = 0;
  std::uint8_t fails_at = 0;
  std::uint8_t order_fail_in = 0;
  std::uint8_t job_bytes = 0;  // texts follow
  std::uint8_t version_bytes = 0;
  std::uint8_t url_bytes = 0;
};

static_assert(sizeof(CameraBytes) == 72 && sizeof(EventBytes) == 40 && sizeof(PresetBytes) == 16 &&
              sizeof(OtaBytes) == 24);
static_assert(Camera::kEventsMax <= UINT8_MAX && Camera::kPresetsMax <= UINT8_MAX);

constexpr std::uint8_t kJammed = 1;
constexpr std::uint8_t kFailed = 2;
constexpr std::uint8_t kArmed = 4;
constexpr std::uint8_t kPowered = 8;
constexpr std::uint8_t kOta = 16;
constexpr std::size_t kTextMax = 255;
constexpr std::int64_t kFarUs = to_us(std::chrono::hours(24 * 3660));

std::int64_t us_until(TimePoint at, TimePoint now) {
  return at == kNever ? -1 : std::max<std::int64_t>(0, to_us(Duration(at - now)));
}
std::int32_t thousandths(double value) {
  return static_cast<std::int32_t>(std::lround(value * 1000));
}
std::string_view cut(std::string_view text) {
  return text.substr(0, kTextMax);
}

class Putter {
 public:
  explicit Putter(std::span<std::byte> out) : out_(out) {}
  template <class T>
  void put(const T& what) {
    bytes(&what, sizeof what);
  }
  void text(std::string_view what) { bytes(what.data(), what.size()); }
  /// 0: it did not fit.
  [[nodiscard]] std::size_t size() const { return fits_ ? size_ : 0; }

 private:
  void bytes(const void* from, std::size_t size) {
    fits_ = fits_ && out_.size() - size_ >= size;
    if (!fits_ || size == 0) return;
    std::memcpy(out_.data() + size_, from, size);
    size_ += size;
  }
  std::span<std::byte> out_;
  std::size_t size_ = 0;
  bool fits_ = true;
};

class Taker {
 public:
  explicit Taker(std::span<const std::byte> in) : in_(in) {}
  template <class T>
  [[nodiscard]] T take() {
    T out{};
    good_ = good_ && in_.size() >= sizeof out;
    if (!good_) return {};
    std::memcpy(&out, in_.data(), sizeof out);
    in_ = in_.subspan(sizeof out);
    return out;
  }
  [[nodiscard]] std::string text(std::size_t size) {
    good_ = good_ && in_.size() >= size;
    if (!good_) return {};
    std::string out(reinterpret_cast<const char*>(in_.data()), size);
    in_ = in_.subspan(size);
    return out;
  }
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] bool done() const { return good_ && in_.empty(); }

 private:
  std::span<const std::byte> in_;
  bool good_ = true;
};

bool sound(const CameraBytes& head) {
  return head.version == kVersion && head.channels >= 1 && head.channels <= 4096 &&
         head.record_mode < kRecordModes.size() && head.events <= Camera::kEventsMax &&
         head.presets <= Camera::kPresetsMax && head.booted_us > 0 && head.next_arrival_in_us >= -1 &&
         head.next_arrival_in_us <= kFarUs && head.faults >> kFaults.size() == 0 && head.skew_ms >= -kFarUs &&
         head.skew_ms <= kFarUs;
}

bool sound(const EventBytes& event, int channels) {
  return event.kind < kEventKinds && event.channel <= channels && event.id != 0 && event.started_us >= 0 &&
         event.ends_in_us >= -1 && event.ends_in_us < kFarUs && event.updates_in_us >= -1 &&
         event.updates_in_us < kFarUs && event.level >= 1;
}

bool sound(const OtaBytes& ota) {
  return ota.state < kOtaStates.size() && ota.fail_in < kOtaStates.size() &&
         ota.order_fail_in < kOtaStates.size() && ota.progress <= 100 && ota.due_in_us >= -1 &&
         ota.due_in_us <= kFarUs;
}

// The camera's moment at which the wall showed `us`; never later than now.
TimePoint moment_of(std::int64_t us, const Env& env) {
  return std::min(env.now, env.now + Duration(WallTime(std::chrono::microseconds(us)) - env.wall));
}

EventBytes packed(const Event& event, const Env& env) {
  EventBytes out;
  out.started_us = to_us(env.at(event.started).wall);
  out.ends_in_us = us_until(event.ends, env.now);
  out.updates_in_us = us_until(event.updates_at, env.now);
  out.id = event.id;
  out.channel = event.channel;
  out.kind = static_cast<std::uint8_t>(event.kind);
  out.level = event.level;
  out.score_millionths = static_cast<std::int32_t>(std::lround(static_cast<double>(event.score) * 1e6));
  return out;
}

std::unique_ptr<Event> unpacked(const EventBytes& bytes, const Env& env, std::uint64_t camera_key) {
  auto out = std::make_unique<Event>();
  out->key = mix(camera_key, bytes.id);
  out->started = moment_of(bytes.started_us, env);
  if (bytes.ends_in_us >= 0) out->ends = env.now + std::chrono::microseconds(bytes.ends_in_us);
  if (bytes.updates_in_us >= 0) out->updates_at = env.now + std::chrono::microseconds(bytes.updates_in_us);
  out->id = bytes.id;
  out->channel = bytes.channel;
  out->kind = static_cast<EventKind>(bytes.kind);
  out->level = bytes.level;
  out->score = static_cast<float>(std::clamp(bytes.score_millionths, 0, 1'000'000) / 1e6);
  return out;
}

void put_ota(const Ota& ota, TimePoint now, Putter& to) {
  const OtaOrder& order = ota.order();
  const Ota::Stage stage = ota.stage(now);
  const std::string_view job = cut(order.job);
  const std::string_view version = cut(order.version);
  const std::string_view url = cut(order.url);
  OtaBytes bytes;
  bytes.due_in_us = stage.due_in < Duration::zero() ? -1 : to_us(stage.due_in);
  bytes.image_bytes = static_cast<std::uint64_t>(std::clamp(order.image_bytes, 0.0, 1e18));
  bytes.state = static_cast<std::uint8_t>(stage.state);
  bytes.fail_in = static_cast<std::uint8_t>(stage.fail_in);
  bytes.progress = stage.progress;
  bytes.fails_at = stage.fails_at;
  bytes.order_fail_in = static_cast<std::uint8_t>(order.fail_in);
  bytes.job_bytes = static_cast<std::uint8_t>(job.size());
  bytes.version_bytes = static_cast<std::uint8_t>(version.size());
  bytes.url_bytes = static_cast<std::uint8_t>(url.size());
  to.put(bytes);
  to.text(job);
  to.text(version);
  to.text(url);
}

// Null: it is none.
std::unique_ptr<Ota> take_ota(Taker& from, TimePoint now) {
  const auto bytes = from.take<OtaBytes>();
  if (!sound(bytes)) return nullptr;
  OtaOrder order;
  order.job = from.text(bytes.job_bytes);
  order.version = from.text(bytes.version_bytes);
  order.url = from.text(bytes.url_bytes);
  order.image_bytes = static_cast<double>(bytes.image_bytes);
  order.fail_in = static_cast<OtaState>(bytes.order_fail_in);
  const Ota::Stage stage{
      static_cast<OtaState>(bytes.state), static_cast<OtaState>(bytes.fail_in), bytes.progress,
      bytes.fails_at,
      bytes.due_in_us < 0 ? Ota::kNoTime : Duration(std::chrono::microseconds(bytes.due_in_us))};
  return std::make_unique<Ota>(std::move(order), stage, now);
}

}  // namespace

std::size_t Camera::save(const Env& env, std::span<std::byte> out) const {
  const std::string_view firmware = extras_ ? cut(extras_->firmware) : std::string_view();
  const std::size_t deleted =
      extras_ ? std::min<std::size_t>(extras_->deleted_presets.size(), kPresetsMax) : 0;
  const PtzPosition here = ptz_.position(env.now);
  CameraBytes head;
  head.flags =
      static_cast<std::uint8_t>((storage_.jammed() ? kJammed : 0) | (storage_.failed() ? kFailed : 0) |
                                (armed_ ? kArmed : 0) | (powered_ ? kPowered : 0) | (ota_ ? kOta : 0));
  head.faults = faults_;
  head.record_mode = static_cast<std::uint8_t>(record_mode_);
  head.channels = channels_;
  head.ota_count = ota_count_;
  head.used_bytes = storage_.used_bytes(env.settings.storage, env.now);
  head.draws = arrivals_.draws();
  head.next_arrival_in_us = us_until(next_arrival_, env.now);
  head.booted_us = to_us(env.at(booted_at_).wall);
  head.skew_ms = skew_ms_;
  head.event_count = event_count_;
  head.config_version = config_version_;
  head.pan_mdeg = thousandths(static_cast<double>(here.pan));
  head.tilt_mdeg = thousandths(static_cast<double>(here.tilt));
  head.zoom_m = thousandths(static_cast<double>(here.zoom));
  head.events = static_cast<std::uint8_t>(std::min(events_.count() - (ending_ != 0 ? 1 : 0), kEventsMax));
  head.presets = static_cast<std::uint8_t>(extras_ ? extras_->presets.size() : 0);
  head.deleted_presets = static_cast<std::uint8_t>(deleted);
  head.firmware_bytes = static_cast<std::uint8_t>(firmware.size());
  Putter to(out);
  to.put(head);
  std::size_t left = head.events;
  for (const Event* event = events_.first(); event != nullptr && left > 0; event = event->next.get()) {
    if (event->id == ending_) continue;
    --left;
    to.put(packed(*event, env));
  }
  if (extras_) {
    for (const Preset& each : extras_->presets)
      to.put(PresetBytes{each.id, thousandths(each.pan), thousandths(each.tilt), thousandths(each.zoom)});
    for (std::size_t i = 0; i < deleted; ++i) to.put(std::int32_t{extras_->deleted_presets[i]});
  }
  to.text(firmware);
  if (ota_) put_ota(*ota_, env.now, to);
  return to.size();
}

bool Camera::restore(const Env& env, std::span<const std::byte> saved) {
  Taker from(saved);
  const auto head = from.take<CameraBytes>();
  if (!from.good() || !sound(head)) return false;
  std::vector<std::unique_ptr<Event>> events;
  for (std::size_t i = 0; i < head.events; ++i) {
    const auto bytes = from.take<EventBytes>();
    if (!from.good() || !sound(bytes, head.channels)) return false;
    events.push_back(unpacked(bytes, env, key_));
  }
  std::vector<Preset> presets;
  for (std::size_t i = 0; i < head.presets; ++i) {
    const auto bytes = from.take<PresetBytes>();
    presets.push_back({bytes.id, bytes.pan_mdeg / 1000.0, bytes.tilt_mdeg / 1000.0, bytes.zoom_m / 1000.0});
  }
  std::vector<int> deleted;
  for (std::size_t i = 0; i < head.deleted_presets; ++i) deleted.push_back(from.take<std::int32_t>());
  std::string firmware = from.text(head.firmware_bytes);
  std::unique_ptr<Ota> ota;
  if ((head.flags & kOta) != 0) {
    ota = take_ota(from, env.now);
    if (ota == nullptr) return false;
  }
  if (!from.done()) return false;

  fresh_ = false;
  powered_ = true;
  channels_ = head.channels;
  faults_ = head.faults;
  record_mode_ = static_cast<RecordMode>(head.record_mode);
  armed_ = (head.flags & kArmed) != 0;
  ota_count_ = head.ota_count;
  event_count_ = head.event_count;
  config_version_ = head.config_version;
  skew_ms_ = head.skew_ms;
  booted_at_ = moment_of(head.booted_us, env);
  const auto capacity = static_cast<std::uint64_t>(env.settings.storage.capacity_bytes);
  storage_.resume(std::min(head.used_bytes, capacity), (head.flags & kJammed) != 0,
                  (head.flags & kFailed) != 0, env.now);
  arrivals_.resume(head.draws);
  ptz_.stand({static_cast<float>(head.pan_mdeg / 1000.0), static_cast<float>(head.tilt_mdeg / 1000.0),
              static_cast<float>(head.zoom_m / 1000.0)},
             env.settings.ptz, env.now);
  while (!events.empty()) {  // newest first, as they were
    events_.add(std::move(events.back()));
    events.pop_back();
  }
  ota_ = std::move(ota);
  if (!presets.empty() || !deleted.empty() || !firmware.empty()) {
    extras().presets = std::move(presets);
    extras().deleted_presets = std::move(deleted);
    extras().firmware = std::move(firmware);
  }
  if ((head.flags & kPowered) == 0) {
    boot(env);  // it died while it was off: it is on now
    return true;
  }
  look_at_light(env, false);
  if (head.next_arrival_in_us >= 0) {
    next_arrival_ = env.now + std::chrono::microseconds(head.next_arrival_in_us);
  } else {
    draw_arrival(env);
  }
  plan(env);
  return true;
}

}  // namespace vfleet::devices::ip_camera::model
