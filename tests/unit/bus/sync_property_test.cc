// A worker and a control on links that lose, repeat and reorder, with broken connections and restarts of
// control: whatever happens, commands run in order, each once, and the worker ends with what control has.
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <optional>
#include <set>

#include "simulator/bus/sync_machine.h"
#include "simulator/core/random.h"

namespace vfleet::bus {
namespace {

using namespace std::chrono_literals;

struct Trouble {
  double loss = 0;
  double repeat = 0;
  double reorder = 0;
  double cut = 0;      // a step: the direct link loses what is on it
  double restart = 0;  // a step: control comes back with a new epoch
  std::size_t ring = 1000000;
};

class World {
 public:
  World(std::uint64_t seed, Trouble trouble)
      : random_(seed, 1, "world"), trouble_(trouble), machine_(now_, seed, small_limits()) {
    welcome_subscriber();
  }

  void run(int steps) {
    for (int i = 0; i < steps; ++i) step();
    // Quiet at last: control publishes beats only, the links work.
    trouble_ = Trouble{.ring = trouble_.ring};
    quiet_ = true;
    for (int i = 0; i < 4000 && !in_step(); ++i) step();
  }

  [[nodiscard]] bool in_step() const {
    return machine_.state() == WorkerState::live && machine_.epoch() == epoch_ &&
           machine_.applied_seq() == seq_ && !executing_ && !finishing_;
  }
  [[nodiscard]] const std::vector<std::uint64_t>& control_rules() const { return rules_; }
  [[nodiscard]] const std::vector<std::uint64_t>& worker_rules() const { return held_; }
  std::vector<std::pair<std::uint64_t, std::uint64_t>> executed;  // (epoch, seq)
  std::optional<std::uint64_t> first_snapshot;
  int snapshots = 0;
  std::set<std::string> ids;
  [[nodiscard]] std::uint64_t seq() const { return seq_; }

 private:
  static SyncMachine::Limits small_limits() {
    SyncMachine::Limits out;
    out.waiting_commands = 50;
    return out;
  }

  void step() {
    now_ += std::chrono::milliseconds(1 + random_.below(40));
    if (random_.chance(trouble_.restart)) restart();
    if (random_.chance(trouble_.cut)) {
      to_worker_.clear();
      to_control_.clear();
    }
    if (!quiet_ && random_.chance(0.6)) publish();
    if (now_ >= beat_at_) {
      beat_at_ = now_ + 1s;
      on_air_.push_back(Beat{.epoch = epoch_, .seq = seq_});
    }
    deliver_published();
    if (!to_worker_.empty() && random_.chance(0.7)) {
      ToWorker message = std::move(to_worker_.front());
      to_worker_.pop_front();
      perform(machine_.told(std::move(message), now_));
    }
    if (!to_control_.empty() && random_.chance(0.7)) {
      FromWorker message = std::move(to_control_.front());
      to_control_.pop_front();
      answer(message);
    }
    if (executing_ && random_.chance(0.7)) {
      executing_ = false;
      perform(machine_.command_done(now_));
    }
    if (finishing_ && random_.chance(0.3)) {
      finishing_ = false;
      perform(machine_.snapshot_done(now_));
    }
    if (now_ >= machine_.next_deadline()) perform(machine_.tick(now_));
  }

  void publish() {
    ++seq_;
    Command command{.epoch = epoch_,
                    .seq = seq_,
                    .id = std::to_string(epoch_) + "." + std::to_string(seq_),
                    .selector = "all",
                    .args = "{}"};
    if (random_.chance(0.5)) {
      command.revision = ++revision_;
      rules_.push_back(revision_);
    }
    ring_.push_back(command);
    while (ring_.size() > trouble_.ring) ring_.pop_front();
    on_air_.push_back(std::move(command));
  }

  void restart() {
    ++epoch_;
    seq_ = 0;
    ring_.clear();
    on_air_.clear();
    to_worker_.clear();
    to_control_.clear();
    outstanding_.clear();
    welcome_subscriber();
  }

  void welcome_subscriber() { on_air_.push_back(epoch_); }

  void deliver_published() {
    while (!on_air_.empty() && random_.chance(0.8)) {
      const std::size_t at = on_air_.size() > 1 && random_.chance(trouble_.reorder) ? 1 : 0;
      const auto frame = on_air_[at];
      if (!random_.chance(trouble_.repeat)) on_air_.erase(on_air_.begin() + static_cast<std::ptrdiff_t>(at));
      if (const auto* epoch = std::get_if<std::uint64_t>(&frame)) {
        perform(machine_.published_welcome(*epoch, now_));
      } else if (!random_.chance(trouble_.loss)) {
        if (const auto* command = std::get_if<Command>(&frame)) perform(machine_.published(*command, now_));
        if (const auto* beat = std::get_if<Beat>(&frame)) perform(machine_.beat(*beat, now_));
      }
    }
  }

  // ---- control ----

