#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "control/cli/output.h"
#include "control/cli/ykc_device_layouts.h"

namespace vfleet::cli {

/// One thing that a device said, heard or went through, as `vfleet trace` shows it.
struct Traffic {
  std::int64_t at_us = 0;  ///< wall clock
  std::string device;
  std::string direction;  ///< out, in, link
  std::string uplink;     ///< "ykc"
  std::string kind;       ///< report, answer, message, settled, up, down
  std::string word;       ///< why a link went down, what became of a report
  std::string why;        ///< what the platform said against a report that it refused
  std::string name;       ///< of the message; empty: it has none
  std::uint64_t seq = 0;  ///< of a report; 0: none
  std::string bytes;
  std::uint64_t size = 0;  ///< of the whole message: `bytes` may be only its begin
  bool text = false;       ///< whether the bytes are for people to read
  std::string fields;      ///< what it says, for people: a line
  nlohmann::json decoded;  ///< the same for programs; null when it cannot be read
};

/// Makes sense of the rows of `trace`: frames of YKC by their device's layout, OCPP's calls and their answers
/// by the call that they answer, other JSON by its members.
class TrafficReader {
 public:
  /// `layouts` outlives this.
  explicit TrafficReader(const YkcDeviceLayouts& layouts) : layouts_(layouts) {}

  [[nodiscard]] Traffic read(const nlohmann::json& row);

 private:
  static constexpr std::size_t kCallsMax = 10'000;

  void read_frames(Traffic& traffic) const;
  void read_text(Traffic& traffic);
  bool read_ocpp(Traffic& traffic, const nlohmann::ordered_json& message);
  void remember_call(const Traffic& traffic, const std::string& id, const std::string& action);

  const YkcDeviceLayouts& layouts_;
  // By device, who called and id: what was called. The oldest go first.
  std::map<std::string, std::string> calls_;
  std::deque<std::string> order_;
};

/// `12:00:01.234 pile-00042 → ykc 0x13 realtime seq=17 gun 1 state charging ...`, the time in UTC. `raw`: the
/// bytes in place of what they say.
[[nodiscard]] std::string render_traffic(const Traffic& traffic, bool raw, const Style& style);

/// {"t","device","direction","uplink","kind","name","seq","size","text" or "hex","reason","decoded"}, a line.
[[nodiscard]] std::string traffic_json(const Traffic& traffic);

}  // namespace vfleet::cli
