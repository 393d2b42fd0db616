#include "tests/chaos/chaos.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "tests/chaos/accidents.h"
#include "tests/chaos/account.h"
#include "tests/chaos/scenario.h"

namespace vfleet::chaos {

using fleet_test::eventually;
using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

namespace {

class Run {
 public:
  explicit Run(const Options& options) : ground_(options) {}

  Outcome run() {
    if (!fleet_.start()) return std::move(ground_.outcome);
    ground_.options.say(
        fmt::format("{} devices in {} workers are online", ground_.all_devices(), ground_.options.workers));
    disturb();
    heal();
    Account(ground_, fleet_, scenario_).check();
    return std::move(ground_.outcome);
  }

 private:
  void disturb() {
    const Time start = Clock::now();
    const auto every =
        std::chrono::duration_cast<Clock::duration>(seconds(1)) / ground_.options.commands_per_second;
    Time next_accident = start + seconds(2);
    Time next_word = start + seconds(30);
    std::uint64_t given = 0;
    for (Time now = start; now - start < ground_.options.duration; now = Clock::now()) {
      while (start + every * given <= now) {
        scenario_.command(now, fleet_.control_is_well(now));
        ++given;
      }
      scenario_.take_answers(now);
      if (fleet_.repair(now)) scenario_.control_troubled();
      if (now >= next_accident) {
        if (fleet_.strike(now)) scenario_.control_troubled();
        next_accident = now + ground_.pick_ms(400, 2000);
      }
      if (now >= next_word) {
        next_word += seconds(30);
        ground_.options.say(fmt::format("{} commands, {} accidents, {} open requests",
                                        scenario_.asked().size(), ground_.outcome.accidents,
                                        scenario_.open()));
      }
      std::this_thread::sleep_for(milliseconds(2));
    }
  }

  void heal() {
    ground_.options.say("healing");
    const Time limit = Clock::now() + seconds(60);
    const auto healed = [&] { return scenario_.open() == 0 && fleet_.all_well(); };
    while (!healed() && Clock::now() < limit) {
      scenario_.take_answers(Clock::now());
      if (fleet_.repair(Clock::now())) scenario_.control_troubled();
      std::this_thread::sleep_for(milliseconds(5));
    }
    const bool converged = eventually(
        [&] {
          const json status = fleet_.vfleet({"status"});
          if (!status.is_object() || !status.contains("shards")) return false;
          const auto seq = status.value("seq", std::uint64_t{0});
          for (const json& shard : status["shards"]) {
            if (shard.value("state", "") != "live" || shard.value("applied_seq", std::uint64_t{0}) != seq)
              return false;
          }
          return status["figures"].value("online", std::uint64_t{0}) == ground_.all_devices();
        },
        seconds(60));
    if (!converged) ground_.violate("the fleet did not converge: " + fleet_.vfleet({"status"}).dump());
  }

  Ground ground_;
  Accidents fleet_{ground_};
  Scenario scenario_{ground_, fleet_.operator_endpoint()};
};

}  // namespace

std::string Outcome::text() const {
  return fmt::format(
      "{} commands: {} answered, {} refused, {} unknown ({} without any answer), slowest answer {} ms\n"
      "{} accidents: control killed {} times, workers {} times\n"
      "{} revisions; {} triggered reports arrived; sent {} = received {} + lost {} (known: {})",
      commands, answered, refused, unknown, unanswered, slowest_answer.count(), accidents, control_kills,
      worker_kills, revisions, markers, sent, received, sent - received, failed);
}

Outcome run(const Options& options) {
  return Run(options).run();
}

}  // namespace vfleet::chaos