  void answer(const FromWorker& message) {
    if (const auto* join = std::get_if<Join>(&message)) {
      to_worker_.push_back(
          Welcome{.attempt = join->attempt, .epoch = epoch_, .assignment = {.fleet = "w", .boot = 1}});
      outstanding_.clear();
      SnapshotPart part{.attempt = join->attempt, .seq = seq_};
      for (const std::uint64_t revision : rules_) {
        part.rules.push_back({.id = "r" + std::to_string(revision), .revision = revision, .args = "{}"});
        if (part.rules.size() < 20) continue;
        outstanding_.push_back(part);
        part.rules.clear();
        ++part.part;
      }
      part.last = true;
      outstanding_.push_back(part);
      credit_ = 2;
      send_parts();
    } else if (const auto* grant = std::get_if<Grant>(&message)) {
      if (!outstanding_.empty() && grant->attempt == outstanding_.front().attempt) credit_ += grant->credit;
      send_parts();
    } else if (const auto* ask = std::get_if<TailRequest>(&message)) {
      if (ask->epoch != epoch_) return;
      if (ask->from <= seq_ && (ring_.empty() || ask->from < ring_.front().seq)) {
        to_worker_.push_back(TailPart{.epoch = epoch_, .too_old = true});
        return;
      }
      TailPart part{.epoch = epoch_, .last = false};
      for (const Command& each : ring_) {
        if (each.seq < ask->from) continue;
        part.commands.push_back(each);
        if (part.commands.size() < 7) continue;
        to_worker_.push_back(part);
        part.commands.clear();
      }
      part.last = true;
      to_worker_.push_back(part);
    }
  }

  void send_parts() {
    while (credit_ > 0 && !outstanding_.empty()) {
      --credit_;
      to_worker_.push_back(outstanding_.front());
      outstanding_.pop_front();
    }
  }

  // ---- the worker's host ----

  void perform(SyncMachine::Actions actions) {
    for (auto& action : actions) {
      if (std::holds_alternative<SyncMachine::BeginSnapshot>(action)) {
        EXPECT_FALSE(executing_ || finishing_);
        held_.clear();
      } else if (const auto* rules = std::get_if<SyncMachine::ApplyRules>(&action)) {
        for (const Command& each : rules->rules) held_.push_back(each.revision);
      } else if (std::holds_alternative<SyncMachine::EndSnapshot>(action)) {
        EXPECT_FALSE(executing_ || finishing_);
        finishing_ = true;
        ++snapshots;
        last_executed_ = 0;
      } else if (const auto* execute = std::get_if<SyncMachine::Execute>(&action)) {
        EXPECT_FALSE(executing_ || finishing_);
        executing_ = true;
        const Command& command = execute->command;
        if (!first_snapshot) first_snapshot = command.seq - 1;
        if (last_executed_ != 0) {
          EXPECT_EQ(command.seq, last_executed_ + 1) << "a command was left out";
        }
        last_executed_ = command.seq;
        EXPECT_TRUE(ids.insert(command.id).second) << command.id << " ran twice";
        executed.emplace_back(command.epoch, command.seq);
        if (command.revision != 0) held_.push_back(command.revision);
      } else if (const auto* send = std::get_if<SyncMachine::Send>(&action)) {
        to_control_.push_back(send->message);
      }
    }
  }

  Random random_;
  Trouble trouble_;
  TimePoint now_{1000h};
  TimePoint beat_at_{1000h};
  bool quiet_ = false;

  std::uint64_t epoch_ = 1;
  std::uint64_t seq_ = 0;
  std::uint64_t revision_ = 0;
  std::vector<std::uint64_t> rules_;
  std::deque<Command> ring_;
  std::deque<SnapshotPart> outstanding_;
  std::uint32_t credit_ = 0;
  std::deque<std::variant<std::uint64_t, Command, Beat>> on_air_;
  std::deque<ToWorker> to_worker_;
  std::deque<FromWorker> to_control_;

  SyncMachine machine_;
  std::vector<std::uint64_t> held_;
  bool executing_ = false;
  bool finishing_ = false;
  std::uint64_t last_executed_ = 0;
};

void expect_same(World& world, std::uint64_t seed) {
  ASSERT_TRUE(world.in_step()) << "seed " << seed << " never came into step";
  EXPECT_EQ(world.worker_rules(), world.control_rules()) << "seed " << seed;
}

TEST(SyncProperty, WithoutTroubleEveryCommandRunsOnce) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    World world(seed, {});
    world.run(1000);
    expect_same(world, seed);
    EXPECT_EQ(world.snapshots, 1);
  }
}

TEST(SyncProperty, LossRepeatsAndReorderingCostNoCommand) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    World world(seed, {.loss = 0.3, .repeat = 0.2, .reorder = 0.3});
    world.run(1500);
    expect_same(world, seed);
    // One snapshot: so all that came after it was executed, none by way of another snapshot.
    ASSERT_EQ(world.snapshots, 1) << "seed " << seed;
    EXPECT_EQ(world.executed.size(), world.seq() - world.first_snapshot.value_or(0));
  }
}

TEST(SyncProperty, BrokenLinksAndRestartsEndInTheSameState) {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    World world(seed, {.loss = 0.1, .repeat = 0.1, .reorder = 0.1, .cut = 0.01, .restart = 0.004});
    world.run(2000);
    expect_same(world, seed);
  }
}

TEST(SyncProperty, ATailThatIsTooOldEndsInASnapshotNotInAHole) {
  int snapshots = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    World world(seed, {.loss = 0.5, .cut = 0.02, .ring = 5});
    world.run(1500);
    expect_same(world, seed);
    snapshots += world.snapshots;
  }
  EXPECT_GT(snapshots, 300);
}

}  // namespace
}  // namespace vfleet::bus
