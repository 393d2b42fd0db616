#include "devices/ip_camera/dialects/json/data.h"

#include <fmt/format.h>

#include <cmath>

#include "devices/ip_camera/dialects/json/json_dialect.h"
#include "devices/ip_camera/digest.h"
#include "devices/ip_camera/model/boxes.h"

namespace vfleet::devices::ip_camera::json_dialect {
namespace {

using model::Camera;
using model::EventKind;

constexpr std::int64_t kMega = 1'000'000;

std::int64_t device_ms(const View& view) {
  return view.camera.clock_us(view.wall) / 1000;
}

std::int64_t seconds(Duration d) {
  return d.count() / 1'000'000'000;
}

std::int64_t tenths(double value) {
  return static_cast<std::int64_t>(value < 0 ? value * 10 - 0.5 : value * 10 + 0.5);
}

std::int64_t hundredths(float value) {
  return std::lround(static_cast<double>(value) * 100);
}

std::string mac(std::uint64_t key) {
  // Locally administered, so that it is nobody's.
  return fmt::format("02:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", key >> 32 & 255, key >> 24 & 255,
                     key >> 16 & 255, key >> 8 & 255, key & 255);
}

template <class T>
const T* tale(const View& view) {
  return std::get_if<T>(&view.tale);
}

void write_storage(Writer& w, const View& view) {
  const model::StorageSettings& settings = view.config.model.storage;
  const model::Storage& storage = view.camera.storage();
  const std::uint64_t used = storage.used_bytes(settings, view.now);
  const auto total = settings.present ? static_cast<std::int64_t>(settings.capacity_bytes) : 0;
  const double per_day = view.config.model.streams[0].bitrate_bps / 8 * 86400 * view.camera.channels();
  w.key("storage").begin_array().begin_object();
  w.key("id").integer(1);
  w.key("state").text(model::kStorageStates[static_cast<std::size_t>(storage.state(settings, view.now))]);
  w.key("totalMB").integer(total / kMega);
  w.key("freeMB").integer((total - static_cast<std::int64_t>(used)) / kMega);
  w.key("recordDays").fixed(tenths(static_cast<double>(used) / per_day), 1);
  w.end_object().end_array();
}

void write_streams(Writer& w, const View& view) {
  w.key("streams").begin_array();
  for (int i = 0; i < 2; ++i) {
    const model::StreamSettings& stream = view.config.model.streams[static_cast<std::size_t>(i)];
    if (!stream.enabled) continue;
    int clients = 0;
    for (int channel = 1; channel <= view.camera.channels(); ++channel) {
      clients += view.camera.clients(static_cast<model::Channel>(channel), i);
    }
    w.begin_object();
    w.key("id").text(i == 0 ? "main" : "sub");
    w.key("codec").text(stream.codec == model::Codec::h264 ? "h264" : "h265");
    w.key("width").integer(stream.width);
    w.key("height").integer(stream.height);
    w.key("fps").integer(stream.fps);
    w.key("bitrateKbps").integer(static_cast<std::int64_t>(stream.bitrate_bps / 1000));
    w.key("gop").integer(stream.gop);
    w.key("clients").integer(clients);
    w.end_object();
  }
  w.end_array();
}

// What analysis says of a thing besides where it is. Follows from the event, so it is the same each time.
void write_attributes(Writer& w, EventKind kind, std::uint64_t bits) {
  constexpr std::array<std::string_view, 6> kColours{"white", "black", "silver", "red", "blue", "green"};
  constexpr std::array<std::string_view, 4> kVehicles{"car", "van", "truck", "bus"};
  w.key("attrs").begin_object();
  const auto colour = kColours[bits % kColours.size()];
  switch (kind) {
    case EventKind::vehicle:
      w.key("colour").text(colour);
      w.key("class").text(kVehicles[(bits >> 8) % kVehicles.size()]);
      break;
    case EventKind::plate: {
      constexpr std::string_view kLetters = "ABCDEFGHJKLMNPQRSTUVWXYZ";
      std::array<char, 8> plate{};
      plate[0] = kLetters[(bits >> 4) % kLetters.size()];
      plate[1] = kLetters[(bits >> 10) % kLetters.size()];
      plate[2] = '-';
      for (std::size_t i = 3; i < plate.size(); ++i)
        plate[i] = static_cast<char>('0' + (bits >> (5 * i)) % 10);
      w.key("plate").text({plate.data(), plate.size()});
      w.key("colour").text(colour);
      break;
    }
    case EventKind::face:
      w.key("age").integer(static_cast<std::int64_t>(18 + bits % 60));
      w.key("mask").boolean((bits >> 8) % 4 == 0);
      w.key("glasses").boolean((bits >> 12) % 3 == 0);
      break;
    case EventKind::tripwire:
      w.key("direction").text(bits % 2 == 0 ? "in" : "out");
      break;
    case EventKind::person:
    case EventKind::intrusion:
    case EventKind::loitering:
      w.key("upper").text(colour);
      break;
    case EventKind::motion:
    case EventKind::audio:
    case EventKind::tamper:
    case EventKind::covered:
    case EventKind::video_lost:
    case EventKind::storage_full:
    case EventKind::storage_error:
      break;
  }
  w.end_object();
}

void write_objects(Writer& w, const model::Event& event, Duration age) {
  w.key("objects").begin_array();
  const std::string_view label = model::traits(event.kind).label;
  for (int i = 0; !label.empty() && i < model::object_count(event.key); ++i) {
    const model::Box box = model::box_at(event.key, i, age);
    // Later objects are a little less sure than the first.
    const std::int64_t score = std::max<std::int64_t>(1, hundredths(event.score) - 7 * i);
    w.begin_object();
    w.key("label").text(label);
    w.key("score").fixed(score, 2);
    w.key("box").begin_array();
    for (const int part : {box.x, box.y, box.w, box.h}) w.fixed(part, 4);
    w.end_array();
    write_attributes(w, event.kind, mix(event.key, 0xa77 + static_cast<std::uint64_t>(i)));
    w.end_object();
  }
  w.end_array();
}

}  // namespace

void write_login(Writer& w, const View& view, const device::Report& report) {
  const std::uint64_t key = view.camera.key();
  const model::Settings& settings = view.config.model;
  w.begin_object();
  w.key("sn").text(fmt::format("VC{:012X}", key & 0xffffffffffffULL));
  w.key("vendor").text(view.config.vendor);
  w.key("model").text(view.config.model_name);
  w.key("fw").text(view.camera.firmware(settings));
  w.key("hw").text(view.config.hardware);
  w.key("mac").text(mac(key));
  w.key("ip").text(view.config.address);
  w.key("proto").text("1.0");
  w.key("channels").integer(view.camera.channels());
  w.key("capabilities").begin_array();
  for (const std::string_view each : {"event", "snapshot", "config", "ota", "stream"}) w.text(each);
  if (settings.ptz.enabled) w.text("ptz");
  if (settings.storage.present) w.text("storage");
  w.end_array();
  const std::int64_t ts = device_ms(view);
  w.key("ts").integer(ts);
  if (!view.config.secret.empty()) {
    const std::string nonce = fmt::format("{:016x}", mix(key, mix(report.head.boot, report.head.seq)));
    w.key("nonce").text(nonce);
    w.key("sign").text(
        hmac_sha256_hex(view.config.secret, fmt::format("{}{}{}", report.head.device, ts, nonce)));
  }
  w.end_object();
}

void write_heartbeat(Writer& w, const View& view) {
  const model::Vitals vitals = view.camera.vitals(view.config.model, view.now, view.wall);
  w.begin_object();
  w.key("uptimeSec").integer(seconds(view.camera.uptime(view.now)));
  w.key("cpu").integer(vitals.cpu_percent);
  w.key("mem").integer(vitals.memory_percent);
  w.key("tempC").fixed(tenths(static_cast<double>(vitals.temperature_c)), 1);
  w.key("rssi").integer(vitals.rssi_dbm);
  w.end_object();
}

void write_status(Writer& w, const View& view) {
  const Camera& camera = view.camera;
  const model::Settings& settings = view.config.model;
  w.begin_object();
  w.key("status").text(model::kConditions[static_cast<std::size_t>(camera.condition(settings, view.now))]);
  write_storage(w, view);
  write_streams(w, view);
  w.key("channels").begin_object();
  w.key("total").integer(camera.channels());
  w.key("online").integer(camera.online_channels());
  w.end_object();
  w.key("recording").boolean(camera.recording());
  w.key("recordMode").text(model::kRecordModes[static_cast<std::size_t>(camera.record_mode())]);
  w.key("guard").boolean(camera.armed());
  w.key("alarmActive").boolean(camera.events().first() != nullptr);
  w.key("dayNight").text(camera.night() ? "night" : "day");
  w.key("tempC").fixed(
      tenths(static_cast<double>(camera.vitals(settings, view.now, view.wall).temperature_c)), 1);
  w.key("fw").text(camera.firmware(settings));
  w.key("faults").begin_array();
  if (camera.any_fault()) {
    for (std::size_t i = 0; i < model::kFaults.size(); ++i) {
      if (camera.faulty(static_cast<model::Fault>(i))) w.text(model::kFaults[i]);
    }
  }
  w.end_array();
  if (settings.ptz.enabled) {
    const model::PtzPosition at = camera.position(view.now);
    w.key("ptz").begin_object();
    w.key("pan").fixed(hundredths(at.pan), 2);
    w.key("tilt").fixed(hundredths(at.tilt), 2);
    w.key("zoom").fixed(hundredths(at.zoom), 2);
    w.key("moving").boolean(camera.turning());
    w.end_object();
  }
  w.key("clockSkewMs").integer(camera.clock_skew_ms());
  w.end_object();
}

void write_event(Writer& w, const View& view, const device::Report& report, int kind_wanted) {
  constexpr std::array<std::string_view, 3> kPhases{"start", "update", "end"};
  const EventTale* told = tale<EventTale>(view);
  const model::Event* event = nullptr;
  model::Phase phase = model::Phase::start;
  if (told != nullptr) {
    event = &told->event;
    phase = told->phase;
  } else {
    // Asked for: what goes on there, or one that is made up.
    event = kind_wanted >= 0 ? view.camera.events().find(static_cast<EventKind>(kind_wanted), report.channel)
                             : view.camera.events().newest(report.channel);
    phase = model::Phase::update;
  }
  model::Event made;
  if (event == nullptr) {
    phase = model::Phase::start;
    made.kind = kind_wanted >= 0 ? static_cast<EventKind>(kind_wanted) : EventKind::motion;
    made.channel = report.channel;
    made.started = view.now;
    made.key = mix(view.camera.key(), mix(report.head.boot, report.head.seq));
    made.level = model::traits(made.kind).level;
    made.score = 0.9F;
    event = &made;
  }
  const Duration age = view.now - event->started;
  // Unique over restarts of the simulator too: `boot` never comes again. Made-up ones have the report's
  // number.
  std::array<char, 48> id;
  const auto end = event->id != 0
                       ? fmt::format_to(id.begin(), FMT_STRING("{}-e{}"), report.head.boot, event->id)
                       : fmt::format_to(id.begin(), FMT_STRING("{}-t{}"), report.head.boot, report.head.seq);
  w.begin_object();
  w.key("eventId").text({id.data(), static_cast<std::size_t>(end - id.begin())});
  w.key("phase").text(kPhases[static_cast<std::size_t>(phase)]);
  w.key("kind").text(wire_name(event->kind));
  w.key("level").integer(event->level);
  w.key("score").fixed(hundredths(event->score), 2);
  w.key("ts").integer(device_ms(view));
  w.key("durationMs").integer(age.count() / 1'000'000);
  const auto& regions = view.config.motion_regions;
  w.key("region").integer(regions.empty() ? 1 : regions[event->key % regions.size()].id);
  write_objects(w, *event, age);
  w.end_object();
}

void write_ota(Writer& w, const View& view) {
  const OtaTale* told = tale<OtaTale>(view);
  const model::Ota* ota = told != nullptr ? &told->ota : view.camera.ota();
  const std::string_view firmware = view.camera.firmware(view.config.model);
  w.begin_object();
  w.key("jobId").text(ota != nullptr ? std::string_view(ota->order().job) : "none");
  w.key("version").text(ota != nullptr ? std::string_view(ota->order().version) : firmware);
  // With no upgrade under way the firmware that runs is told as the result of the last one.
  w.key("state").text(
      model::kOtaStates[static_cast<std::size_t>(ota != nullptr ? ota->state() : model::OtaState::done)]);
  w.key("progress").integer(ota != nullptr ? ota->progress() : 100);
  w.key("size").integer(static_cast<std::int64_t>(ota != nullptr ? ota->order().image_bytes
                                                                 : view.config.model.ota.image_bytes));
  w.key("url").text(ota != nullptr ? std::string_view(ota->order().url) : "");
  w.key("reason").text(ota != nullptr ? ota->reason() : "");
  w.key("fw").text(firmware);
  w.end_object();
}

void write_log(Writer& w, const View& view) {
  const LogTale* told = tale<LogTale>(view);
  w.begin_object();
  w.key("ts").integer(device_ms(view));
  w.key("level").text(view.camera.any_fault() ? "warn" : "info");
  w.key("text").text(told != nullptr ? told->text : "log requested");
  w.end_object();
}

void write_answer(Writer& w, const View& view) {
  const AnswerTale* told = tale<AnswerTale>(view);
  w.begin_object();
  w.key("code").integer(told != nullptr ? told->code : 200);
  w.key("msg").text(told != nullptr ? told->message : "ok");
  if (told != nullptr && (!told->applied.empty() || !told->rejected.empty())) {
    w.key("applied").begin_array();
    for (const std::string& path : told->applied) w.text(path);
    w.end_array();
    w.key("rejected").begin_array();
    for (const auto& [path, reason] : told->rejected) {
      w.begin_object();
      w.key("key").text(path);
      w.key("reason").text(reason);
      w.end_object();
    }
    w.end_array();
  }
  w.end_object();
}

}  // namespace vfleet::devices::ip_camera::json_dialect
