#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "simulator/uplink/registry.h"

namespace vfleet::uplink {

/// What a connection does wrong because an operator wants to see what the platform makes of it.
struct StreamFault {
  enum class Kind : std::uint8_t {
    none,     ///< ends what goes on
    cut,      ///< so many bytes more leave, then the connection is dropped
    flip,     ///< so many bytes leave as they are, the next one has all its bits turned
    drop,     ///< what is written does not leave, though it counts as sent
    deaf,     ///< nothing is read any more, as by a device that hangs
    raw,      ///< these bytes leave now, between two messages
    hang_up,  ///< the connection is dropped now, without a goodbye
  };
  Kind kind = Kind::none;
  std::uint64_t after_bytes = 0;  ///< cut, flip
  std::uint32_t times = 1;        ///< drop: writes; flip: bytes; 0: until none
  std::string bytes;              ///< raw
};

/// "cut".
[[nodiscard]] std::string_view to_string(StreamFault::Kind kind);
[[nodiscard]] std::optional<StreamFault::Kind> stream_fault(std::string_view word);

/// "48 65 6c6c" as bytes; spaces may stand anywhere. Errors: invalid_argument.
[[nodiscard]] Result<std::string> bytes_of_hex(std::string_view text);

/// Pieces of link actions' descriptions: keys with their defaults.
[[nodiscard]] config::Key choice_key(std::string path, std::vector<std::string> choices, std::string initial,
                                     std::string doc);
[[nodiscard]] config::Key number_key(std::string path, std::int64_t initial, double maximum, std::string doc);
[[nodiscard]] config::Key text_key(std::string path, std::string doc);
[[nodiscard]] config::Key flag_key(std::string path, std::string doc);

/// "UPLINK.misbehave", which StreamLink::act() performs.
[[nodiscard]] LinkAction stream_misbehaviour(const std::string& uplink);

/// The faults of the links of one uplink. Empty, but for what operators asked for.
class StreamFaults {
 public:
  void arm(LinkKey link, StreamFault fault) { faults_[link] = std::move(fault); }
  void disarm(LinkKey link) { faults_.erase(link); }
  /// Null: none.
  [[nodiscard]] StreamFault* find(LinkKey link);
  void count(StreamFault::Kind kind) { ++done_[to_string(kind)]; }
  /// How often each kind was done.
  [[nodiscard]] const std::map<std::string_view, std::uint64_t>& done() const { return done_; }

 private:
  std::map<LinkKey, StreamFault> faults_;
  std::map<std::string_view, std::uint64_t> done_;
};

}  // namespace vfleet::uplink
