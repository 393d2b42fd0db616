#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "simulator/core/result.h"

/// What a program says, a line of JSON each; see docs/external-devices.md.
namespace vfleet::devices::external {

struct Message {
  enum class Kind : std::uint8_t { hello, report, ok, error, state, log, pong };
  using Scalar = std::variant<bool, double, std::string>;

  Kind kind = Kind::pong;
  std::string device;  ///< empty when not given
  std::string id;      ///< what it answers; empty when not given
  std::string name;    ///< report: its name; log: its level
  std::string text;    ///< error, log
  std::string data;    ///< report: JSON text of an object
  std::uint16_t channel = 0;
  std::uint64_t version = 0;                          ///< hello
  std::vector<std::pair<std::string, Scalar>> state;  ///< state: null members are not in it
  std::vector<std::string> forgotten;                 ///< state: the null members
};

inline constexpr int kNestingMax = 64;               ///< of a line's JSON
inline constexpr std::size_t kStateMembersMax = 32;  ///< what a program may show of itself
inline constexpr std::size_t kStateTextBytesMax = 256;

/// Errors: malformed, with what is wrong, in words for whoever writes the program. Never throws, whatever the
/// bytes.
[[nodiscard]] Result<Message> read_message(std::string_view line);

}  // namespace vfleet::devices::external
