#include "tests/chaos/chaos.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <set>
#include <thread>
#include <zmq.hpp>

#include "tests/chaos/relay.h"
#include "tests/chaos/sink.h"
#include "tests/integration/fleet/process.h"

namespace vfleet::chaos {

using fleet_test::eventually;
using fleet_test::Process;
using fleet_test::program;
using fleet_test::read_file;
using fleet_test::TempDir;
using fleet_test::write_file;
using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;

namespace {

/// Control answers within 5 s; what a loaded machine adds.
constexpr seconds kAnswerWithin{8};
/// An operator whose control is gone gives up.
constexpr seconds kGiveUp{12};
/// How many commands one `history` shows; of older ones only the durable are looked at.
constexpr std::size_t kHistoryMax = 10'000;
const char* const kPath = "connector_power";

/// A selector and, in terms as simple as can be, whom it means.
struct Aim {
  std::string text;
  std::function<bool(const std::string& group, int number)> matches;
};

std::string device_id(const std::string& group, int number) {
  return fmt::format("{}-{:05}", group, number);
}

struct Asked {
  std::string id;
  std::string verb;
  Aim aim;
  std::uint64_t value = 0;  // watts, or the marker of a trigger; 0: unset
  Time at;
  bool control_was_well = true;  // all the time since
  std::optional<json> answer;
};

class Run {
 public:
  explicit Run(const Options& options) : options_(options), random_(options.seed) {
    std::filesystem::create_directory(run_dir_);
    write_fleet_file();
    operator_.set(zmq::sockopt::linger, 0);
    operator_.set(zmq::sockopt::sndhwm, 0);
    operator_.set(zmq::sockopt::rcvhwm, 0);
    operator_.set(zmq::sockopt::reconnect_ivl, 20);
    operator_.connect("ipc://" + run_dir_ + "/operator.sock");
    for (std::uint32_t i = 0; i < options_.workers; ++i) {
      Worker& worker = workers_.emplace_back();
      for (const char* name : {"publish", "workers"}) {
        const std::string path = fmt::format("{}/relay-{}-{}.sock", folder_.path(), i, name);
        worker.endpoints.push_back("ipc://" + path);
        worker.cables.push_back(std::make_unique<Relay>(path, fmt::format("{}/{}.sock", run_dir_, name)));
      }
    }
  }

  Outcome run() {
    start_control();
    if (!eventually([&] { return std::filesystem::exists(run_dir_ + "/control.json"); })) {
      violate("control did not start:\n" + tail("control-1.log"));
      return std::move(outcome_);
    }
    for (std::uint32_t i = 0; i < options_.workers; ++i) start_worker(i);
    if (!eventually([&] { return online() == all_devices(); }, seconds(60))) {
      violate("the fleet did not come online");
      return std::move(outcome_);
    }
    options_.say(fmt::format("{} devices in {} workers are online", all_devices(), options_.workers));
    disturb();
    heal();
    check_requests();
    check_values();
    check_markers();
    check_account();
    return std::move(outcome_);
  }

 private:
  struct Worker {
    std::unique_ptr<Process> process;
    std::vector<std::string> endpoints;
    std::vector<std::unique_ptr<Relay>> cables;
    std::optional<Time> start_at;     // dead: comes back then
    std::optional<Time> continue_at;  // frozen
    std::optional<Time> mend_at;      // cut off
    int lives = 0;
    [[nodiscard]] bool well() const { return !start_at && !continue_at && !mend_at; }
  };

  // ---- processes

  void write_fleet_file() {
    const std::string uplink = fmt::format("{{http: {{url: 'http://127.0.0.1:{}/ingest'}}}}", sink_.port());
    std::string text = "fleet: chaos\ngroups:\n";
    for (const std::string& name : groups_) {
      text += fmt::format(
          "  - name: {}\n    type: charging_pile\n    count: {}\n    labels: {{site: [a, b, c]}}\n"
          "    config: {{reports: {{heartbeat: {{every: 1s}}, meter: {{every: 10s}}}}}}\n    uplink: {}\n",
          name, options_.devices_per_group, uplink);
    }
    write_file(fleet_file_, text);
  }

