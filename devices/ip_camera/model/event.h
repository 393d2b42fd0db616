#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "devices/ip_camera/model/kinds.h"
#include "devices/ip_camera/model/settings.h"
#include "simulator/core/random_state.h"
#include "simulator/core/time.h"

namespace vfleet::devices::ip_camera::model {

/// Something that a camera sees or undergoes for a while.
struct Event {
  std::unique_ptr<Event> next;  // the list of Events
  std::uint64_t key = 0;        ///< its boxes and attributes follow from it
  TimePoint started;
  TimePoint ends = kNever;        ///< kNever: when it is ended
  TimePoint updates_at = kNever;  ///< the next update; kNever: none
  std::uint32_t id = 0;           ///< from 1, unique in the life of the device
  Channel channel = 0;            ///< 0: the device itself
  EventKind kind = EventKind::motion;
  std::uint8_t level = 1;
  float score = 0;

  [[nodiscard]] TimePoint due() const { return updates_at < ends ? updates_at : ends; }
};

/// The events that go on now. Empty, it takes a pointer; each event is a block of its own.
class Events {
 public:
  Events() = default;
  ~Events() { clear(); }
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;

  [[nodiscard]] const Event* first() const { return first_.get(); }
  [[nodiscard]] Event* first() { return first_.get(); }
  [[nodiscard]] std::size_t count() const;
  [[nodiscard]] std::size_t count(Channel channel) const;
  [[nodiscard]] const Event* find(EventKind kind, Channel channel) const;
  [[nodiscard]] Event* find(EventKind kind, Channel channel);
  /// The newest one of the channel, of any when 0; null when there is none.
  [[nodiscard]] const Event* newest(Channel channel) const;
  /// Whether something keeps the channel from seeing.
  [[nodiscard]] bool dark(Channel channel) const;
  /// When the next one wants an update or its end; kNever when none does.
  [[nodiscard]] TimePoint due() const;

  Event& add(std::unique_ptr<Event> event);
  void remove(const Event& event);
  /// Drops the events of all channels; those of the device itself stay.
  void forget_channels();
  void clear();

 private:
  std::unique_ptr<Event> first_;  // newest first
};

/// What the arrivals depend on, besides the settings.
struct Surroundings {
  int channels = 1;
  bool night = false;
  bool armed = true;
};

/// When things happen by themselves: one Poisson process for all kinds and channels of a device, which is the
/// same as one for each of them, in 16 bytes.
class Arrivals {
 public:
  Arrivals() = default;
  explicit Arrivals(Random random) : random_(random) {}

  [[nodiscard]] std::uint64_t draws() const { return draws_of(random_); }
  /// Goes on where another life stood.
  void resume(std::uint64_t draws) { random_ = after_draws(random_, draws); }

  /// Arrivals per second on one channel.
  [[nodiscard]] static double rate_per_s(const Settings& settings, EventKind kind,
                                         const Surroundings& around);

  /// The next arrival after `now`; kNever when nothing ever happens.
  [[nodiscard]] TimePoint next(const Settings& settings, const Surroundings& around, TimePoint now);

  struct Arrival {
    EventKind kind;
    Channel channel;
    Duration duration;
    float score;
  };
  /// What arrived.
  [[nodiscard]] Arrival draw(const Settings& settings, const Surroundings& around);

 private:
  Random random_;
};

}  // namespace vfleet::devices::ip_camera::model
