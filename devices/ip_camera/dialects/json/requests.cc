// Messages of the platform: {"id","type","data"}.
#include <array>

#include "devices/ip_camera/dialects/json/fields.h"
#include "devices/ip_camera/dialects/json/json_dialect.h"
#include "devices/ip_camera/dialects/json/wire_paths.h"
#include "simulator/core/nesting.h"

namespace vfleet::devices::ip_camera::json_dialect {
namespace {

using Json = nlohmann::json;
using What = decltype(Request::what);
using namespace std::chrono_literals;

constexpr int kNestingMax = 8;  // of a config_set
constexpr std::size_t kSettingsMax = 256;
constexpr std::int64_t kYearMs = 31'557'600'000;

Duration milliseconds(std::optional<std::int64_t> ms, Duration otherwise) {
  return ms ? Duration(std::chrono::milliseconds(*ms)) : otherwise;
}

model::Channel channel(Fields& data) {
  return static_cast<model::Channel>(data.integer("ch", 1, 256).value_or(1));
}

std::string dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

What read_login(Fields& data) {
  LoginAnswer answer;
  answer.code = static_cast<int>(data.integer("code", 0, 999).value_or(200));
  answer.heartbeat_s = static_cast<int>(data.integer("heartbeatSec", 1, 86400).value_or(0));
  answer.status_s = static_cast<int>(data.integer("reportSec", 1, 86400).value_or(0));
  return answer;
}

What read_snapshot(Fields& data) {
  model::SnapshotOrder order;
  order.id = data.text("snapId", 128).value_or("");
  order.channel = channel(data);
  order.count = static_cast<int>(data.integer("count", 1, model::Camera::kSnapshotsMax).value_or(1));
  order.interval = milliseconds(data.integer("intervalMs", 50, 3'600'000), 1s);
  return SnapshotRequest{std::move(order)};
}

What read_config_get(Fields& data) {
  ConfigGetRequest request;
  const auto add = [&](const Json& name) {
    const auto* word = name.get_ptr<const std::string*>();
    const int section = word != nullptr ? model::index_of(kSections, *word) : -1;
    if (section < 0)
      return data.wrong(
          "sections",
          "names of sections: all, video, osd, image, motion, masks, record, heartbeat, network, ntp");
    request.sections.push_back(static_cast<Section>(section));
  };
  if (const Json* one = data.member("section")) add(*one);
  if (const Json* many = data.member("sections")) {
    if (!many->is_array() || many->size() > kSections.size()) {
      data.wrong("sections", "a list of sections");
    } else {
      for (const Json& each : *many) add(each);
    }
  }
  if (request.sections.empty()) request.sections.push_back(Section::all);
  return request;
}

// Turns nested objects into settings; false when there are too many or too deep.
bool flatten(const Json& value, const std::string& path, int depth, std::vector<Setting>& out) {
  if (value.is_object()) {
    if (depth >= kNestingMax) return false;
    for (const auto& [name, member] : value.items()) {
      if (!flatten(member, path.empty() ? name : path + "." + name, depth + 1, out)) return false;
    }
    return true;
  }
  if (out.size() >= kSettingsMax) return false;
  const KeyPlace place = key_place(path);
  Setting setting{.path = place.path, .text = {}, .bare_number = false};
  if (const auto* text = value.get_ptr<const std::string*>()) {
    setting.text = *text;
  } else {
    setting.text = dump(value);
    if (value.is_number() && !place.suffix.empty()) {
      setting.text += place.suffix;
    } else {
      setting.bare_number = value.is_number();
    }
  }
  out.push_back(std::move(setting));
  return true;
}

What read_config_set(Fields& data, const Json& object) {
  ConfigSetRequest request;
  const Json* values = data.member("values");
  const auto section = data.text("section", 32);
  if (values != nullptr && !values->is_object()) data.wrong("values", "an object");
  const std::string prefix = section && *section != "all" ? *section : "";
  if (!flatten(values != nullptr ? *values : object, prefix, 0, request.settings)) {
    data.wrong("values", "at most 256 keys, nested at most 8 deep");
  }
  if (values == nullptr) {
    std::erase_if(request.settings,
                  [](const Setting& each) { return each.path == "section" || each.path == "version"; });
  }
  if (request.settings.empty()) data.wrong("values", "at least one key");
  return request;
}

What read_ptz(Fields& data) {
  using Verb = PtzRequest::Verb;
  constexpr std::array<std::string_view, 6> kVerbs{"move",        "stop",       "absolute",
                                                   "preset_goto", "preset_set", "preset_del"};
  PtzRequest request;
  const int verb = model::index_of(kVerbs, data.text("op", 32).value_or(""));
  if (verb < 0) data.wrong("op", "move, stop, absolute, preset_goto, preset_set or preset_del");
  request.verb = static_cast<Verb>(std::max(verb, 0));
  const double most = request.verb == Verb::turn ? 1 : 1000;
  const auto axis = [&](std::string_view name) -> std::optional<float> {
    const auto value = data.number(name, -most, most);
    return value ? std::optional(static_cast<float>(*value)) : std::nullopt;
  };
  request.pan = axis("pan");
  request.tilt = axis("tilt");
  request.zoom = axis("zoom");
  request.time = milliseconds(data.integer("durMs", 0, 3'600'000), 0s);
  const auto preset = data.integer("preset", 1, 255);
  if (request.verb >= Verb::preset_go && !preset) data.wrong("preset", "a number 1..255");
  request.preset = static_cast<int>(preset.value_or(0));
  return request;
}

What read_ota(Fields& data) {
  OtaRequest request;
  const auto version = data.text("version", 64);
  if (!version || version->empty()) data.wrong("version", "a text");
  request.order.version = version.value_or("");
  request.order.job = data.text("jobId", 128).value_or("");
  request.order.url = data.text("url").value_or("");
  request.order.image_bytes = static_cast<double>(data.integer("size", 1, 100'000'000'000).value_or(0));
  return request;
}

What read_guard(Fields& data) {
  const auto on = data.boolean("on");
  if (!on) data.wrong("on", "true or false");
  return GuardRequest{on.value_or(true)};
}

What read_record(Fields& data) {
  const int mode = model::index_of(model::kRecordModes, data.text("mode", 32).value_or(""));
  if (mode < 0) data.wrong("mode", "continuous, event or off");
  return RecordRequest{static_cast<model::RecordMode>(std::max(mode, 0))};
}

What read_time_sync(Fields& data) {
  return TimeSyncRequest{data.integer("unixMs", 0, 200 * kYearMs)};
}

What read_stream_start(Fields& data) {
  constexpr std::array<std::string_view, 4> kProtocols{"rtmp", "rtsp", "gb28181", "webrtc"};
  StreamStartRequest request;
  const auto id = data.text("streamId", 128);
  if (!id || id->empty()) data.wrong("streamId", "a text");
  request.session.id = id.value_or("");
  request.session.protocol = data.text("protocol", 32).value_or("rtsp");
  if (model::index_of(kProtocols, request.session.protocol) < 0)
    data.wrong("protocol", "rtmp, rtsp, gb28181 or webrtc");
  request.session.url = data.text("url").value_or("");
  request.session.channel = channel(data);
  const std::string stream = data.text("stream", 16).value_or("main");
  if (stream != "main" && stream != "sub") data.wrong("stream", "main or sub");
  request.session.stream = stream == "sub" ? 1 : 0;
  request.expires_after = std::chrono::seconds(data.integer("expireSec", 0, 86400 * 365).value_or(0));
  return request;
}

What read_stream_stop(Fields& data) {
  const auto id = data.text("streamId", 128);
  if (!id) data.wrong("streamId", "a text");
  return StreamStopRequest{id.value_or("")};
}

What read_what(std::string_view type, Fields& data, const Json& object) {
  if (type == "login") return read_login(data);
  if (type == "answer" || type == "ack") return Nothing{};
  if (type == "snapshot") return read_snapshot(data);
  if (type == "config_get") return read_config_get(data);
  if (type == "config_set") return read_config_set(data, object);
  if (type == "ptz") return read_ptz(data);
  if (type == "ota") return read_ota(data);
  if (type == "reboot") return RebootRequest{};
  if (type == "format_storage") return FormatRequest{};
  if (type == "status") return StatusRequest{};
  if (type == "guard") return read_guard(data);
  if (type == "record") return read_record(data);
  if (type == "time_sync") return read_time_sync(data);
  if (type == "stream_start") return read_stream_start(data);
  if (type == "stream_stop") return read_stream_stop(data);
  return Refusal{404, "there is no request of this type"};
}

}  // namespace

Request JsonDialect::read(std::string_view message) const {
  Request request;
  if (message.size() > kMessageBytesMax) {
    request.what = Refusal{400, "the message is longer than 65536 bytes"};
    return request;
  }
  if (!nests_at_most(message)) {
    request.what = Refusal{400, "the message nests too deep"};
    return request;
  }
  const Json root = Json::parse(message, nullptr, false);
  if (!root.is_object()) {
    request.what = Refusal{400, "the message is no JSON object"};
    return request;
  }
  Fields envelope(root);
  request.id = envelope.text("id", 128).value_or("");
  const auto type = envelope.text("type", 64);
  if (!type) {
    request.what = Refusal{400, "type: expected a text"};
    return request;
  }
  static const Json kEmpty = Json::object();
  const Json* given = envelope.member("data");
  const Json& object = given != nullptr ? *given : kEmpty;
  Fields data(object);
  if (!object.is_object()) data.wrong("", "an object");
  request.what = read_what(*type, data, object);
  // Answers of the platform are not answered, however odd.
  const bool answerable = !std::holds_alternative<Nothing>(request.what) &&
                          !std::holds_alternative<LoginAnswer>(request.what) &&
                          !std::holds_alternative<Refusal>(request.what);
  if (answerable && !data.mistake().empty()) request.what = Refusal{400, data.mistake()};
  return request;
}

}  // namespace vfleet::devices::ip_camera::json_dialect