  void start_control() {
    ++control_lives_;
    control_.reset();
    std::vector<std::string> words{program("vfleet-control"),
                                   "--fleet",
                                   fleet_file_,
                                   "--run-dir",
                                   run_dir_,
                                   "--workers",
                                   std::to_string(options_.workers),
                                   "--worker-program",
                                   program("vfleet-worker")};
    words.emplace_back(control_lives_ > 1 ? "--resume" : "--fresh");
    const std::string name = fmt::format("control-{}", control_lives_);
    control_ = std::make_unique<Process>(words, folder_ / (name + ".out"), folder_ / (name + ".log"));
  }

  void start_worker(std::uint32_t shard) {
    Worker& worker = workers_[shard];
    worker.process.reset();
    const std::string name = fmt::format("worker-{}-{}", shard, ++worker.lives);
    worker.process = std::make_unique<Process>(
        std::vector<std::string>{program("vfleet-worker"), "--run-dir", run_dir_, "--publish",
                                 worker.endpoints[0], "--workers", worker.endpoints[1], "--shard",
                                 std::to_string(shard)},
        folder_ / (name + ".out"), folder_ / (name + ".log"));
  }

  [[nodiscard]] std::string tail(const std::string& file) const {
    const std::string text = read_file(folder_ / file);
    return text.substr(text.size() - std::min<std::size_t>(text.size(), 1500));
  }

  json vfleet(std::vector<std::string> words) {
    words.insert(words.begin(), program("vfleet"));
    words.insert(words.end(), {"--json", "--run-dir", run_dir_});
    const std::string name = folder_ / "call";
    Process process(words, name + ".out", name + ".err");
    static_cast<void>(process.wait(seconds(60)));
    return json::parse(read_file(name + ".out"), nullptr, false);
  }

  [[nodiscard]] std::uint64_t all_devices() const {
    return groups_.size() * static_cast<std::uint64_t>(options_.devices_per_group);
  }
  std::uint64_t online() {
    const json status = vfleet({"status"});
    return status.is_object() && status.contains("figures")
               ? status["figures"].value("online", std::uint64_t{0})
               : 0;
  }

  // ---- accidents

  std::uint64_t pick(std::uint64_t below) { return random_() % below; }
  milliseconds pick_ms(int from, int to) {
    return milliseconds(from + static_cast<int>(pick(static_cast<std::uint64_t>(to - from))));
  }

  void accident(Time now) {
    const std::uint64_t what = pick(10);
    if (what < 2) return accident_of_control(now);
    Worker& worker = workers_[pick(workers_.size())];
    const auto shard = &worker - workers_.data();
    if (!worker.well()) return;
    ++outcome_.accidents;
    if (what < 6) {
      options_.say(fmt::format("kill -9 worker-{}", shard));
      worker.process->signal(SIGKILL);
      ++outcome_.worker_kills;
      worker.start_at = now + pick_ms(0, 1000);
    } else if (what < 8) {
      options_.say(fmt::format("freeze worker-{}", shard));
      worker.process->signal(SIGSTOP);
      worker.continue_at = now + seconds(5);
    } else {
      const bool silent = pick(2) == 0;
      options_.say(fmt::format("cut off worker-{} ({})", shard, silent ? "silent" : "broken"));
      for (const auto& cable : worker.cables)
        cable->set(silent ? Relay::Cable::silent : Relay::Cable::broken);
      worker.mend_at = now + pick_ms(500, 6000);
    }
  }

  void accident_of_control(Time now) {
    if (control_start_at_ || control_continue_at_) return;
    ++outcome_.accidents;
    if (pick(4) == 0) {
      options_.say("freeze control");
      control_->signal(SIGSTOP);
      control_continue_at_ = now + pick_ms(500, 5000);
    } else {
      options_.say("kill -9 control");
      control_->signal(SIGKILL);
      ++outcome_.control_kills;
      control_start_at_ = now + pick_ms(0, 1500);
    }
    control_troubled();
  }

