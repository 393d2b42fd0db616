#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/results/figures.h"
#include "control/results/series.h"

namespace vfleet::control::results {

/// Something that was done to the fleet, or happened to it, while it ran.
struct Mark {
  std::int64_t at_us = 0;  ///< wall clock
  std::string kind;        ///< "command", "worker", "control"
  std::string verb;        ///< of a command
  std::string selector;
  std::string id;
  std::uint64_t revision = 0;  ///< 0: none
  std::uint64_t times = 1;     ///< so many of the same within a second
  std::string text;            ///< as people read it
};

/// What is known of the fleet at one moment.
struct Sample {
  std::int64_t at_us = 0;  ///< wall clock
  Figures figures;
  std::uint64_t devices = 0;                   ///< that the fleet should have
  std::shared_ptr<const Latencies> latencies;  ///< null: not known this time
  std::optional<PlatformFigures> platform;     ///< nullopt: not known this time
};

/// Keeps what a run came to: figures over time, the worst five seconds, what operators did. It is told a
/// sample a second; one that knows less than was known before (a control that has just come back and has not
/// heard all workers) is left out, and time without a sample is a gap.
class Recorder {
 public:
  static constexpr double kGapAfter_s = 3;
  static constexpr double kIncomplete_s = 30;  ///< figures that stay lower for so long are believed
  static constexpr double kWindow_s = 5;
  /// A 99th percentile of fewer is the highest value and says little.
  static constexpr std::uint64_t kWindowReports = 100;
  static constexpr std::size_t kMarksMax = 2'000;

  explicit Recorder(std::int64_t started_us, std::size_t points_max = Series::kPointsMax);

  void take(const Sample& sample);
  /// Counts of this moment, between two samples: for totals, not for rates.
  void refresh(Figures figures);
  /// The last figures, after the fleet has stopped: for totals, not for rates.
  void finish(const Sample& sample);
  void mark(Mark mark);

  /// What an earlier recorder of the same run has written, as far as it can be read.
  void restore(std::string_view lines);
  /// What is to be appended to its file since the last call; `whole`: instead of what is there.
  struct Text {
    bool whole = false;
    std::string lines;
  };
  [[nodiscard]] Text unsaved();
  /// What unsaved() gave was not written: the next one is the whole.
  void write_whole_next() { whole_ = true; }

  // ---- what it knows ----

  /// At what time rates begin to count: all devices were online then.
  struct Base {
    double at_s = 0;
    std::uint64_t sent = 0;
    std::uint64_t acked = 0;
    Counts acked_by_report;
  };
  struct Worst {
    double lateness_p99_us = 0;      ///< of five seconds in a row
    double utilisation = 0;          ///< mean of five seconds in a row
    double online = 1;               ///< lowest part of the devices, once all had been
    bool lateness_known = false;     ///< there were five seconds with reports enough
    bool utilisation_known = false;  ///< there were five seconds
  };
  [[nodiscard]] std::int64_t started_us() const { return started_us_; }
  [[nodiscard]] const std::optional<Base>& base() const { return base_; }
  [[nodiscard]] const Worst& worst() const { return worst_; }
  [[nodiscard]] const Series& series() const { return series_; }
  [[nodiscard]] const std::vector<Mark>& marks() const { return marks_; }
  [[nodiscard]] std::uint64_t marks_dropped() const { return marks_dropped_; }
  /// The newest figures; with finish() the last ones.
  [[nodiscard]] const Figures& figures() const { return figures_; }
  [[nodiscard]] const Latencies& latencies() const { return *latencies_; }
  /// What the platform says of arrivals since platform_first(), of all of its processes in turn.
  [[nodiscard]] Arrivals arrivals() const;
  /// Seconds from the start to the last sample of take(), and what was counted then.
  [[nodiscard]] double last_s() const { return last_s_; }
  [[nodiscard]] const Figures& at_last() const { return last_; }
  [[nodiscard]] const std::optional<PlatformFigures>& platform_first() const { return platform_first_; }
  [[nodiscard]] const std::optional<PlatformFigures>& platform() const { return platform_; }
  /// What had been sent, and needs not have arrived, when platform() was asked: its figures are never held
  /// against reports that were sent since.
  struct Sent {
    std::uint64_t sent = 0;
    std::uint64_t refused = 0;
    std::uint64_t dropped = 0;
    std::uint64_t in_flight = 0;
  };
  [[nodiscard]] static Sent sent_of(const Figures& figures);
  [[nodiscard]] const Sent& sent_before_platform() const { return sent_before_platform_; }
  [[nodiscard]] bool platform_restarted() const { return platform_restarted_; }

 private:
  using Row = std::vector<std::pair<std::size_t, double>>;
  [[nodiscard]] Row row_of(const Sample& sample, double seconds);
  void take_platform(const std::optional<PlatformFigures>& platform, const Figures& figures);
  void look_at_window(const Figures& figures, double at_s);
  void write_state();
  void write_point(const Series::Point& point, bool gap);
  void write_columns(std::size_t first);
  void write_mark(const Mark& mark);
  void write_again(std::uint64_t times);  // the mark before, so many times more
  void restore_line(const nlohmann::json& line);
  [[nodiscard]] std::string whole() const;

  std::int64_t started_us_;
  Series series_;
  std::vector<Mark> marks_;
  std::uint64_t marks_dropped_ = 0;
  std::optional<Base> base_;
  Worst worst_;
  Figures figures_;
  Figures last_;
  double last_s_ = -1;  // below 0: there was no sample
  std::shared_ptr<const Latencies> latencies_ = std::make_shared<Latencies>();
  std::shared_ptr<const Latencies> latencies_before_;  // of the last point
  std::optional<PlatformFigures> platform_first_;
  std::optional<PlatformFigures> platform_;
  std::uint64_t received_before_ = 0;
  std::int64_t received_at_us_ = 0;  // when the platform said so; 0: it has not
  Sent sent_before_platform_;
  bool platform_restarted_ = false;
  Arrivals arrivals_past_;                           // of its processes before this one
  std::shared_ptr<const Arrivals> arrivals_first_;   // of this process, at platform_first_; null: from 0
  std::shared_ptr<const Arrivals> arrivals_before_;  // at the last point
  std::uint64_t arrivals_before_started_us_ = 0;     // of which process these are
  double incomplete_since_s_ = -1;
  struct Moment {
    double at_s;
    metrics::Histogram lateness;
  };
  std::deque<Moment> window_;
  std::deque<double> busy_;
  bool resumed_ = false;  // the counters of last_ are those of an earlier control

  std::string lines_;  // not yet taken by unsaved()
  bool whole_ = true;
  std::size_t columns_written_ = 0;
  std::uint64_t halvings_written_ = 0;
  std::string state_written_;
};

}  // namespace vfleet::control::results
