#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "simulator/core/time.h"
#include "simulator/platform/misbehaviour.h"
#include "simulator/platform/stream/protocol.h"

/// What the roles have in common that answer the messages of a connection one after the other.
namespace vfleet::platform {

/// Whether what was answered so far must be written before the next message is taken: it is late on purpose,
/// or there is much of it.
[[nodiscard]] inline bool must_be_written(const stream::Taken& taken, const std::string& out) {
  constexpr std::size_t kAnswersMax = 256U * 1024;
  return taken.delay > Duration::zero() || out.size() > kAnswersMax;
}

/// Does `mischief` to an answer, what stands in `out` from `begin` on: late; only a part of it; `garbage` in
/// its place; or, for a refusal, nothing but the end of the connection. Whether it did more than to delay.
bool spoil(const Mischief& mischief, const MisbehaviourSettings& settings, std::string_view garbage,
           std::size_t begin, std::string& out, stream::Taken& taken);

}  // namespace vfleet::platform