  void control_troubled() {
    for (const std::size_t i : open_) asked_[i].control_was_well = false;
    control_well_since_ = kNotWell;
  }

  void repair(Time now) {
    for (std::uint32_t i = 0; i < workers_.size(); ++i) {
      Worker& worker = workers_[i];
      if (worker.start_at && now >= *worker.start_at) {
        worker.start_at.reset();
        start_worker(i);
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
        violate(fmt::format("worker-{} ended by itself:\n{}", i,
                            tail(fmt::format("worker-{}-{}.log", i, worker.lives))));
        worker.start_at = now + seconds(1);
      }
    }
    if (control_continue_at_ && now >= *control_continue_at_) {
      control_continue_at_.reset();
      control_->signal(SIGCONT);
    }
    if (control_start_at_ && now >= *control_start_at_) {
      control_start_at_.reset();
      std::filesystem::remove(run_dir_ + "/control.json");
      start_control();
    } else if (!control_start_at_ && !control_continue_at_ && !control_->running()) {
      violate("control ended by itself:\n" + tail(fmt::format("control-{}.log", control_lives_)));
      control_start_at_ = now + seconds(1);
      control_troubled();
    } else if (!control_start_at_ && !control_continue_at_ && control_well_since_ == kNotWell &&
               std::filesystem::exists(run_dir_ + "/control.json")) {
      // Operators and workers connect again within this.
      control_well_since_ = now + seconds(1);
    }
  }

  // ---- commands

  Aim pick_aim() {
    const std::string group = groups_[pick(groups_.size())];
    const int count = options_.devices_per_group;
    switch (pick(6)) {
      case 0:
        return {"all", [](const std::string&, int) { return true; }};
      case 1:
        return {group + "-*", [group](const std::string& in, int) { return in == group; }};
      case 2: {
        const auto site = pick(3);
        return {fmt::format("site={}", "abc"[site]), [site](const std::string&, int number) {
                  return static_cast<std::uint64_t>(number - 1) % 3 == site;
                }};
      }
      case 3: {
        const int first = 1 + static_cast<int>(pick(static_cast<std::uint64_t>(count)));
        const int last = std::min(count, first + static_cast<int>(pick(10)));
        return {fmt::format("{}..{}", device_id(group, first), device_id(group, last)),
                [group, first, last](const std::string& in, int number) {
                  return in == group && number >= first && number <= last;
                }};
      }
      default: {
        const int only = 1 + static_cast<int>(pick(static_cast<std::uint64_t>(count)));
        return {device_id(group, only),
                [group, only](const std::string& in, int number) { return in == group && number == only; }};
      }
    }
  }

  void command(Time now) {
    const std::size_t number = asked_.size();
    Asked asked{
        .id = fmt::format("chaos-{}", number), .verb = {}, .aim = pick_aim(), .at = now, .answer = {}};
    json args{{"selector", asked.aim.text}};
    const std::uint64_t kind = pick(20);
    if (kind < 10) {
      asked.verb = "trigger";
      asked.value = Sink::kMarkerMin + number;
      args["report"] = "meter";
      args["fields"] = {{"power_w", asked.value}};
    } else if (kind < 19) {
      asked.verb = "set";
      asked.value = 10'000 + number % 90'000;
      args["patch"] = {{kPath, fmt::format("{}W", asked.value)}};
    } else {
      asked.verb = "unset";
      args["paths"] = {kPath};
    }
    asked.control_was_well = control_well_since_ != kNotWell && now >= control_well_since_;
    const std::string frame =
        json{{"v", 1}, {"id", asked.id}, {"verb", asked.verb}, {"args", std::move(args)}}.dump();
    static_cast<void>(operator_.send(zmq::buffer(frame), zmq::send_flags::dontwait));
    by_id_[asked.id] = number;
    open_.insert(number);
    asked_.push_back(std::move(asked));
  }

