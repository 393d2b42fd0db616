#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "devices/ip_camera/model/event.h"
#include "devices/ip_camera/model/ota.h"
#include "devices/ip_camera/model/ptz.h"
#include "devices/ip_camera/model/settings.h"
#include "devices/ip_camera/model/storage.h"
#include "devices/ip_camera/model/vitals.h"
#include "simulator/core/random.h"
#include "simulator/core/result.h"
#include "simulator/core/time.h"

namespace vfleet::devices::ip_camera::model {

/// Pictures that were asked for: `count` of them, `interval` apart.
struct SnapshotOrder {
  std::string id;
  Channel channel = 1;
  int count = 1;
  Duration interval = std::chrono::seconds(1);
};

/// A stream that somebody watches. Only the state: no video is sent.
struct StreamSession {
  std::string id;
  std::string protocol;
  std::string url;
  Channel channel = 1;
  std::uint8_t stream = 0;  ///< 0 main, 1 sub
  TimePoint expires = kNever;
};

/// Who hears what happens. All calls come from within a call of Camera; references are valid during the call.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual void event(const Event& event, Phase phase) = 0;
  virtual void ota(const Ota& ota) = 0;
  /// Picture `index` (from 1) of the order is to be taken now.
  virtual void snapshot(const SnapshotOrder& order, int index) = 0;
  /// Something lasting changed: recording, guard, storage, faults, light, position.
  virtual void status_changed() = 0;
  /// A line of the device's own log.
  virtual void log(std::string_view text) = 0;
  /// Switch the power off for `down`; Camera::boot() follows. Always the last call.
  virtual void restart(Duration down) = 0;
};

/// What the camera is told with every call.
struct Env {
  const Settings& settings;
  TimePoint now;
  WallTime wall;
  Listener& listener;

  [[nodiscard]] Env at(TimePoint t) const {
    return {settings, t, wall - std::chrono::duration_cast<std::chrono::microseconds>(now - t), listener};
  }
};

enum class Condition : std::uint8_t { normal, alarm, fault, upgrading };
inline constexpr std::array<std::string_view, 4> kConditions{"normal", "alarm", "fault", "upgrading"};

struct EventCall {
  EventKind kind = EventKind::motion;
  Channel channel = 1;
  Duration duration{0};  ///< 0: until it is ended
  int level = 0;         ///< 0: usual for the kind
  float score = 0.9F;
};

/// The camera as a whole. Pure: it knows the time it is told and its random streams, nothing else.
class Camera {
 public:
  static constexpr std::size_t kEventsMax = 64;   ///< at a time, all channels
  static constexpr std::size_t kStreamsMax = 16;  ///< sessions at a time
  static constexpr int kSnapshotsMax = 100;       ///< pictures in an order
  static constexpr int kPresetsMax = 64;

  Camera(std::uint64_t seed, std::uint64_t identity, const Settings& settings);

  void boot(const Env& env);
  void reconfigure(const Env& env, const Settings& before);
  [[nodiscard]] TimePoint next_event() const { return next_; }
  /// Everything that is due up to env.now happens, in order, each at its own time. A gap with more than some
  /// hundreds of happenings is cut short: what would have come and gone in it is not told.
  void advance(const Env& env);

  // What survives the process: camera_state.cc.
  /// What save() writes in ordinary use.
  static constexpr std::size_t kStateBytes = 160;
  /// What restore() needs, as of env.now. An event whose end is being told counts as over. Returns its length; 0: `out` is too short.
  [[nodiscard]] std::size_t save(const Env& env, std::span<std::byte> out) const;
  /// In place of the first boot(). The time since save() is a standstill: nothing was recorded, events and an
  /// upgrade go on from here. Streams and orders of pictures are gone, and the motors stand. Tells nobody.
  /// False, and nothing changed, when the bytes are not from save().
  [[nodiscard]] bool restore(const Env& env, std::span<const std::byte> saved);

  // What operators and platforms order. Errors: rejected or invalid_argument with the reason; then nothing
  // changed.
  /// Starts an event, or tells an active one again with new figures.
  [[nodiscard]] Status begin_event(const Env& env, const EventCall& call);
  /// Ends the events of `kind` (all kinds when empty) on `channel` (everywhere when 0).
  [[nodiscard]] Status end_events(const Env& env, std::optional<EventKind> kind, Channel channel);
  [[nodiscard]] Status go(const Env& env, PtzPosition target);
  [[nodiscard]] Status turn(const Env& env, PtzPosition speed, Duration time);
  [[nodiscard]] Status stop(const Env& env);
  [[nodiscard]] Status go_to_preset(const Env& env, int preset);
  [[nodiscard]] Status set_preset(const Env& env, int preset);
  [[nodiscard]] Status delete_preset(const Env& env, int preset);
  void set_record_mode(const Env& env, RecordMode mode);
  void set_armed(const Env& env, bool armed);
  [[nodiscard]] Status fill_storage(const Env& env);
  [[nodiscard]] Status break_storage(const Env& env);
  [[nodiscard]] Status format_storage(const Env& env);
  [[nodiscard]] Status take_snapshots(const Env& env, SnapshotOrder order);
  [[nodiscard]] Status upgrade(const Env& env, OtaOrder order);
  [[nodiscard]] Status start_stream(const Env& env, StreamSession session);
  [[nodiscard]] Status stop_stream(const Env& env, std::string_view id);
  void set_clock_skew(std::chrono::milliseconds skew) { skew_ms_ = skew.count(); }
  void set_fault(const Env& env, Fault fault);
  [[nodiscard]] Status clear_fault(const Env& env, Fault fault);
  [[nodiscard]] Status clear_faults(const Env& env);
  void restart(const Env& env, Duration down);

