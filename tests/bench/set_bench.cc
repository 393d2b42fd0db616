// `set` on many devices of a worker while others report, on the real loop: how long until the result, and how
// late the others' reports are meanwhile.
//   set_bench [--changed 100000] [--others 10000] [--rounds 9]
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "simulator/core/clock.h"
#include "simulator/loop/asio_loop.h"
#include "tests/bench/worker_in_process.h"

namespace {

using namespace vfleet;
using namespace std::chrono_literals;

// Silent but for what the change makes them say.
constexpr const char* kSilent =
    R"({"reports.heartbeat.every":"0s","reports.status.every":"0s","reports.meter.every":"0s","reports.meter.idle_every":"0s"})";
constexpr const char* kReporting = R"({"reports.heartbeat.every":"1s"})";

struct Round {
  double result_ms = 0;
  std::uint64_t p99_us = 0;
  std::uint64_t reports = 0;
};

class Bench {
 public:
  Bench(std::uint32_t changed, std::uint32_t others, int rounds)
      : changed_(changed), others_(others), rounds_(rounds) {}

  void run() {
    worker_.join({bench::group_json("changed", "charging_pile", changed_, 0, kSilent),
                  bench::group_json("others", "ip_camera", others_, changed_, kReporting)},
                 [this] { calm_.arm_in(2s); });
    loop_.run();
  }
  [[nodiscard]] const std::vector<Round>& done() const { return done_; }
  [[nodiscard]] std::uint64_t calm_p99_us() const { return calm_p99_us_; }

 private:
  void before() {
    calm_p99_us_ = worker_.figures().lateness_so_far().value_at_quantile(0.99);
    worker_.figures().lateness.clear();
    begin_ = loop_.now();
    const int price = 1 + static_cast<int>(done_.size());
    worker_.set("group=changed", fmt::format(R"({{"rated_power":"{}kW"}})", 20 + price),
                [this](std::uint64_t applied) {
                  bench::require(applied == changed_, "not every device took the change");
                  result_ms_ = to_seconds(loop_.now() - begin_) * 1000;
                  overdue_.arm_in(50ms);  // what came due meanwhile has been sent by then
                });
  }
  void after() {
    const metrics::Histogram late = worker_.figures().lateness_so_far();
    done_.push_back(
        {.result_ms = result_ms_, .p99_us = late.value_at_quantile(0.99), .reports = late.count()});
    worker_.figures().lateness.clear();
    if (static_cast<int>(done_.size()) == rounds_) return loop_.stop();
    calm_.arm_in(500ms);
  }

  std::uint32_t changed_;
  std::uint32_t others_;
  int rounds_;
  RealClock clock_;
  loop::AsioLoop loop_{clock_};
  bench::WorkerInProcess worker_{loop_};
  loop::CallbackTimer calm_{loop_, [this] {
                              if (!ready_) {
                                // The start itself made reports late: they do not count.
                                ready_ = true;
                                worker_.figures().lateness.clear();
                                return calm_.arm_in(1s);
                              }
                              before();
                            }};
  loop::CallbackTimer overdue_{loop_, [this] { after(); }};
  bool ready_ = false;
  double result_ms_ = 0;
  TimePoint begin_;
  std::uint64_t calm_p99_us_ = 0;
  std::vector<Round> done_;
};

}  // namespace

int main(int argc, char** argv) {
  const auto changed =
      static_cast<std::uint32_t>(std::stoul(bench::option(argc, argv, "--changed", "100000")));
  const auto others = static_cast<std::uint32_t>(std::stoul(bench::option(argc, argv, "--others", "10000")));
  Bench bench(changed, others, std::stoi(bench::option(argc, argv, "--rounds", "9")));
  bench.run();
  std::vector<double> times;
  std::vector<std::uint64_t> lates;
  for (const Round& round : bench.done()) {
    fmt::print(
        "set on {} devices: result after {:.1f} ms; {} reports of the others meanwhile, p99 {} us late\n",
        changed, round.result_ms, round.reports, round.p99_us);
    times.push_back(round.result_ms);
    lates.push_back(round.p99_us);
  }
  std::sort(times.begin(), times.end());
  std::sort(lates.begin(), lates.end());
  fmt::print("median: result {:.1f} ms, p99 lateness {} us (without a change {} us)\n",
             times[times.size() / 2], lates[lates.size() / 2], bench.calm_p99_us());
}