  void take_answers(Time now) {
    zmq::message_t frame;
    while (operator_.recv(frame, zmq::recv_flags::dontwait)) {
      json answer = json::parse(frame.to_string_view(), nullptr, false);
      const std::string kind = answer.is_object() ? answer.value("kind", "") : "";
      if (kind != "result" && kind != "error") continue;
      const auto at = by_id_.find(answer.value("id", ""));
      if (at == by_id_.end()) {
        violate("an answer to nobody: " + answer.dump());
        continue;
      }
      Asked& asked = asked_[at->second];
      if (asked.answer) {
        violate("a second answer: " + answer.dump());
        continue;
      }
      const auto took = std::chrono::duration_cast<milliseconds>(now - asked.at);
      if (asked.control_was_well) {
        outcome_.slowest_answer = std::max(outcome_.slowest_answer, took);
        if (took > kAnswerWithin) {
          violate(fmt::format("{} {} was answered after {} ms", asked.verb, asked.id, took.count()));
        }
      }
      asked.answer = std::move(answer);
      open_.erase(at->second);
    }
    while (!open_.empty() && now - asked_[*open_.begin()].at > kGiveUp) {
      const Asked& asked = asked_[*open_.begin()];
      if (asked.control_was_well) {
        violate(fmt::format("{} {} got no answer although control was well", asked.verb, asked.id));
      }
      open_.erase(open_.begin());
    }
  }

  void disturb() {
    const Time start = Clock::now();
    const auto every = std::chrono::duration_cast<Clock::duration>(seconds(1)) / options_.commands_per_second;
    Time next_accident = start + seconds(2);
    Time next_word = start + seconds(30);
    std::uint64_t given = 0;
    control_well_since_ = start;
    for (Time now = start; now - start < options_.duration; now = Clock::now()) {
      while (start + every * given <= now) {
        command(now);
        ++given;
      }
      take_answers(now);
      repair(now);
      if (now >= next_accident) {
        accident(now);
        next_accident = now + pick_ms(400, 2000);
      }
      if (now >= next_word) {
        next_word += seconds(30);
        options_.say(fmt::format("{} commands, {} accidents, {} open requests", asked_.size(),
                                 outcome_.accidents, open_.size()));
      }
      std::this_thread::sleep_for(milliseconds(2));
    }
  }

  void heal() {
    options_.say("healing");
    const Time limit = Clock::now() + seconds(60);
    const auto healed = [&] {
      return open_.empty() && !control_start_at_ && !control_continue_at_ &&
             std::all_of(workers_.begin(), workers_.end(),
                         [](const Worker& worker) { return worker.well(); });
    };
    while (!healed() && Clock::now() < limit) {
      take_answers(Clock::now());
      repair(Clock::now());
      std::this_thread::sleep_for(milliseconds(5));
    }
    const bool converged = eventually(
        [&] {
          const json status = vfleet({"status"});
          if (!status.is_object() || !status.contains("shards")) return false;
          const auto seq = status.value("seq", std::uint64_t{0});
          for (const json& shard : status["shards"]) {
            if (shard.value("state", "") != "live" || shard.value("applied_seq", std::uint64_t{0}) != seq)
              return false;
          }
          return status["figures"].value("online", std::uint64_t{0}) == all_devices();
        },
        seconds(60));
    if (!converged) violate("the fleet did not converge: " + vfleet({"status"}).dump());
  }

  // ---- what must hold

  void read_history() {
    const std::string limit = std::to_string(kHistoryMax);
    std::vector<std::string> words{"history", "--limit", limit};
    for (;;) {
      const json history = vfleet(words);
      if (!history.is_object() || !history.contains("rows")) return violate("no history: " + history.dump());
      std::uint64_t oldest = 0;
      for (const json& row : history["rows"]) {
        const auto revision = row.value("revision", std::uint64_t{0});
        if (revision > 0) oldest = revision;
        history_.emplace(row.value("id", ""), row);
      }
      if (history["rows"].size() < kHistoryMax || oldest <= 1) return;
      words = {"history", "--durable", "--limit", limit, "--before", std::to_string(oldest)};
    }
  }

