#include "simulator/log/line_sink.h"

#include <spdlog/sinks/base_sink.h>

#include <mutex>
#include <utility>

namespace vfleet::log {
namespace {

Level level_of(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::trace:
      return Level::trace;
    case spdlog::level::debug:
      return Level::debug;
    case spdlog::level::info:
      return Level::info;
    case spdlog::level::warn:
      return Level::warn;
    case spdlog::level::err:
    case spdlog::level::critical:
    case spdlog::level::off:
    case spdlog::level::n_levels:
      break;
  }
  return Level::error;
}

class LineSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  LineSink(const Clock& clock, std::function<void(std::int64_t, Level, std::string_view)> write)
      : clock_(clock), write_(std::move(write)) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    write_(to_us(clock_.wall_now()), level_of(message.level),
           {message.payload.data(), message.payload.size()});
  }
  void flush_() override {}

  const Clock& clock_;
  std::function<void(std::int64_t, Level, std::string_view)> write_;
};

}  // namespace

std::shared_ptr<spdlog::sinks::sink> make_line_sink(
    const Clock& clock, std::function<void(std::int64_t, Level, std::string_view)> write) {
  return std::make_shared<LineSink>(clock, std::move(write));
}

}  // namespace vfleet::log
