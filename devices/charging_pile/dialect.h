#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "devices/charging_pile/config.h"
#include "devices/charging_pile/model/station.h"
#include "simulator/codec/envelope/envelope.h"
#include "simulator/core/result.h"
#include "simulator/device/device.h"

/// How a pile speaks. A dialect knows the model's state and never changes it: it says reports, and it reads
/// what the platform asks for. The device does what was asked. A protocol is a new Dialect and one line in
/// config.cc; the model does not notice.
namespace vfleet::pile {

class Conversation;

/// The JSON dialect's, in the order of the type's description: a kind's number is its ReportIndex. Those of
/// other dialects follow them.
enum class ReportKind : device::ReportIndex {
  login,
  heartbeat,
  status,         ///< per connector
  meter,          ///< per connector
  session_start,  ///< per connector
  session_end,    ///< per connector; detail: StopReason
  fault,          ///< channel 0: the whole pile; detail: FaultDetail
  config_changed,
  answer,
};
inline constexpr std::size_t kReportKinds = 9;

[[nodiscard]] constexpr bool per_connector(ReportKind kind) {
  return kind == ReportKind::status || kind == ReportKind::meter || kind == ReportKind::session_start ||
         kind == ReportKind::session_end;
}

/// Which fault a report tells, and whether it came or went.
struct FaultDetail {
  FaultCode code = FaultCode::other_error;
  bool raised = true;

  [[nodiscard]] std::uint32_t packed() const {
    return static_cast<std::uint32_t>(code) << 1 | (raised ? 1U : 0U);
  }
  [[nodiscard]] static FaultDetail unpack(std::uint32_t detail) {
    return {static_cast<FaultCode>((detail >> 1) % kFaultCodes), (detail & 1) != 0};
  }
};

/// What an `answer` report says.
struct Answer {
  std::string_view type;  ///< of the request
  int code = 0;  ///< as HTTP's: 200 done, 202 will be done, 400 not understood, 404 unknown, 409 refused
  std::string_view text;
};

/// What a dialect sees of its pile.
struct PileView {
  const Station& station;
  const PileConfig& config;
  TimePoint now;
  WallTime wall;
  const Answer* answer = nullptr;  ///< only while an answer is said
};

/// What the platform asks for.
struct Request {
  enum class Kind : std::uint8_t {
    malformed,  ///< not a message of this dialect; `problem` says why
    unknown,    ///< a message, but of no known type
    remote_start,
    remote_stop,
    reboot,
    get_status,
    config_set,
    clear_fault,
    unlock,
    set_availability,
    trigger_report,
  };

  Kind kind = Kind::malformed;
  std::string id;  ///< which the answer repeats
  std::string type;
  std::string problem;
  ConnectorNumber connector = 1;
  std::string card;
  SessionLimits limits;
  std::optional<FaultCode> code;
  bool available = true;
  std::string report;
  std::vector<std::pair<std::string, std::string>> changes;  ///< path and value as an operator types it
};

class Dialect {
 public:
  virtual ~Dialect() = default;
  /// A protocol with a state of its own: what each pile keeps of it. It is then asked in place of encode()
  /// and read(). Null: each report is a message by itself.
  [[nodiscard]] virtual std::unique_ptr<Conversation> converse(std::uint64_t seed, std::uint64_t identity,
                                                               const PileConfig& config) const;
  /// The kind of uplink that carries it; empty: any that carries reports.
  [[nodiscard]] virtual std::string_view uplink() const { return {}; }

  /// What Conversation::save() writes at most.
  [[nodiscard]] virtual std::size_t state_bytes(const PileConfig& /*config*/) const { return 0; }

  /// Appends the whole message. report.channel was checked: 1 .. connectors where the kind is per connector.
  /// Allocates nothing once `out` has grown, without overrides. Errors: invalid_argument (overrides).
  [[nodiscard]] virtual Status encode(const PileView& view, const device::Report& report,
                                      std::span<const codec::envelope::Override> overrides,
                                      codec::Buffer& out) const = 0;
  /// Any bytes; never fails, see Request::Kind::malformed.
  [[nodiscard]] virtual Request read(std::string_view message) const = 0;
};

}  // namespace vfleet::pile
