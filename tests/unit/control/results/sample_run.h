#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>

#include "control/results/document.h"
#include "control/results/recorder.h"

namespace vfleet::control::results {

/// A fleet of 10 devices that sends 100 reports a second and gets each acknowledged after `ack_us`.
class SampleRun {
 public:
  static constexpr std::int64_t kStart_us = 1'700'000'000'000'000;

  explicit SampleRun(std::int64_t ack_us = 2'000, std::size_t points_max = Series::kPointsMax);

  /// So many seconds pass, a sample each.
  void run(int seconds);
  /// One second in which `failed` of the hundred time out.
  void run_failing(std::uint64_t failed);
  /// Time passes that nobody looks at; reports go on.
  void away(int seconds);
  [[nodiscard]] Sample now() const;
  [[nodiscard]] nlohmann::json document() const;
  [[nodiscard]] static RunFacts facts();

  Recorder recorder;
  Figures figures;
  Latency meter;
  PlatformFigures platform;
  std::int64_t answered_before_us = 0;  ///< the sample: what the platform says is of then
  int at_s = 0;
  std::int64_t ack_us;
  std::int64_t late_us = 500;
  double utilisation = 0.25;

 private:
  void pass(std::uint64_t failed);
};

}  // namespace vfleet::control::results
