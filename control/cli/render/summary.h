#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "control/cli/output.h"
#include "simulator/config/fleet_spec.h"
#include "simulator/core/time.h"

/// What a run came to: one document, and the same for people.
namespace vfleet::cli {

/// What `up` knows at the end of a run.
struct RunRecord {
  std::string fleet;
  std::uint64_t devices = 0;
  std::uint64_t workers = 0;
  Duration start{};                ///< until all devices were online; until the end when they never were
  Duration run{};                  ///< from then on
  bool online = false;             ///< all devices were online once
  nlohmann::json figures;          ///< control's, the last ones
  double utilisation = 0;          ///< of the busiest worker in its busiest five seconds, 0..1
  nlohmann::json platform_before;  ///< the stand-in's figures at the start; no object when there were none
  nlohmann::json platform_after;   ///< and at the end
  std::string platform_missing;    ///< why there are none at the end
  std::uint64_t restarts = 0;      ///< workers that died and were started again
  std::uint64_t killed = 0;        ///< processes that did not stop in order
  std::uint64_t recycled = 0;      ///< workers that were ended in order and started again
  std::uint64_t control_restarts = 0;
  Duration control_away{};  ///< no control was there for so long
  std::uint64_t platform_restarts = 0;
  bool platform_restarted = false;    ///< the platform started anew during the run, whoever started it
  config::Limits limits;              ///< past them the generator was the bottleneck
  nlohmann::json results;             ///< what control recorded (docs/results.md); no object when it did not
  bool last_figures_missing = false;  ///< control could not be asked at the end: `figures` are older
};

/// {"fleet","devices","workers","start_s","run_s","sent","acked","received","received_unknown","missing",
/// "lost","lost_by","dropped","handed_over","refused_by","duplicates","not_sent","failed","in_flight","ack_latency_us","lateness_us","utilisation",
/// "memory_per_device_bytes","restarts","recycled","killed","control_restarts","control_away_s",
/// "platform_restarted","remarks","valid","invalid_because"}. `received`, `missing` and `duplicates` are
/// null when the platform gave no figures; `lost` are reports that were sent and neither received nor refused
/// nor dropped before they left ("lost_by":"platform"). The platform's figures count from the start of the
/// run, or from its own when it started anew: then, and without any, `missing` is null and `lost` are those
/// that were never acknowledged and are not in flight ("lost_by":"uplinks"). `remarks` are what a reader must
/// know of the figures; they do not make the results invalid.
[[nodiscard]] nlohmann::json make_summary(const RunRecord& record);

/// The results document of the run, judged: what control recorded, with what only `up` knows put in (the
/// platform's figures after the last report, processes that were killed). `summary` gets its verdicts:
/// "valid", "invalid_because" and "thresholds". No object when control recorded nothing.
[[nodiscard]] nlohmann::json make_results(const RunRecord& record, nlohmann::json& summary,
                                          const std::vector<std::string>& thresholds);

[[nodiscard]] bool results_are_valid(const nlohmann::json& summary);

[[nodiscard]] std::string render_summary(const nlohmann::json& summary, const Style& style);

/// The highest mean of `window` samples in a row, or of all when there are fewer.
class BusiestSpan {
 public:
  explicit BusiestSpan(std::size_t window = 5) : window_(window) {}
  void add(double sample);
  [[nodiscard]] double highest() const;

 private:
  std::size_t window_;
  std::vector<double> last_;
  double highest_ = 0;
  bool full_ = false;
};

}  // namespace vfleet::cli
