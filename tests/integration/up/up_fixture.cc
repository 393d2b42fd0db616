#include "tests/integration/up/up_fixture.h"

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

#include "control/cli/run_dir.h"
#include "control/cli/supervise/run_files.h"
#include "simulator/board/directory.h"
#include "simulator/core/clock.h"

namespace vfleet::cli {

bool becomes_true(const std::function<bool()>& condition, Duration within) {
  const RealClock clock;
  const TimePoint deadline = clock.now() + within;
  while (!condition()) {
    if (clock.now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

bool is_gone(int pid) {
  std::ifstream in(fmt::format("/proc/{}/stat", pid));
  std::string stat;
  return !std::getline(in, stat) || stat.find(") Z") != std::string::npos;
}

Up::Up() {
  std::string name = (fs::temp_directory_path() / "vfleet-up-XXXXXX").string();
  dir_ = ::mkdtemp(name.data());
  std::ofstream(dir_ / "fleet.yaml") << fleet_text(platform_.port());
  const char* folder = std::getenv("VFLEET_BIN_DIR");
  bin_ = fs::absolute(folder == nullptr ? "build/dev/bin" : folder);
}

Up::~Up() {
  board::remove_all(run_dir().string());  // of processes that were killed
  std::error_code ignored;
  fs::remove_all(dir_, ignored);
}

std::string Up::fleet_text(std::uint16_t port) {
  return fmt::format(
      "fleet: small\n"
      "platform:\n"
      "  figures: \"http://127.0.0.1:{0}/figures\"\n"
      "groups:\n"
      "  - name: pile\n"
      "    type: charging_pile\n"
      "    count: 40\n"
      "    uplink:\n"
      "      http:\n"
      "        url: \"http://127.0.0.1:{0}/ingest\"\n",
      port);
}

int Up::pid_of(const std::string& program) const {
  const auto up = live_pid(run_dir(), "up");
  if (!up) return 0;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    std::stringstream words;
    words << std::ifstream(entry.path() / "cmdline").rdbuf();
    std::stringstream stat;
    stat << std::ifstream(entry.path() / "stat").rdbuf();
    const bool child = stat.str().find(fmt::format(" {} ", *up)) != std::string::npos;
    if (child && words.str().find(program) != std::string::npos)
      return std::atoi(entry.path().filename().c_str());
  }
  return 0;
}

std::string Up::printed() const {
  std::stringstream text;
  text << std::ifstream(log()).rdbuf();
  return text.str();
}

Child Up::vfleet(std::vector<std::string> args) const {
  args.insert(args.end(), {"--run-dir", run_dir().string()});
  auto child = Child::spawn(bin_ / "vfleet", bin_ / "vfleet", args, log());
  EXPECT_TRUE(child.has_value()) << child.error().message;
  return std::move(*child);
}

Child Up::up(std::vector<std::string> options) const {
  options.insert(options.begin(), {"up", (dir_ / "fleet.yaml").string(), "--workers", "2"});
  return vfleet(std::move(options));
}

int Up::status_of(Child& child, Duration within) {
  if (!becomes_true([&] { return child.poll().has_value(); }, within)) return -1;
  return child.poll()->signal == 0 ? child.poll()->code : -1;
}

bool Up::gets_online() const {
  return becomes_true([this] { return printed().find("40 devices online") != std::string::npos; });
}

bool Up::nobody_listens() const {
  return becomes_true([this] { return !is_listening(run_dir() / "operator.sock"); });
}

nlohmann::json Up::summary() const {
  return read_json_file(run_dir() / kSummaryFile).value_or(nlohmann::json::object());
}

std::vector<int> Up::fleet_pids() const {
  std::vector<int> pids;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    std::ifstream in(entry.path() / "cmdline");
    std::stringstream text;
    text << in.rdbuf();
    const std::string words = text.str();
    const bool ours = words.find("/vfleet-control") != std::string::npos ||
                      words.find("/vfleet-worker") != std::string::npos;
    if (ours && words.find(run_dir().string()) != std::string::npos) {
      pids.push_back(std::atoi(entry.path().filename().c_str()));
    }
  }
  return pids;
}

int Up::worker_pid(int shard) const {
  for (const int pid : fleet_pids()) {
    std::ifstream in(fmt::format("/proc/{}/cmdline", pid));
    std::stringstream text;
    text << in.rdbuf();
    const std::string words = text.str();
    const std::string end = std::string("--shard") + '\0' + std::to_string(shard);
    if (words.find("/vfleet-worker") != std::string::npos && words.find(end) != std::string::npos) return pid;
  }
  return 0;
}

nlohmann::json Up::ask(std::vector<std::string> words) const {
  words.emplace_back("--json");
  words.insert(words.end(), {"--run-dir", run_dir().string()});
  const auto text = capture(bin_ / "vfleet", words, kPatience);
  return text ? nlohmann::json::parse(*text, nullptr, false) : nlohmann::json();
}

int Up::shell(const std::string& command) const {
  auto child = Child::spawn(bin_ / "vfleet", "/bin/sh",
                            {"-c", fmt::format("vfleet='{}'; dir='{}'; {}", (bin_ / "vfleet").string(),
                                               run_dir().string(), command)},
                            log());
  EXPECT_TRUE(child.has_value()) << child.error().message;
  return status_of(*child);
}

std::string Up::file(const fs::path& path) const {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace vfleet::cli
