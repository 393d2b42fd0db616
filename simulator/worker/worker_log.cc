#include "simulator/worker/worker_log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <cstdio>
#include <utility>

#include "simulator/log/line_sink.h"

namespace vfleet::worker {

std::optional<LogTo> parse_log_to(std::string_view name) {
  if (name == "control") return LogTo::control;
  if (name == "stderr") return LogTo::stderr_only;
  if (name == "both") return LogTo::both;
  return std::nullopt;
}

WorkerLog::WorkerLog(const Clock& clock, std::string name, log::Level least, LogTo to)
    : clock_(clock),
      name_(std::move(name)),
      to_(to),
      devices_(clock, least, [this](log::Level level, std::string_view device, std::string_view text) {
        write(to_us(clock_.wall_now()), level, device, text);
      }) {
  auto logger = std::make_shared<spdlog::logger>(
      name_, log::make_line_sink(clock, [this](std::int64_t at_us, log::Level level, std::string_view text) {
        write(at_us, level, {}, text);
      }));
  logger->set_level(static_cast<spdlog::level::level_enum>(least));
  spdlog::set_default_logger(std::move(logger));
}

WorkerLog::~WorkerLog() {
  spdlog::set_default_logger(std::make_shared<spdlog::logger>(name_));  // to nowhere: this is gone
}

void WorkerLog::last_words(std::string_view text) {
  const std::int64_t at_us = to_us(clock_.wall_now());
  if (to_ != LogTo::stderr_only) ring_.push(at_us, log::Level::error, {}, text);
  print(at_us, log::Level::error, {}, text);
}

void WorkerLog::write(std::int64_t at_us, log::Level level, std::string_view device, std::string_view text) {
  if (to_ != LogTo::stderr_only) ring_.push(at_us, level, device, text);
  if (to_ != LogTo::control || !there_) print(at_us, level, device, text);
}

void WorkerLog::print(std::int64_t at_us, log::Level level, std::string_view device, std::string_view text) {
  const auto seconds = std::chrono::sys_seconds(std::chrono::seconds(at_us / 1'000'000));
  const std::string line =
      fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06} {} {}:{}{} {}\n",
                  fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)), at_us % 1'000'000,
                  log::to_string(level), name_, device.empty() ? "" : " ", device, log::clean(text));
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace vfleet::worker
