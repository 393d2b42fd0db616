#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "simulator/core/clock.h"
#include "simulator/log/line.h"

namespace spdlog::sinks {
class sink;
}

namespace vfleet::log {

/// A spdlog sink that hands on each line with the injected clock's time. `clock` must outlive it.
[[nodiscard]] std::shared_ptr<spdlog::sinks::sink> make_line_sink(
    const Clock& clock, std::function<void(std::int64_t at_us, Level level, std::string_view text)> write);

}  // namespace vfleet::log
