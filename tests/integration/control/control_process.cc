#include "tests/integration/control/control_process.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "simulator/config/catalogue.h"

namespace vfleet::control::server {

using namespace std::chrono_literals;
using nlohmann::json;

namespace {

json types() {
  config::Key key;
  key.path = "reports.meter.every";
  key.kind = config::Kind::duration;
  key.unit = Unit::duration;
  key.initial.data = Duration(30s);
  return json::array({{{"name", "pile"},
                       {"doc", ""},
                       {"reports", {{{"name", "meter"}, {"fields", {{{"name", "soc"}}}}}}},
                       {"actions", json::array()},
                       {"schema", config::to_json(config::Schema({key}))}}});
}

json describe() {
  json wire = {{"name", "wire"}, {"doc", ""}, {"schema", config::to_json(config::Schema())}};
  return {{"version", "test"}, {"types", types()}, {"uplinks", json::array({wire})}};
}

}  // namespace

ControlProcess::ControlProcess(std::string run_dir) : run_dir_(std::move(run_dir)) {
  fleet_test::write_file(files_ / "describe.json", describe().dump());
  fleet_test::write_file(files_ / "worker", "#!/bin/sh\nexec cat " + (files_ / "describe.json") + "\n");
  ::chmod((files_ / "worker").c_str(), 0700);
  fleet("test", 10);
}

ControlProcess::~ControlProcess() {
  workers_.clear();
  operator_.reset();
}

void ControlProcess::fleet(const std::string& name, int devices, const std::string& every) {
  fleet_test::write_file(files_ / "fleet.yaml",
                         "fleet: " + name +
                             "\ngroups:\n  - name: pile\n    type: pile\n    id: 'd{}'\n"
                             "    first: 0\n    count: " +
                             std::to_string(devices) +
                             "\n    uplink: {wire: {}}\n    config: {reports: {meter: "
                             "{every: " +
                             every + "}}}\n");
}

bool ControlProcess::reachable() const {
  const json info = json::parse(fleet_test::read_file(run_dir_ + "/control.json"), nullptr, false);
  return info.is_object() && info.value("pid", 0) == child_->pid();
}

bool ControlProcess::start(std::vector<std::string> flags, int workers) {
  std::vector<std::string> words = {fleet_test::program("vfleet-control"),
                                    "--fleet",
                                    files_ / "fleet.yaml",
                                    "--run-dir",
                                    run_dir_,
                                    "--worker-program",
                                    files_ / "worker",
                                    "--no-worker-check",  // the program only describes
                                    "--workers",
                                    std::to_string(workers)};
  words.insert(words.end(), flags.begin(), flags.end());
  child_.reset();
  // Not while the next one is there: it would come back to it, and take the new one's name when it goes.
  operator_.reset();
  child_ = std::make_unique<fleet_test::Process>(words, files_ / "out", files_ / "err");
  if (!fleet_test::eventually([&] { return reachable() || !child_->running(); }) || !child_->running())
    return false;
  bus::SocketOptions options;
  options.identity = "operator";
  auto opened =
      bus::ZmqSocket::open(context_, loop_.context(), bus::SocketKind::dealer, options,
                           [this](bus::ZmqSocket::Frames parts) { frames.push_back(json::parse(parts[0])); });
  EXPECT_TRUE(opened);
  operator_ = std::move(*opened);
  EXPECT_TRUE(operator_->connect("ipc://" + run_dir_ + "/operator.sock"));
  return true;
}

void ControlProcess::kill_hard() {
  child_->signal(SIGKILL);
  EXPECT_EQ(child_->wait(20s), -SIGKILL);
}

std::optional<int> ControlProcess::stop() {
  child_->signal(SIGTERM);
  static_cast<void>(until([&] { return !child_->running(); }));
  return status();
}

std::string ControlProcess::said() const {
  return fleet_test::read_file(files_ / "err");
}

ScriptedWorker& ControlProcess::add_worker() {
  ScriptedWorker::Script script;
  script.describe = types().dump();
  script.outlives = true;
  workers_.push_back(std::make_unique<ScriptedWorker>(loop_, context_, "ipc://" + run_dir_ + "/publish.sock",
                                                      "ipc://" + run_dir_ + "/workers.sock",
                                                      std::move(script)));
  EXPECT_TRUE(until([&] { return workers_.back()->live; })) << said();
  return *workers_.back();
}

bool ControlProcess::in_step(const ScriptedWorker& worker) {
  const json status = ask("status-" + std::to_string(frames.size()), "status");
  if (status.is_null()) return false;
  return until(
      [&] { return worker.epoch == status["epoch"] && worker.live && worker.applied >= status["seq"]; });
}

void ControlProcess::send(const std::string& id, const std::string& verb, json args) {
  const std::string frame = json{{"v", 1}, {"id", id}, {"verb", verb}, {"args", std::move(args)}}.dump();
  const auto sent = [&] { return operator_->send({frame}).has_value(); };
  EXPECT_TRUE(sent() || until(sent));  // not before it is connected
}

void ControlProcess::set(const std::string& id, const std::string& selector) {
  send(id, "set", {{"selector", selector}, {"patch", {{"reports.meter.every", "2s"}}}});
}

json ControlProcess::answer(const std::string& id) {
  json found;
  static_cast<void>(until([&] {
    for (const json& frame : frames) {
      if (frame["id"] == id && (frame["kind"] == "result" || frame["kind"] == "error")) found = frame;
    }
    return !found.is_null();
  }));
  return found;
}

json ControlProcess::ask(const std::string& id, const std::string& verb, json args) {
  send(id, verb, std::move(args));
  return answer(id);
}

bool ControlProcess::until(const std::function<bool()>& done) {
  const TimePoint end = clock_.now() + 20s;
  bool good = false;
  loop::CallbackTimer look(loop_, [&] {
    good = done();
    if (good || clock_.now() >= end) return loop_.stop();
    look.arm_in(2ms);
  });
  look.arm_in(0ms);
  loop_.run();
  return good;
}

}  // namespace vfleet::control::server
