#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "devices/charging_pile/model/station.h"
#include "simulator/core/clock.h"

namespace vfleet::pile {

using namespace std::chrono_literals;

/// The model alone, and what it told.
class StationWorld : public Observer {
 public:
  struct Event {
    TimePoint at;
    std::string
        what;  ///< "status 1 charging", "start 1", "end 1 local", "fault 1 ground_fault raised", "card 1 C"
  };

  explicit StationWorld(config::Values values = {}, std::uint64_t seed = 42)
      : values_(std::move(values)), seed_(seed), settings_(build()) {
    station_ = std::make_unique<Station>(seed_, 7, *settings_);
  }

  void boot() { station_->boot(turn()); }
  Turn turn() { return {{clock.now(), clock.wall_now()}, *settings_, *this}; }
  Station& station() { return *station_; }
  const Settings& settings() const { return *settings_; }
  TimePoint now() const { return clock.now(); }

  /// In the model's own steps, as a device does: it is looked at when something happens.
  void run_for(Duration duration) {
    const TimePoint until = clock.now() + duration;
    while (station_->next_event() <= until) {
      clock.advance_to(station_->next_event());
      station_->advance(turn());
    }
    clock.advance_to(until);
    station_->advance(turn());
  }
  bool run_until(const std::function<bool()>& done, Duration limit) {
    const TimePoint until = clock.now() + limit;
    while (!done() && station_->next_event() <= until) {
      clock.advance_to(station_->next_event());
      station_->advance(turn());
    }
    return done();
  }
  void set(const std::string& path, config::Value value) {
    const std::unique_ptr<Settings> before = std::move(settings_);
    values_.insert_or_assign(path, std::move(value));
    settings_ = build();
    station_->advance({{clock.now(), clock.wall_now()}, *before, *this});
    station_->reconfigure(turn(), *before);
  }
  /// The worker dies, and another goes on from what was kept.
  bool die() {
    std::vector<std::byte> bytes(Station::state_bytes(station_->connector_count()));
    const std::size_t size = station_->save(turn().at, *settings_, 1, bytes);
    EXPECT_GT(size, 0U);
    bytes.resize(size);
    station_ = std::make_unique<Station>(seed_, 7, *settings_);
    const bool known = station_->restore(turn(), bytes);
    if (known) station_->advance(turn());
    return known;
  }

  Status start(int connector, std::string_view card = "A", std::string_view parent = {}) {
    return station_->start(turn(), connector, StartedBy::card, card, {}, true, parent);
  }
  Status plug(int connector, std::string_view vehicle = "sedan", double soc = 0.2) {
    return station_->plug(turn(), connector, vehicle, soc);
  }
  Status unplug(int connector) { return station_->unplug(turn(), connector); }
  Status stop(int connector) { return station_->stop(turn(), connector, StopReason::local); }
  Reservation reservation(int connector, int id, std::string_view card, Duration lasts = 10min,
                          std::string_view parent = {}) {
    return {connector, id, CardNumber(card), CardNumber(parent), now() + lasts};
  }
  ConnectorStatus status(int connector) const { return station_->connector(connector).status; }
  double power_w(int connector) const { return station_->connector(connector).meter.power_w(); }

  std::vector<std::string> told(std::string_view prefix) const {
    std::vector<std::string> out;
    for (const Event& each : events) {
      if (each.what.starts_with(prefix)) out.push_back(each.what.substr(prefix.size()));
    }
    return out;
  }
  std::size_t count(std::string_view prefix) const { return told(prefix).size(); }

  // Observer
  void status_changed(ConnectorNumber n) override {
    note("status " + std::to_string(n) + " " + std::string(to_string(status(n))));
  }
  void session_started(ConnectorNumber n) override {
    note("start " + std::to_string(n));
    note("began " + std::string(station_->connector(n).visit->card.view()));
  }
  void session_ended(ConnectorNumber n, StopReason reason) override {
    last_bill = station_->bill(n, clock.now(), settings_->tariff);
    note("end " + std::to_string(n) + " " + std::string(to_string(reason)));
  }
  void fault_changed(ConnectorNumber n, FaultCode code, bool raised) override {
    note("fault " + std::to_string(n) + " " + std::string(to_string(code)) +
         (raised ? " raised" : " cleared"));
  }
  bool card_presented(ConnectorNumber n, std::string_view card) override {
    note("card " + std::to_string(n) + " " + std::string(card));
    return asks;
  }

  ManualClock clock;
  std::vector<Event> events;
  Bill last_bill;
  bool asks = false;  ///< whether somebody else decides on cards

 private:
  void note(std::string what) { events.push_back({clock.now(), std::move(what)}); }
  std::unique_ptr<Settings> build() {
    static const config::Struct<Settings> keys = settings_keys();
    auto built = keys.build(values_);
    EXPECT_TRUE(built) << (built ? "" : built.error().detail);
    return std::make_unique<Settings>(built ? std::move(*built) : Settings{});
  }

  config::Values values_;
  std::uint64_t seed_;
  std::unique_ptr<Settings> settings_;
  std::unique_ptr<Station> station_;
};

inline config::Value value(double number) {
  return {number};
}
inline config::Value value(int number) {
  return {std::int64_t{number}};
}
inline config::Value value(bool set) {
  return {set};
}
inline config::Value value(const char* text) {
  return {std::string(text)};
}
inline config::Value value(Duration duration) {
  return {duration};
}
inline config::Value value(std::initializer_list<const char*> texts) {
  config::List list;
  for (const char* each : texts) list.push_back({std::string(each)});
  return {std::move(list)};
}

}  // namespace vfleet::pile
