#include "control/cli/run_dir.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

namespace vfleet::cli {
namespace {

namespace fs = std::filesystem;

// The longest socket name in a run directory, with its slash.
constexpr std::string_view kLongestSocket = "/operator.sock";

std::vector<fs::path> usual_places(const Environment& env) {
  std::vector<fs::path> places;
  if (const auto runtime = env.variable("XDG_RUNTIME_DIR"); runtime && !runtime->empty()) {
    places.push_back(fs::path(*runtime) / "vfleet");
  }
  places.push_back(env.tmp_dir / fmt::format("vfleet-{}", env.uid));
  return places;
}

nlohmann::json read_json(const fs::path& path) {
  std::ifstream in(path);
  return in ? nlohmann::json::parse(in, nullptr, false) : nlohmann::json();
}

std::optional<std::string> given(const Environment& env, const std::optional<std::string>& option) {
  if (option && !option->empty()) return option;
  if (auto variable = env.variable("VFLEET_RUN_DIR"); variable && !variable->empty()) return variable;
  return std::nullopt;
}

bool is_alive(int pid) {
  return pid > 0 && (::kill(pid, 0) == 0 || errno == EPERM);
}

// What vfleet itself leaves in a run directory; anything else there is not ours to remove.
bool is_ours(const fs::path& path) {
  static constexpr std::array<std::string_view, 10> kSuffixes = {
      ".sock", ".log", ".json", ".lock", ".port", ".board", ".db", "-wal", "-shm", "-journal"};
  const std::string name = path.filename().string();
  return name == "lock" || std::any_of(kSuffixes.begin(), kSuffixes.end(), [&](std::string_view suffix) {
           return name.size() > suffix.size() &&
                  name.compare(name.size() - suffix.size(), suffix.size(), suffix) == 0;
         });
}

Outcome<void> check_owner(const fs::path& path) {
  struct stat info = {};
  if (::lstat(path.c_str(), &info) != 0) return {};
  if (!S_ISDIR(info.st_mode)) return wrong_usage(fmt::format("{} is not a directory", path.string()));
  if (info.st_uid != ::geteuid()) {
    return wrong_usage(fmt::format("the run directory {} belongs to another user", path.string()),
                       "--run-dir with a directory of your own");
  }
  return {};
}

}  // namespace

bool is_listening(const fs::path& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  const std::string text = path.string();
  if (text.size() >= sizeof(address.sun_path)) return false;
  std::memcpy(address.sun_path, text.c_str(), text.size());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return false;
  // A full backlog (EAGAIN) also means that somebody holds the socket.
  const bool up =
      ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 || errno == EAGAIN;
  ::close(fd);
  return up;
}

RunDir read_run_dir(const fs::path& path) {
  RunDir dir{.path = path, .fleet = {}, .pid = 0};
  const nlohmann::json info = read_json(path / "control.json");
  if (!info.is_object()) return dir;
  if (auto fleet = info.find("fleet"); fleet != info.end() && fleet->is_string())
    dir.fleet = fleet->get<std::string>();
  if (auto pid = info.find("pid"); pid != info.end() && pid->is_number_integer()) dir.pid = pid->get<int>();
  return dir;
}

std::vector<RunDir> live_run_dirs(const Environment& env) {
  std::vector<RunDir> found;
  for (const fs::path& place : usual_places(env)) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(place, ignored)) {
      if (is_listening(entry.path() / "operator.sock")) found.push_back(read_run_dir(entry.path()));
    }
  }
  std::sort(found.begin(), found.end(), [](const RunDir& a, const RunDir& b) { return a.path < b.path; });
  return found;
}

Outcome<RunDir> find_run_dir(const Environment& env, const std::optional<std::string>& option) {
  if (const auto path = given(env, option)) {
    RunDir dir = read_run_dir(*path);
    if (!is_listening(dir.operator_socket())) {
      return give_up(ExitStatus::no_control, "no_control",
                     fmt::format("no control process answers in {}", *path),
                     "vfleet up FILE --run-dir " + *path);
    }
    return dir;
  }
  std::vector<RunDir> live = live_run_dirs(env);
  if (live.size() == 1) return live.front();
  if (live.empty()) {
    std::string places;
    for (const fs::path& place : usual_places(env)) places += (places.empty() ? "" : " or ") + place.string();
    return give_up(ExitStatus::no_control, "no_control", fmt::format("no fleet runs (looked in {})", places),
                   "start one with `vfleet up FILE`, or name its directory with --run-dir");
  }
  std::string message = fmt::format("{} fleets run; say which one with --run-dir:", live.size());
  for (const RunDir& dir : live)
    message += fmt::format("\n  --run-dir {}  (control is pid {})", dir.path.string(), dir.pid);
  return give_up(ExitStatus::usage, "several_fleets", std::move(message));
}