  void check_requests() {
    read_history();
    std::set<std::uint64_t> revisions;
    for (const auto& [id, row] : history_) {
      const auto revision = row.value("revision", std::uint64_t{0});
      if (revision > 0 && !revisions.insert(revision).second) {
        violate(fmt::format("revision {} was given twice", revision));
      }
    }
    outcome_.revisions = revisions.size();
    if (!revisions.empty() && *revisions.rbegin() != revisions.size()) {
      violate(fmt::format("revisions have holes: {} of {}", revisions.size(), *revisions.rbegin()));
    }
    const auto last = vfleet({"status"}).value("revision", std::uint64_t{0});
    if (last != revisions.size())
      violate(fmt::format("status says revision {}, history {}", last, revisions.size()));
    outcome_.commands = asked_.size();
    for (std::size_t i = 0; i < asked_.size(); ++i) check_request(asked_[i], asked_.size() - i > kHistoryMax);
  }

  void check_request(const Asked& asked, bool perhaps_forgotten) {
    const auto known = history_.find(asked.id);
    const bool in_history = known != history_.end();
    if (!asked.answer) {
      ++outcome_.unknown;
      ++outcome_.unanswered;
      return;
    }
    const json& answer = *asked.answer;
    const bool unknown = answer.value("code", "") == "outcome_unknown";
    if (answer.value("kind", "") == "error" && !unknown) {
      ++outcome_.refused;
      if (in_history) violate("refused, yet history has it: " + answer.dump());
      return;
    }
    ++(unknown ? outcome_.unknown : outcome_.answered);
    if (!in_history) {
      if (!perhaps_forgotten || asked.verb != "trigger")
        violate("answered, yet history does not know it: " + answer.dump());
      return;
    }
    const auto revision = known->second.value("revision", std::uint64_t{0});
    if (answer.contains("revision") && answer.value("revision", std::uint64_t{0}) != revision) {
      violate(fmt::format("history says revision {}: {}", revision, answer.dump()));
    }
    if ((asked.verb == "trigger") != (revision == 0))
      violate("durable and transient are mixed up: " + answer.dump());
  }

  /// Every durable change that history has, applied in its order by this program's own understanding.
  void check_values() {
    std::map<std::uint64_t, const Asked*> changes;
    for (const auto& [id, row] : history_) {
      const auto revision = row.value("revision", std::uint64_t{0});
      if (revision == 0) continue;
      const auto at = by_id_.find(id);
      if (at == by_id_.end()) {
        violate("a revision that nobody asked for: " + row.dump());
        continue;
      }
      changes[revision] = &asked_[at->second];
    }
    const json answer = vfleet({"get", "all", kPath});
    std::map<std::string, std::string> values;
    if (answer.is_object() && answer.contains("rows")) {
      for (const json& row : answer["rows"]) values[row.value("id", "")] = row["values"].value(kPath, "");
    }
    std::string standard;
    for (const std::string& group : groups_) {
      for (int number = 1; number <= options_.devices_per_group; ++number) {
        std::uint64_t expected = 0;
        std::uint64_t by = 0;
        for (const auto& [revision, asked] : changes) {
          if (!asked->aim.matches(group, number)) continue;
          expected = asked->verb == "set" ? asked->value : 0;
          by = revision;
        }
        const std::string id = device_id(group, number);
        if (expected == 0) {
          if (standard.empty()) standard = values[id];
          if (values[id] != standard) violate(fmt::format("{} has {} and not the default", id, values[id]));
        } else if (watts(values[id]) != expected) {
          violate(fmt::format("{} has {}, revision {} set {} W", id, values[id], by, expected));
        }
      }
    }
    const json diff = vfleet({"diff"});
    if (!diff.is_object() || diff.value("status", -1) != 0) violate("diff: " + diff.dump());
  }

