#include <charconv>

#include "devices/ip_camera/action_names.h"
#include "devices/ip_camera/camera_device.h"

namespace vfleet::devices::ip_camera {
namespace {

using model::Camera;
using model::Env;

// The arguments of a call; every described one is there with a value of its kind.
class Args {
 public:
  explicit Args(const config::Values& values) : values_(values) {}

  [[nodiscard]] std::int64_t integer(std::string_view name) const { return get<std::int64_t>(name); }
  [[nodiscard]] double number(std::string_view name) const { return get<double>(name); }
  [[nodiscard]] bool boolean(std::string_view name) const { return get<bool>(name); }
  [[nodiscard]] Duration duration(std::string_view name) const { return get<Duration>(name); }
  [[nodiscard]] std::string text(std::string_view name) const { return get<std::string>(name); }
  [[nodiscard]] model::Channel channel() const { return static_cast<model::Channel>(integer("channel")); }

 private:
  template <class T>
  [[nodiscard]] T get(std::string_view name) const {
    const auto at = values_.find(name);
    if (at == values_.end()) return T{};
    const T* value = std::get_if<T>(&at->second.data);
    return value != nullptr ? *value : T{};
  }

  const config::Values& values_;
};

Status begin_event(Camera& camera, const Env& env, model::EventKind kind, const Args& args) {
  return camera.begin_event(env, {.kind = kind,
                                  .channel = args.channel(),
                                  .duration = args.duration("duration"),
                                  .level = static_cast<int>(args.integer("level")),
                                  .score = static_cast<float>(args.number("score"))});
}

Status end_event(Camera& camera, const Env& env, const Args& args) {
  const int kind = model::kind_of(args.text("kind"));
  return camera.end_events(env, kind < 0 ? std::nullopt : std::optional(static_cast<model::EventKind>(kind)),
                           args.channel());
}

// "keep", or a number; axes are texts because every number is a place.
Result<float> axis(const Args& args, std::string_view name, float kept) {
  const std::string text = args.text(name);
  if (text == action::kKeep) return kept;
  float value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value > -1e6F && value < 1e6F)) {
    return fail(Errc::invalid_argument, std::string(name) + "='" + text + "': expected a number or 'keep'");
  }
  return value;
}

Status ptz(Camera& camera, const Env& env, const Args& args) {
  const std::string mode = args.text("mode");
  const int preset = static_cast<int>(args.integer("preset"));
  if (mode == "stop") return camera.stop(env);
  if (mode == "preset") return camera.go_to_preset(env, preset);
  if (mode == "set_preset") return camera.set_preset(env, preset);
  if (mode == "delete_preset") return camera.delete_preset(env, preset);
  const bool turn = mode == "move";
  const model::PtzPosition here = turn ? model::PtzPosition{0, 0, 0} : camera.position(env.now);
  const auto pan = axis(args, "pan", here.pan);
  const auto tilt = axis(args, "tilt", here.tilt);
  const auto zoom = axis(args, "zoom", here.zoom);
  for (const auto* each : {&pan, &tilt, &zoom}) {
    if (!*each) return tl::unexpected(each->error());
  }
  if (turn) return camera.turn(env, {*pan, *tilt, *zoom}, args.duration("duration"));
  return camera.go(env, {*pan, *tilt, *zoom});
}

// The next one by its last number: 2.4.1 -> 2.4.2.
std::string next_version(std::string_view version) {
  const std::size_t dot = version.find_last_of('.');
  int last = 0;
  const std::string_view digits = version.substr(dot == std::string_view::npos ? 0 : dot + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), last);
  if (error != std::errc() || end != digits.data() + digits.size() || last < 0 || last > 1'000'000'000) {
    return std::string(version) + ".1";
  }
  return std::string(version.substr(0, version.size() - digits.size())) + std::to_string(last + 1);
}

Status upgrade(Camera& camera, const Env& env, const Args& args) {
  model::OtaOrder order{.version = args.text("version"), .url = args.text("url")};
  if (order.version.empty()) order.version = next_version(camera.firmware(env.settings));
  const std::string where = args.text("fail");
  if (where == "download") order.fail_in = model::OtaState::downloading;
  if (where == "verify") order.fail_in = model::OtaState::verifying;
  if (where == "install") order.fail_in = model::OtaState::installing;
  return camera.upgrade(env, std::move(order));
}

Status fault(Camera& camera, const Env& env, const Args& args) {
  const std::string code = args.text("code");
  const int index = model::index_of(model::kFaults, code);
  if (index < 0) return fail(Errc::invalid_argument, "there is no fault '" + code + "'");
  camera.set_fault(env, static_cast<model::Fault>(index));
  return {};
}

Status clear(Camera& camera, const Env& env, const Args& args) {
  const std::string code = args.text("code");
  if (code == action::kAll) return camera.clear_faults(env);
  const int index = model::index_of(model::kFaults, code);
  if (index < 0) return fail(Errc::invalid_argument, "there is no fault '" + code + "'");
  return camera.clear_fault(env, static_cast<model::Fault>(index));
}

}  // namespace

Status perform_action(Camera& camera, const Env& env, const device::ActionCall& call) {
  static const config::Values kNone;
  const Args args(call.args != nullptr ? *call.args : kNone);
  const std::string_view name = call.name;
  if (name == action::kStorageFull) return camera.fill_storage(env);
  if (name == action::kStorageError) return camera.break_storage(env);
  if (const int kind = model::kind_of(name); kind >= 0) {
    return begin_event(camera, env, static_cast<model::EventKind>(kind), args);
  }
  if (name == action::kEndEvent) return end_event(camera, env, args);
  if (name == action::kPtz) return ptz(camera, env, args);
  if (name == action::kRecord) {
    const int mode = model::index_of(model::kRecordModes, args.text("mode"));
    if (mode < 0) return fail(Errc::invalid_argument, "mode is continuous, event or off");
    camera.set_record_mode(env, static_cast<model::RecordMode>(mode));
    return {};
  }
  if (name == action::kGuard) {
    camera.set_armed(env, args.boolean("on"));
    return {};
  }
  if (name == action::kFormatStorage) return camera.format_storage(env);
  if (name == action::kSnapshot) {
    return camera.take_snapshots(env, {.id = {},
                                       .channel = args.channel(),
                                       .count = static_cast<int>(args.integer("count")),
                                       .interval = args.duration("interval")});
  }
  if (name == action::kOta) return upgrade(camera, env, args);
  if (name == action::kClockSkew) {
    camera.set_clock_skew(
        std::chrono::milliseconds(static_cast<std::int64_t>(args.number("seconds") * 1000)));
    env.listener.status_changed();
    return {};
  }
  if (name == action::kFault) return fault(camera, env, args);
  if (name == action::kClear) return clear(camera, env, args);
  return fail(Errc::invalid_argument, "a camera has no action '" + std::string(name) + "'");
}

}  // namespace vfleet::devices::ip_camera