Outcome<fs::path> run_dir_for(const Environment& env, const std::optional<std::string>& option,
                              const std::string& fleet) {
  fs::path path;
  if (const auto name = given(env, option)) {
    path = fs::absolute(*name).lexically_normal();
    if (path.filename().empty()) path = path.parent_path();
  } else {
    path = usual_places(env).front() / fleet;
  }
  const std::size_t length = path.string().size() + kLongestSocket.size();
  if (constexpr std::size_t kLimit = sizeof(sockaddr_un{}.sun_path) - 1; length > kLimit) {
    return wrong_usage(
        fmt::format("the run directory's path is too long for unix sockets: {} is {} bytes, {} fit",
                    path.string(), path.string().size(), kLimit - kLongestSocket.size()),
        "--run-dir with a shorter path");
  }
  return path;
}

Outcome<void> prepare_run_dir(const fs::path& path, bool fresh) {
  if (auto owner = check_owner(
          path.parent_path().filename().string().starts_with("vfleet") ? path.parent_path() : path);
      !owner) {
    return owner;
  }
  if (auto owner = check_owner(path); !owner) return owner;

  for (const char* name : {"control", "up"}) {
    const auto pid = live_pid(path, name);
    if (!pid) continue;
    return give_up(ExitStatus::usage, "run_dir_in_use",
                   fmt::format("a fleet runs in {} already ({} is pid {})", path.string(), name, *pid),
                   fmt::format("vfleet stop --run-dir {}, or another --run-dir", path.string()));
  }
  if (is_listening(path / "operator.sock")) {
    return give_up(ExitStatus::usage, "run_dir_in_use",
                   fmt::format("a control process listens in {}", path.string()),
                   fmt::format("vfleet stop --run-dir {}, or another --run-dir", path.string()));
  }

  std::error_code error;
  std::vector<fs::path> stale;
  for (const auto& entry : fs::directory_iterator(path, error)) stale.push_back(entry.path());
  if (!stale.empty() && !fresh) {
    return give_up(ExitStatus::usage, "run_dir_used",
                   fmt::format("{} holds files of an earlier run (nothing runs there now)", path.string()),
                   "--fresh removes them and starts anew");
  }
  for (const fs::path& each : stale) {
    if (!is_ours(each)) {
      return wrong_usage(fmt::format("{} is not a file of vfleet: --fresh does not touch it", each.string()),
                         "--run-dir with a directory of its own");
    }
  }
  for (const fs::path& each : stale) {
    if (!fs::remove(each, error))
      return wrong_usage(fmt::format("cannot remove {}: {}", each.string(), error.message()));
  }

  const mode_t before = ::umask(077);
  fs::create_directories(path, error);
  ::umask(before);
  if (error)
    return wrong_usage(fmt::format("cannot make the run directory {}: {}", path.string(), error.message()));
  fs::permissions(path, fs::perms::owner_all, error);
  return {};
}

std::optional<int> live_pid(const fs::path& run_dir, const std::string& name) {
  const nlohmann::json info = read_json(run_dir / (name + ".json"));
  if (!info.is_object() || !info.contains("pid") || !info["pid"].is_number_integer()) return std::nullopt;
  const int pid = info["pid"].get<int>();
  if (!is_alive(pid)) return std::nullopt;
  // "PID (NAME) STATE ...". The number may have been given to another process since: ours are called
  // vfleet...; and one that has ended may wait for its parent to notice (in a container perhaps for ever).
  std::ifstream in(fmt::format("/proc/{}/stat", pid));
  std::string stat;
  if (!in || !std::getline(in, stat)) return pid;
  const std::size_t name_at = stat.find('(');
  const std::size_t name_end = stat.rfind(')');
  if (name_at == std::string::npos || name_end == std::string::npos) return pid;
  if (std::string_view(stat).substr(name_at + 1, 6) != "vfleet") return std::nullopt;
  if (stat.compare(name_end, 3, ") Z") == 0) return std::nullopt;
  return pid;
}

}  // namespace vfleet::cli
