#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/core/result.h"

/// What control tells workers, and what they answer. Wire form: docs/control-protocol.md.
namespace vfleet::bus {

enum class Verb : std::uint8_t {
  set,         ///< {"patch": {PATH: VALUE}}
  unset,       ///< {"paths": [PATH]}
  pause,       ///< {}   scheduled reports stop, the link stays
  resume,      ///< {}
  connect,     ///< {}
  disconnect,  ///< {}   the link is closed, the model lives on
  action,      ///< {"action": NAME, "args": {NAME: VALUE}}   durable when the type says so
  trigger,     ///< {"report","channel","fields":{},"payload","count","every_us","spread_us","wait","queue"}
  reboot,      ///< {"down": "5s"}
  cancel,      ///< {"job": COMMAND-ID}
  reload,      ///< {"groups": [GROUP...], "removed": [NAME...]}   selector "all"
  scale,       ///< as reload: the groups whose number of devices changes
  rollback,    ///< {"to": REVISION, "dropped": [REVISION...], "rules": [COMMAND...], "groups", "removed"}
};

[[nodiscard]] std::string_view to_string(Verb verb);
[[nodiscard]] Result<Verb> verb_from(std::string_view text);

/// One command as published. `seq` runs from 1 in each epoch without holes; `revision` is 0 when transient.
struct Command {
  std::uint64_t epoch = 0;
  std::uint64_t seq = 0;
  std::string id;
  std::uint64_t revision = 0;
  std::int64_t issued_us = 0;
  std::int64_t expires_us = 0;  ///< transient ones are not executed after this (wall clock); 0: never
  std::string selector;         ///< identity terms only (see Selector::identity_only)
  Verb verb = Verb::set;
  std::string args;  ///< a JSON object, as text

  friend bool operator==(const Command&, const Command&) = default;
};

struct Reason {
  std::string device;
  std::string text;
  friend bool operator==(const Reason&, const Reason&) = default;
};

/// A worker's answer to a command: counts, and the first reasons.
struct CommandResult {
  static constexpr std::size_t kReasonsMax = 5;

  std::string id;
  std::uint64_t epoch = 0;
  std::uint64_t seq = 0;
  std::uint32_t shard = 0;
  std::uint64_t matched = 0;
  std::uint64_t applied = 0;
  std::uint64_t rejected = 0;
  std::uint64_t failed = 0;
  std::vector<Reason> reasons;

  void reject(std::string_view device, std::string text) {
    ++rejected;
    if (reasons.size() < kReasonsMax) reasons.push_back({std::string(device), std::move(text)});
  }
  void fail(std::string_view device, std::string text) {
    ++failed;
    if (reasons.size() < kReasonsMax) reasons.push_back({std::string(device), std::move(text)});
  }
  friend bool operator==(const CommandResult&, const CommandResult&) = default;
};

/// Wire forms. Decoding refuses what is not as encoded (malformed) and never throws.
[[nodiscard]] std::string encode(const Command& command);
[[nodiscard]] Result<Command> decode_command(std::string_view text);
[[nodiscard]] std::string encode(const CommandResult& result);
[[nodiscard]] Result<CommandResult> decode_result(std::string_view text);

}  // namespace vfleet::bus
