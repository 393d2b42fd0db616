#include "tests/unit/config/sample_catalogue.h"

#include "simulator/config/bind.h"

namespace vfleet::config {
namespace {

using namespace std::chrono_literals;

enum class Current { ac, dc };

struct Vehicle {
  double battery_wh = 60e3;
  int weight = 1;
};

struct Pile {
  Duration heartbeat{30s};
  Duration meter{15s};
  float jitter = 0;
  double power_w = 120e3;
  std::uint8_t connectors = 2;
  bool plugged = false;
  std::string vendor;
  Current current = Current::dc;
  std::vector<double> taper{0.8, 1};
  std::vector<Vehicle> vehicles{Vehicle{}};
};

struct Cam {
  Duration heartbeat{60s};
  double bitrate = 4e6;
};

struct Http {
  std::string url;
  std::string token;
  Duration timeout{5s};
  int queue = 100;
};

Schema pile() {
  Struct<Vehicle> vehicle;
  vehicle
      .number(
          "battery", Unit::energy, [](auto& v) -> auto& { return v.battery_wh; })
      .range(1e3, 500e3)
      .required();
  vehicle
      .integer(
          "weight", [](auto& v) -> auto& { return v.weight; })
      .range(0, 100)
      .doc("How often it comes.");
  Struct<Pile> keys;
  keys.duration(
          "reports.heartbeat.every", [](auto& c) -> auto& { return c.heartbeat; })
      .range(100ms, 24h)
      .doc("Time between two heartbeats.");
  keys.number(
          "reports.heartbeat.jitter", Unit::ratio, [](auto& c) -> auto& { return c.jitter; })
      .range(0, 1);
  keys.duration(
          "reports.meter.every", [](auto& c) -> auto& { return c.meter; })
      .range(0s, 24h);
  keys.number(
          "rated_power", Unit::power, [](auto& c) -> auto& { return c.power_w; })
      .range(1e3, 1e6)
      .doc("What the nameplate says.")
      .decimals(0);
  keys.integer(
          "connectors", [](auto& c) -> auto& { return c.connectors; })
      .range(1, 16)
      .effect(Effect::fleet);
  keys.boolean(
      "plugged", [](auto& c) -> auto& { return c.plugged; });
  keys.text(
      "vendor", [](auto& c) -> auto& { return c.vendor; });
  keys.choice("current", [](auto& c) -> auto& { return c.current; },
              {{"ac", Current::ac}, {"dc", Current::dc}})
      .effect(Effect::boot);
  keys.list(
      "taper", Kind::number, Unit::ratio, [](auto& c) -> auto& { return c.taper; });
  keys.records(
          "vehicles", [](auto& c) -> auto& { return c.vehicles; }, std::move(vehicle))
      .doc("Who comes to charge.");
  return keys.schema();
}

Schema cam() {
  Struct<Cam> keys;
  keys.duration(
          "reports.heartbeat.every", [](auto& c) -> auto& { return c.heartbeat; })
      .range(100ms, 24h);
  keys.number(
          "stream.bitrate", Unit::bitrate, [](auto& c) -> auto& { return c.bitrate; })
      .range(1e3, 1e8);
  return keys.schema();
}

Schema http() {
  Struct<Http> keys;
  keys.text(
          "url", [](auto& c) -> auto& { return c.url; })
      .required()
      .effect(Effect::connection)
      .doc("Where to.");
  keys.text(
          "token", [](auto& c) -> auto& { return c.token; })
      .secret();
  keys.duration(
          "timeout", [](auto& c) -> auto& { return c.timeout; })
      .range(1ms, 1h);
  keys.integer(
          "queue", [](auto& c) -> auto& { return c.queue; })
      .range(1, 10000);
  return keys.schema();
}

}  // namespace

Catalogue sample_catalogue() {
  return {"1.0",
          {{"pile", {"A charging pile.", pile(), {"heartbeat", "meter"}}},
           {"cam", {"A camera.", cam(), {"heartbeat"}}}},
          {{"http", {"Posts each report.", http()}}, {"null", {"Goes nowhere.", Schema()}}}};
}

}  // namespace vfleet::config
