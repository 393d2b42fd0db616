#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "simulator/codec/json/writer.h"
#include "simulator/core/result.h"

/// The envelope of the JSON dialects, the same for every device type, always in this order:
///   {"v":1,"dev":"pile-00042","boot":3,"seq":17,"due_us":..,"sent_us":..,"type":"meter","ch":1,"id":"3-17","data":{..}}
/// due_us and sent_us are microseconds since 1970 UTC. `id` is what an answer repeats: "BOOT-SEQ", or the id of
/// the platform's request when the report answers one.
namespace vfleet::codec::envelope {

struct Head {
  std::string_view device;
  std::uint64_t boot = 0;
  std::uint64_t seq = 0;
  std::int64_t due_us = 0;
  std::int64_t sent_us = 0;
  std::string_view type;
  std::uint32_t channel = 0;
  std::string_view id;  ///< empty when writing: "BOOT-SEQ" is written
};

/// Writes everything up to and including `"data":`; the caller writes the data object and then calls finish().
void begin(json::Writer& writer, const Head& head);
void finish(json::Writer& writer);

/// Reads the head alone, without building a tree; the members must stand in the order above. Views point
/// into `text`. `data` (optional) receives the text of the data object.
/// Errors: malformed (not JSON in this order), too_large (a number past its type).
[[nodiscard]] Result<Head> read_head(std::string_view text, std::string_view* data = nullptr);

/// One field that a trigger sets: a path ("power_w", "objects.0.score"; an envelope member is "$.type") and
/// the JSON text of its value; text that is no JSON is taken as a string, and so is a number or a truth value
/// where a string is now (a number in its place: $.data as a whole).
using Override = std::pair<std::string, std::string>;

/// Rewrites a finished message with `overrides`: slow (it builds a tree), only for triggered reports. Paths
/// that do not exist are added. Errors: malformed, invalid_argument (a path through a scalar).
[[nodiscard]] Status override_fields(std::span<const Override> overrides, Buffer& message);

}  // namespace vfleet::codec::envelope
