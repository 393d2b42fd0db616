// What the journal costs: one commit when nothing else waits, from the loop to its thread and back; and
// 10,000 that wait together.
#include <benchmark/benchmark.h>

#include <filesystem>

#include "control/journal/sqlite_journal.h"
#include "simulator/loop/asio_loop.h"

namespace vfleet::control::journal {
namespace {

class OnDisk {
 public:
  explicit OnDisk(bool power_loss) {
    std::string name = (std::filesystem::temp_directory_path() / "vfleet-bench-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    root_ = name;
    Meta meta;
    meta.shards = 1;
    journal = std::move(*SqliteJournal::create(
        {root_ + "/journal.db", [this](std::function<void()> task) { loop.post(std::move(task)); },
         power_loss},
        meta, {}));
    if (!journal->begin({}, {})) std::abort();
  }
  ~OnDisk() {
    journal.reset();
    std::filesystem::remove_all(root_);
  }
  OnDisk(const OnDisk&) = delete;
  OnDisk& operator=(const OnDisk&) = delete;

  /// `count` commands at once; returns when all are committed.
  void commit(std::uint64_t count) {
    std::uint64_t done = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
      Change change;
      change.command.epoch = 1;
      change.command.seq = ++seq_;
      change.command.revision = seq_;
      change.command.id = "0123456789abcdef0123456789ab" + std::to_string(seq_);
      change.command.selector = "site=shanghai,type=charging_pile";
      change.command.args = R"({"patch":{"reports.heartbeat.every":"2s"}})";
      journal->commit(std::move(change), [&](const Status& status) {
        if (!status) std::abort();
        if (++done == count) loop.stop();
      });
    }
    loop.run();
  }

  RealClock clock;
  loop::AsioLoop loop{clock};
  std::unique_ptr<SqliteJournal> journal;

 private:
  std::string root_;
  std::uint64_t seq_ = 0;
};

void commit(benchmark::State& state, bool power_loss) {
  OnDisk disk(power_loss);
  const auto count = static_cast<std::uint64_t>(state.range(0));
  for (auto _ : state) disk.commit(count);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

BENCHMARK_CAPTURE(commit, normal, false)->Arg(1)->Arg(10'000)->UseRealTime()->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(commit, full, true)->Arg(1)->Arg(10'000)->UseRealTime()->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace vfleet::control::journal