  static std::uint64_t watts(const std::string& text) {
    double value = 0;
    std::size_t end = 0;
    try {
      value = std::stod(text, &end);
    } catch (const std::exception&) {
      return 0;
    }
    const std::string unit = text.substr(end);
    const double factor = unit == "kW" ? 1e3 : unit == "MW" ? 1e6 : unit == "W" ? 1 : 0;
    return static_cast<std::uint64_t>(value * factor + 0.5);
  }

  void check_markers() {
    for (const auto& [marker, times] : sink_.account().markers) {
      const auto& [device, number] = marker;
      ++outcome_.markers;
      const std::size_t index = number - Sink::kMarkerMin;
      if (times > 1) violate(fmt::format("{} sent what chaos-{} asked for {} times", device, index, times));
      if (index >= asked_.size() || asked_[index].verb != "trigger") {
        violate(fmt::format("{} sent what nobody asked for: {}", device, number));
        continue;
      }
      const Asked& asked = asked_[index];
      const std::size_t dash = device.rfind('-');
      if (!asked.aim.matches(device.substr(0, dash), std::stoi(device.substr(dash + 1)))) {
        violate(fmt::format("{} sent what {} asked of {}", device, asked.id, asked.aim.text));
      }
      if (!history_.contains(asked.id) && asked_.size() - index <= kHistoryMax) {
        violate(fmt::format("{} was executed and history does not know it", asked.id));
      }
    }
    if (outcome_.markers == 0) violate("no triggered report arrived at all");
  }

  void check_account() {
    const json stopped = vfleet({"stop"});
    if (!stopped.is_object() || !stopped.contains("figures")) return violate("stop: " + stopped.dump());
    const json& figures = stopped["figures"];
    outcome_.sent = figures.value("sent", std::uint64_t{0});
    const auto acked = figures.value("acked", std::uint64_t{0});
    const json failures = figures.value("failed", json::object());
    for (const auto& [reason, times] : failures.items()) {
      outcome_.failed += times.get<std::uint64_t>();
    }
    const Sink::Account account = sink_.account();
    outcome_.received = account.received;
    const auto say = [&] {
      return fmt::format("sent {} acked {} failed {} received {} missing {}: {}", outcome_.sent, acked,
                         outcome_.failed, account.received, account.missing,
                         figures.value("failed", json()).dump());
    };
    if (outcome_.sent != acked + outcome_.failed) violate("the account is not closed: " + say());
    if (account.received < acked || account.received > outcome_.sent)
      violate("the account is wrong: " + say());
    if (account.missing > outcome_.failed) violate("more is missing than is known: " + say());
    if (account.duplicates > 0) violate(fmt::format("{} duplicates", account.duplicates));
    if (account.unreadable > 0) violate(fmt::format("{} unreadable reports", account.unreadable));
    if (const auto ended = control_->wait(seconds(10)); ended != 0) violate("control did not end in order");
  }

  void violate(std::string text) {
    options_.say("VIOLATION: " + text);
    if (outcome_.violations.size() < 20) outcome_.violations.push_back(std::move(text));
  }

  static constexpr Time kNotWell = Time::max();

  Options options_;
  std::mt19937_64 random_;
  Outcome outcome_;
  TempDir folder_;
  std::string run_dir_ = folder_ / "run";
  std::string fleet_file_ = folder_ / "fleet.yaml";
  const std::vector<std::string> groups_{"alpha", "beta"};
  Sink sink_;
  std::vector<Worker> workers_;
  std::unique_ptr<Process> control_;
  int control_lives_ = 0;
  std::optional<Time> control_start_at_;
  std::optional<Time> control_continue_at_;
  Time control_well_since_ = kNotWell;
  zmq::context_t context_{1};
  zmq::socket_t operator_{context_, zmq::socket_type::dealer};
  std::vector<Asked> asked_;
  std::map<std::string, std::size_t> by_id_;
  std::set<std::size_t> open_;  // without an answer yet; the oldest first
  std::map<std::string, json> history_;
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
