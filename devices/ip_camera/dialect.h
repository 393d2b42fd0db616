#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "devices/ip_camera/config.h"
#include "devices/ip_camera/model/camera.h"
#include "simulator/device/device.h"

/// What stands between a camera and the words of one platform. A dialect owns no socket, clock or state of a
/// device: it turns reports into bytes and bytes into requests.
namespace vfleet::devices::ip_camera {

/// Sections of the configuration that a platform asks for.
enum class Section : std::uint8_t { all, video, osd, image, motion, masks, record, heartbeat, network, ntp };
inline constexpr std::array<std::string_view, 10> kSections{
    "all", "video", "osd", "image", "motion", "masks", "record", "heartbeat", "network", "ntp"};

/// What a report tells beyond the state of the model; views are valid during one emit().
struct EventTale {
  const model::Event& event;
  model::Phase phase;
};
struct OtaTale {
  const model::Ota& ota;
};
struct SnapshotTale {
  const model::SnapshotOrder& order;
  int index;
};
struct AnswerTale {
  int code;
  std::string_view message;
  std::span<const std::string> applied;                           ///< of a config_set
  std::span<const std::pair<std::string, std::string>> rejected;  ///< with the reasons
};
struct ConfigTale {
  Section section;
};
struct ChangeTale {
  std::span<const std::string> paths;
};
struct LogTale {
  std::string_view text;
};
using Tale = std::variant<std::monostate, EventTale, OtaTale, SnapshotTale, AnswerTale, ConfigTale,
                          ChangeTale, LogTale>;

/// All that a report can be made of.
struct View {
  const model::Camera& camera;
  const CameraConfig& config;
  TimePoint now;
  WallTime wall;
  const Tale& tale;
};

// What a platform asks for.
struct SnapshotRequest {
  model::SnapshotOrder order;
};
struct ConfigGetRequest {
  std::vector<Section> sections;
};
struct Setting {
  std::string path;
  std::string text;          ///< as an operator types it
  bool bare_number = false;  ///< a number without a unit: in the key's base unit
};
struct ConfigSetRequest {
  std::vector<Setting> settings;
};
struct PtzRequest {
  enum class Verb : std::uint8_t { turn, stop, go, preset_go, preset_set, preset_delete };
  Verb verb = Verb::stop;
  /// Speeds of a turn, or where to go; an axis that is not named keeps its place.
  std::optional<float> pan;
  std::optional<float> tilt;
  std::optional<float> zoom;
  Duration time{0};
  int preset = 0;
};
struct OtaRequest {
  model::OtaOrder order;
};
struct RebootRequest {};
struct FormatRequest {};
struct StatusRequest {};
struct GuardRequest {
  bool armed = true;
};
struct RecordRequest {
  model::RecordMode mode = model::RecordMode::continuous;
};
struct TimeSyncRequest {
  std::optional<std::int64_t> unix_ms;  ///< absent: the true time
};
struct StreamStartRequest {
  model::StreamSession session;
  Duration expires_after{0};  ///< 0: never
};
struct StreamStopRequest {
  std::string stream;
};
/// The platform's answer to a login. No answer is due.
struct LoginAnswer {
  int code = 200;
  int heartbeat_s = 0;  ///< 0: not told
  int status_s = 0;
};
/// Understood as something that wants no answer.
struct Nothing {};
/// Not understood, or not possible as it stands: to be answered with this.
struct Refusal {
  int code = 400;
  std::string message;
};

struct Request {
  std::string id;  ///< to be repeated by the answer; may be empty
  std::variant<Nothing, Refusal, LoginAnswer, SnapshotRequest, ConfigGetRequest, ConfigSetRequest, PtzRequest,
               OtaRequest, RebootRequest, FormatRequest, StatusRequest, GuardRequest, RecordRequest,
               TimeSyncRequest, StreamStartRequest, StreamStopRequest>
      what;
};

class Dialect {
 public:
  virtual ~Dialect() = default;
  /// Appends the whole message to `out`. Any kind can be told in any state: with no tale the report makes up
  /// a plausible one from the model. Errors: invalid_argument (overrides that do not fit).
  [[nodiscard]] virtual Status encode(const View& view, const device::Report& report,
                                      std::span<const codec::envelope::Override> overrides,
                                      codec::Buffer& out) const = 0;
  /// Reads a message of the platform. Takes any bytes.
  [[nodiscard]] virtual Request read(std::string_view message) const = 0;
};

}  // namespace vfleet::devices::ip_camera
