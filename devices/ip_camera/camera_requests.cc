// What the platform asks for.

#include "devices/ip_camera/camera_device.h"
#include "devices/ip_camera/reports.h"
#include "devices/ip_camera/speaker.h"

namespace vfleet::devices::ip_camera {

/// Does one request. Each operator() answers first and acts then, but for a configuration, whose answer tells
/// what came of it.
class CameraDevice::Performer {
 public:
  Performer(CameraDevice& device, device::DeviceContext& context, std::string_view id)
      : device_(device), context_(context), id_(id) {}

  void operator()(const Nothing& /*request*/) {}
  void operator()(const Refusal& refusal) { answer(refusal.code, refusal.message); }

  void operator()(const LoginAnswer& login) {
    if (login.code != 200) context_.note("the platform refused the login");
    if (!config().accept_intervals) return;
    if (login.heartbeat_s > 0) patch("reports.heartbeat.every", std::to_string(login.heartbeat_s) + "s");
    if (login.status_s > 0) patch("reports.status.every", std::to_string(login.status_s) + "s");
  }

  void operator()(const SnapshotRequest& request) {
    order([&](const model::Env& env) { return camera().take_snapshots(env, request.order); });
  }

  void operator()(const ConfigGetRequest& request) {
    answer(200, "ok");
    for (const Section section : request.sections) device_.tell(context_, kConfig, 0, ConfigTale{section});
  }

  void operator()(const ConfigSetRequest& request) {
    std::vector<std::string> applied;
    std::vector<std::pair<std::string, std::string>> rejected;
    for (const Setting& setting : request.settings) {
      const config::Key* key = camera_schema().find(setting.path);
      if (key == nullptr) {
        rejected.emplace_back(setting.path, "no such key");
      } else if (const Status done = context_.patch_config(setting.path, with_unit(*key, setting)); done) {
        applied.push_back(setting.path);
      } else {
        rejected.emplace_back(setting.path, done.error().detail);
      }
    }
    const bool good = rejected.empty();
    device_.tell(context_, kAnswer, 0,
                 AnswerTale{good ? 200 : 409, good ? "ok" : "some keys were rejected", applied, rejected},
                 id_);
  }

  void operator()(const PtzRequest& request) {
    order([&](const model::Env& env) {
      switch (request.verb) {
        case PtzRequest::Verb::turn:
          return camera().turn(env,
                               {request.pan.value_or(0), request.tilt.value_or(0), request.zoom.value_or(0)},
                               request.time);
        case PtzRequest::Verb::stop:
          return camera().stop(env);
        case PtzRequest::Verb::go: {
          const model::PtzPosition here = camera().position(env.now);
          return camera().go(env, {request.pan.value_or(here.pan), request.tilt.value_or(here.tilt),
                                   request.zoom.value_or(here.zoom)});
        }
        case PtzRequest::Verb::preset_go:
          return camera().go_to_preset(env, request.preset);
        case PtzRequest::Verb::preset_set:
          return camera().set_preset(env, request.preset);
        case PtzRequest::Verb::preset_delete:
          return camera().delete_preset(env, request.preset);
      }
      return Status{};
    });
  }

  void operator()(const OtaRequest& request) {
    order([&](const model::Env& env) { return camera().upgrade(env, request.order); });
  }

  void operator()(const RebootRequest& /*request*/) {
    order([&](const model::Env& env) {
      camera().restart(env, env.settings.reboot_down);
      return Status{};
    });
  }

  void operator()(const FormatRequest& /*request*/) {
    order([&](const model::Env& env) { return camera().format_storage(env); });
  }

  void operator()(const StatusRequest& /*request*/) {
    answer(200, "ok");
    device_.tell(context_, kStatus, 0, {});
  }

  void operator()(const GuardRequest& request) {
    order([&](const model::Env& env) {
      camera().set_armed(env, request.armed);
      return Status{};
    });
  }

  void operator()(const RecordRequest& request) {
    order([&](const model::Env& env) {
      camera().set_record_mode(env, request.mode);
      return Status{};
    });
  }

  void operator()(const TimeSyncRequest& request) {
    answer(200, "ok");
    std::int64_t skew_ms = 0;
    if (request.unix_ms) skew_ms = *request.unix_ms - to_us(context_.wall_now()) / 1000;
    camera().set_clock_skew(std::chrono::milliseconds(skew_ms));
    device_.dirty_ = true;
  }

  void operator()(const StreamStartRequest& request) {
    order([&](const model::Env& env) {
      model::StreamSession session = request.session;
      if (request.expires_after > Duration::zero()) session.expires = env.now + request.expires_after;
      return camera().start_stream(env, std::move(session));
    });
  }

  void operator()(const StreamStopRequest& request) {
    order([&](const model::Env& env) { return camera().stop_stream(env, request.stream); });
  }

 private:
  template <class Order>
  void order(Order&& act) {
    Speaker speaker(device_, context_);
    speaker.owe_answer(id_);
    speaker.answer_now(act(speaker.env()));
  }

  void answer(int code, std::string_view message) {
    device_.tell(context_, kAnswer, 0, AnswerTale{code, message, {}, {}}, id_);
  }

  void patch(std::string_view path, const std::string& value) {
    if (const Status done = context_.patch_config(path, value); !done) context_.note(done.error().detail);
  }

  // JSON numbers are base units; operators' texts carry their suffix.
  static std::string with_unit(const config::Key& key, const Setting& setting) {
    if (!setting.bare_number) return setting.text;
    const Unit unit = key.kind == config::Kind::duration ? Unit::duration
                      : key.kind == config::Kind::number ? key.unit
                                                         : Unit::none;
    return setting.text + std::string(base_suffix(unit));
  }

  [[nodiscard]] const CameraConfig& config() const {
    return static_cast<const CameraConfig&>(context_.config());
  }
  model::Camera& camera() { return device_.camera_; }

  CameraDevice& device_;
  device::DeviceContext& context_;
  std::string_view id_;
};

void CameraDevice::receive(device::DeviceContext& context, std::string_view message) {
  const Request request = dialect_->read(message);
  std::visit(Performer(*this, context, request.id), request.what);
}

}  // namespace vfleet::devices::ip_camera