  /// The upgrade that ended with the last boot, to be told once; null otherwise.
  [[nodiscard]] std::unique_ptr<Ota> take_ended_ota();

  // What it is.
  [[nodiscard]] Condition condition(const Settings& settings, TimePoint now) const;
  [[nodiscard]] const Events& events() const { return events_; }
  [[nodiscard]] const Storage& storage() const { return storage_; }
  [[nodiscard]] const Ota* ota() const { return ota_.get(); }
  [[nodiscard]] PtzPosition position(TimePoint now) const { return ptz_.position(now); }
  [[nodiscard]] bool turning() const { return ptz_.moving(); }
  [[nodiscard]] std::vector<Preset> presets(const Settings& settings) const;
  [[nodiscard]] bool night() const { return night_; }
  [[nodiscard]] bool armed() const { return armed_; }
  [[nodiscard]] RecordMode record_mode() const { return record_mode_; }
  [[nodiscard]] bool recording() const { return storage_.bits_per_s() > 0; }
  [[nodiscard]] bool recording(Channel channel) const;
  [[nodiscard]] bool faulty(Fault fault) const {
    return (faults_ & (1U << static_cast<unsigned>(fault))) != 0;
  }
  [[nodiscard]] bool any_fault() const { return faults_ != 0; }
  [[nodiscard]] int online_channels() const;
  [[nodiscard]] int channels() const { return channels_; }
  [[nodiscard]] std::string_view firmware(const Settings& settings) const;
  [[nodiscard]] std::int64_t clock_skew_ms() const { return skew_ms_; }
  /// The camera's own idea of the time, microseconds since 1970 UTC.
  [[nodiscard]] std::int64_t clock_us(WallTime wall) const { return to_us(wall) + skew_ms_ * 1000; }
  [[nodiscard]] Duration uptime(TimePoint now) const { return now - booted_at_; }
  [[nodiscard]] Vitals vitals(const Settings& settings, TimePoint now, WallTime wall) const;
  /// How many watch the stream (0 main, 1 sub) of the channel.
  [[nodiscard]] int clients(Channel channel, int stream) const;
  /// Rises by one with each change of the configuration.
  [[nodiscard]] std::uint32_t config_version() const { return config_version_; }
  /// A number that is this camera's own, for serial and hardware addresses.
  [[nodiscard]] std::uint64_t key() const { return key_; }

 private:
  struct SnapshotJob {
    SnapshotOrder order;
    int taken = 0;
    TimePoint due;
  };
  // What few cameras have at a time.
  struct Extras {
    std::string firmware;  // empty: the configured one
    std::vector<Preset> presets;
    std::vector<int> deleted_presets;
    std::vector<StreamSession> streams;
    std::unique_ptr<SnapshotJob> snapshots;
  };

  Extras& extras();
  [[nodiscard]] Surroundings around() const { return {channels_, night_, armed_}; }
  void draw_arrival(const Env& env);
  void look_at_light(const Env& env, bool tell);
  void set_rates(const Env& env);
  void plan(const Env& env);  // next_, after any change
  void skip_ahead(const Env& env);
  void step(const Env& env);
  void step_events(const Env& env);
  void step_snapshots(const Env& env);
  void step_ota(const Env& env);
  void arrive(const Env& env);
  [[nodiscard]] bool can_begin(const Settings& settings, EventKind kind, Channel channel) const;
  const Event& start(const Env& env, const EventCall& call);
  void finish(const Env& env, const Event& event);
  void tell_storage(const Env& env);  // its events, as its state now is
  [[nodiscard]] int busy_channels() const;
  [[nodiscard]] Status turnable(const Settings& settings) const;
  [[nodiscard]] const Preset* preset(const Settings& settings, int id) const;

  std::uint64_t key_;
  Arrivals arrivals_;
  TimePoint next_ = kNever;
  TimePoint next_arrival_ = kNever;
  TimePoint light_changes_ = kNever;
  TimePoint booted_at_{};
  Storage storage_;
  Ptz ptz_;
  Events events_;
  std::unique_ptr<Ota> ota_;
  std::unique_ptr<Extras> extras_;
  std::int64_t skew_ms_ = 0;
  std::uint32_t event_count_ = 0;
  std::uint32_t ending_ = 0;  // the event whose end is being told
  std::uint32_t config_version_ = 1;
  std::uint16_t ota_count_ = 0;
  std::uint16_t channels_;
  std::uint8_t faults_ = 0;
  RecordMode record_mode_;
  bool armed_;
  bool night_ = false;
  bool powered_ = false;
  bool fresh_ = true;  // never booted
};

}  // namespace vfleet::devices::ip_camera::model
