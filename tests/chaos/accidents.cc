#include "tests/chaos/accidents.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>

namespace vfleet::chaos {

using fleet_test::eventually;
using fleet_test::Process;
using fleet_test::program;
using fleet_test::read_file;
using fleet_test::write_file;
using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;

Accidents::Accidents(Ground& ground) : ground_(ground) {
  std::filesystem::create_directory(run_dir_);
  write_fleet_file();
  for (std::uint32_t i = 0; i < ground_.options.workers; ++i) {
    Worker& worker = workers_.emplace_back();
    for (const char* name : {"publish", "workers"}) {
      const std::string path = fmt::format("{}/relay-{}-{}.sock", folder_.path(), i, name);
      worker.endpoints.push_back("ipc://" + path);
      worker.cables.push_back(std::make_unique<Relay>(path, fmt::format("{}/{}.sock", run_dir_, name)));
    }
  }
}

bool Accidents::start() {
  start_control();
  if (!eventually([&] { return std::filesystem::exists(run_dir_ + "/control.json"); })) {
    ground_.violate("control did not start:\n" + tail("control-1.log"));
    return false;
  }
  for (std::uint32_t i = 0; i < ground_.options.workers; ++i) start_worker(i);
  if (!eventually([&] { return online() == ground_.all_devices(); }, seconds(60))) {
    ground_.violate("the fleet did not come online");
    return false;
  }
  control_well_since_ = std::chrono::steady_clock::now();
  return true;
}

bool Accidents::all_well() const {
  return !control_start_at_ && !control_continue_at_ &&
         std::all_of(workers_.begin(), workers_.end(), [](const Worker& worker) { return worker.well(); });
}

bool Accidents::control_ended_in_order() {
  return control_->wait(seconds(10)) == 0;
}

void Accidents::write_fleet_file() {
  const std::string uplink = fmt::format("{{http: {{url: 'http://127.0.0.1:{}/ingest'}}}}", sink_.port());
  std::string text = "fleet: chaos\ngroups:\n";
  for (const std::string& name : ground_.groups) {
    text += fmt::format(
        "  - name: {}\n    type: charging_pile\n    count: {}\n    labels: {{site: [a, b, c]}}\n"
        "    config: {{reports: {{heartbeat: {{every: 1s}}, meter: {{every: 10s}}}}}}\n    uplink: {}\n",
        name, ground_.options.devices_per_group, uplink);
  }
  write_file(fleet_file_, text);
}

void Accidents::start_control() {
  ++control_lives_;
  control_.reset();
  std::vector<std::string> words{program("vfleet-control"),
                                 "--fleet",
                                 fleet_file_,
                                 "--run-dir",
                                 run_dir_,
                                 "--workers",
                                 std::to_string(ground_.options.workers),
                                 "--worker-program",
                                 program("vfleet-worker")};
  words.emplace_back(control_lives_ > 1 ? "--resume" : "--fresh");
  const std::string name = fmt::format("control-{}", control_lives_);
  control_ = std::make_unique<Process>(words, folder_ / (name + ".out"), folder_ / (name + ".log"));
}

void Accidents::start_worker(std::uint32_t shard) {
  Worker& worker = workers_[shard];
  worker.process.reset();
  const std::string name = fmt::format("worker-{}-{}", shard, ++worker.lives);
  worker.process = std::make_unique<Process>(
      std::vector<std::string>{program("vfleet-worker"), "--run-dir", run_dir_, "--publish",
                               worker.endpoints[0], "--workers", worker.endpoints[1], "--shard",
                               std::to_string(shard)},
      folder_ / (name + ".out"), folder_ / (name + ".log"));
}

std::string Accidents::tail(const std::string& file) const {
  const std::string text = read_file(folder_ / file);
  return text.substr(text.size() - std::min<std::size_t>(text.size(), 1500));
}

json Accidents::vfleet(std::vector<std::string> words) {
  words.insert(words.begin(), program("vfleet"));
  words.insert(words.end(), {"--json", "--run-dir", run_dir_});
  const std::string name = folder_ / "call";
  Process process(words, name + ".out", name + ".err");
  static_cast<void>(process.wait(seconds(60)));
  return json::parse(read_file(name + ".out"), nullptr, false);
}

std::uint64_t Accidents::online() {
  const json status = vfleet({"status"});
  return status.is_object() && status.contains("figures")
             ? status["figures"].value("online", std::uint64_t{0})
             : 0;
}

bool Accidents::strike(Time now) {
  const std::uint64_t what = ground_.pick(10);
  if (what < 2) return strike_control(now);
  Worker& worker = workers_[ground_.pick(workers_.size())];
  const auto shard = &worker - workers_.data();
  if (!worker.well()) return false;
  ++ground_.outcome.accidents;
  if (what < 6) {
    ground_.options.say(fmt::format("kill -9 worker-{}", shard));
    worker.process->signal(SIGKILL);
    ++ground_.outcome.worker_kills;
    worker.start_at = now + ground_.pick_ms(0, 1000);
  } else if (what < 8) {
    ground_.options.say(fmt::format("freeze worker-{}", shard));
    worker.process->signal(SIGSTOP);
    worker.continue_at = now + seconds(5);
  } else {
    const bool silent = ground_.pick(2) == 0;
    ground_.options.say(fmt::format("cut off worker-{} ({})", shard, silent ? "silent" : "broken"));
    for (const auto& cable : worker.cables) cable->set(silent ? Relay::Cable::silent : Relay::Cable::broken);
    worker.mend_at = now + ground_.pick_ms(500, 6000);
  }
  return false;
}

bool Accidents::strike_control(Time now) {
  if (control_start_at_ || control_continue_at_) return false;
  ++ground_.outcome.accidents;
  if (ground_.pick(4) == 0) {
    ground_.options.say("freeze control");
    control_->signal(SIGSTOP);
    control_continue_at_ = now + ground_.pick_ms(500, 5000);
  } else {
    ground_.options.say("kill -9 control");
    control_->signal(SIGKILL);
    ++ground_.outcome.control_kills;
    control_start_at_ = now + ground_.pick_ms(0, 1500);
  }
  control_well_since_ = kNotWell;
  return true;
}

void Accidents::repair_worker(std::uint32_t shard, Time now) {
  Worker& worker = workers_[shard];
  if (worker.start_at && now >= *worker.start_at) {
    worker.start_at.reset();
    start_worker(shard);
  }
  if (worker.continue_at && now >= *worker.continue_at) {
    worker.continue_at.reset();
    worker.process->signal(SIGCONT);
  }
  if (worker.mend_at && now >= *worker.mend_at) {
    worker.mend_at.reset();
    for (const auto& cable : worker.cables) cable->set(Relay::Cable::whole);
  }
  if (worker.well() && !worker.process->running()) {
    ground_.violate(fmt::format("worker-{} ended by itself:\n{}", shard,
                                tail(fmt::format("worker-{}-{}.log", shard, worker.lives))));
    worker.start_at = now + seconds(1);
  }
}

bool Accidents::repair(Time now) {
  for (std::uint32_t i = 0; i < workers_.size(); ++i) repair_worker(i, now);
  if (control_continue_at_ && now >= *control_continue_at_) {
    control_continue_at_.reset();
    control_->signal(SIGCONT);
  }
  if (control_start_at_ && now >= *control_start_at_) {
    control_start_at_.reset();
    std::filesystem::remove(run_dir_ + "/control.json");
    start_control();
  } else if (!control_start_at_ && !control_continue_at_ && !control_->running()) {
    ground_.violate("control ended by itself:\n" + tail(fmt::format("control-{}.log", control_lives_)));
    control_start_at_ = now + seconds(1);
    control_well_since_ = kNotWell;
    return true;
  } else if (!control_start_at_ && !control_continue_at_ && control_well_since_ == kNotWell &&
             std::filesystem::exists(run_dir_ + "/control.json")) {
    // Operators and workers connect again within this.
    control_well_since_ = now + seconds(1);
  }
  return false;
}

}  // namespace vfleet::chaos
