#include "devices/ip_camera/model/event.h"

#include <algorithm>
#include <utility>

namespace vfleet::devices::ip_camera::model {

std::size_t Events::count() const {
  std::size_t n = 0;
  for (const Event* event = first(); event != nullptr; event = event->next.get()) ++n;
  return n;
}

std::size_t Events::count(Channel channel) const {
  std::size_t n = 0;
  for (const Event* event = first(); event != nullptr; event = event->next.get())
    n += event->channel == channel;
  return n;
}

const Event* Events::find(EventKind kind, Channel channel) const {
  for (const Event* event = first(); event != nullptr; event = event->next.get()) {
    if (event->kind == kind && event->channel == channel) return event;
  }
  return nullptr;
}

Event* Events::find(EventKind kind, Channel channel) {
  return const_cast<Event*>(std::as_const(*this).find(kind, channel));
}

const Event* Events::newest(Channel channel) const {
  for (const Event* event = first(); event != nullptr; event = event->next.get()) {
    if (channel == 0 || event->channel == channel) return event;
  }
  return nullptr;
}

bool Events::dark(Channel channel) const {
  return find(EventKind::video_lost, channel) != nullptr || find(EventKind::covered, channel) != nullptr;
}

TimePoint Events::due() const {
  TimePoint due = kNever;
  for (const Event* event = first(); event != nullptr; event = event->next.get())
    due = std::min(due, event->due());
  return due;
}

Event& Events::add(std::unique_ptr<Event> event) {
  event->next = std::move(first_);
  first_ = std::move(event);
  return *first_;
}

void Events::remove(const Event& event) {
  std::unique_ptr<Event>* at = &first_;
  while (*at && at->get() != &event) at = &(*at)->next;
  if (*at) *at = std::move((*at)->next);
}

void Events::forget_channels() {
  std::unique_ptr<Event>* at = &first_;
  while (*at) {
    if ((*at)->channel == 0) {
      at = &(*at)->next;
    } else {
      *at = std::move((*at)->next);
    }
  }
}

void Events::clear() {
  while (first_) first_ = std::move(first_->next);  // one by one: no recursion down the list
}

double Arrivals::rate_per_s(const Settings& settings, EventKind kind, const Surroundings& around) {
  if (settings.ai_only_when_armed && !around.armed && traits(kind).analytic) return 0;
  double rate = settings.events.rate_per_s[static_cast<std::size_t>(kind)];
  if (kind == EventKind::motion) rate *= settings.motion_enabled ? settings.motion_sensitivity / 50.0 : 0;
  return around.night ? rate * settings.events.night_factor : rate;
}

TimePoint Arrivals::next(const Settings& settings, const Surroundings& around, TimePoint now) {
  double total = 0;
  for (std::size_t i = 0; i < kArrivingKinds; ++i) {
    total += rate_per_s(settings, static_cast<EventKind>(i), around);
  }
  total *= around.channels;
  if (total <= 0) return kNever;
  const double seconds = random_.exponential(1 / total);
  return seconds > 1e8 ? kNever : now + Duration(1 + static_cast<std::int64_t>(seconds * 1e9));
}

Arrivals::Arrival Arrivals::draw(const Settings& settings, const Surroundings& around) {
  std::array<double, kArrivingKinds> rates{};
  double total = 0;
  for (std::size_t i = 0; i < kArrivingKinds; ++i) {
    total += rates[i] = rate_per_s(settings, static_cast<EventKind>(i), around);
  }
  double left = random_.uniform() * total;
  std::size_t kind = 0;
  while (kind + 1 < kArrivingKinds && (left -= rates[kind]) >= 0) ++kind;
  while (kind > 0 && rates[kind] <= 0) --kind;  // rounding at the very end of the scale

  const double mean = to_seconds(settings.events.duration);
  const double seconds = std::clamp(random_.exponential(mean), 1.0, std::max(1.0, 10 * mean));
  return {.kind = static_cast<EventKind>(kind),
          .channel = static_cast<Channel>(1 + random_.below(static_cast<std::uint64_t>(around.channels))),
          .duration = Duration(static_cast<std::int64_t>(seconds * 1e9)),
          .score = static_cast<float>(random_.uniform(0.55, 0.99))};
}

}  // namespace vfleet::devices::ip_camera::model
