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
#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>
#include <span>

#include "control/cli/run_dir_places.h"
#include "simulator/board/directory.h"
#include "simulator/bus/control_endpoints.h"

namespace vfleet::cli {
namespace {

namespace fs = std::filesystem;

// The longest socket name in a run directory, with its slash.
constexpr std::string_view kLongestSocket = "/operator.sock";

nlohmann::json read_json(const fs::path& path) {
  std::ifstream in(path);
  return in ? nlohmann::json::parse(in, nullptr, false) : nlohmann::json();
}

bool is_alive(int pid) {
  return pid > 0 && (::kill(pid, 0) == 0 || errno == EPERM);
}

constexpr const char* kJournal = "journal.db";

bool ends_with_any(std::string_view name, std::span<const std::string_view> suffixes) {
  return std::any_of(suffixes.begin(), suffixes.end(), [&](std::string_view suffix) {
    return name.size() > suffix.size() && name.ends_with(suffix);
  });
}

// "worker-0.log.1", "up.json.4711": a name of ours and a number.
std::string_view without_number(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot + 1 == name.size()) return name;
  const std::string_view number = name.substr(dot + 1);
  return number.find_first_not_of("0123456789") == std::string_view::npos ? name.substr(0, dot) : name;
}

bool is_folder_of_ours(const fs::path& path) {
  static constexpr std::array<std::string_view, 4> kFolders = {"logs", "board", "state", "results"};
  std::error_code error;
  const fs::file_type type = fs::symlink_status(path, error).type();
  const std::string name = path.filename().string();
  if (type == fs::file_type::symlink) return name == "board";  // into /dev/shm
  return type == fs::file_type::directory &&
         std::find(kFolders.begin(), kFolders.end(), name) != kFolders.end();
}

// What vfleet itself leaves in a run directory; anything else there is not ours to remove.
bool is_ours(const fs::path& path) {
  static constexpr std::array<std::string_view, 10> kSuffixes = {
      ".sock", ".log", ".json", ".lock", ".port", ".board", ".db", "-wal", "-shm", "-journal"};
  const std::string whole = path.filename().string();
  const std::string_view name = without_number(whole);
  // Not every .pem: a key of somebody's is not ours to remove.
  static constexpr std::array<std::string_view, 3> kOfThePlatform = {"platform-cert.pem", "platform-key.pem",
                                                                     "platform-trusted.pem"};
  const bool of_platform =
      std::find(kOfThePlatform.begin(), kOfThePlatform.end(), whole) != kOfThePlatform.end();
  return name == "lock" || ends_with_any(name, kSuffixes) || of_platform || is_folder_of_ours(path);
}

// What only says something of processes that have ended.
bool is_of_the_moment(const fs::path& path) {
  static constexpr std::array<std::string_view, 4> kSuffixes = {".sock", ".json", ".lock", ".port"};
  const std::string whole = path.filename().string();
  const std::string_view name = without_number(whole);
  return name == "lock" || ends_with_any(name, kSuffixes);
}

bool is_journal(const fs::path& path) {
  return path.filename().string().starts_with(kJournal);
}

std::string age_text(const fs::path& path) {
  struct stat info = {};
  std::tm parts = {};
  if (::stat(path.c_str(), &info) != 0 || ::localtime_r(&info.st_mtime, &parts) == nullptr) return {};
  std::array<char, 64> text = {};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts);
  return std::string(text.data(), size);
}

// Its mode keeps all others out, but root; that of the folder above does, too.
bool of_somebody_else(const Environment& env, const fs::path& path) {
  struct stat info = {};
  if (env.uid == 0) return false;
  return ::stat(path.c_str(), &info) == 0 ? info.st_uid != env.uid : errno == EACCES;
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

std::string run_dir_words(const fs::path& path) {
  static constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+:@%,=";
  const std::string text = path.string();
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return "--run-dir " + text;
  std::string out = "--run-dir '";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

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
  RunDir dir{.path = path, .fleet = {}, .pid = 0, .remote = {}};
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
  if (const auto path = named_run_dir(env, option)) {
    RunDir dir = read_run_dir(*path);
    if (!is_listening(dir.operator_socket())) {
      if (of_somebody_else(env, *path)) {
        return give_up(ExitStatus::no_control, "no_control",
                       fmt::format("{} is another user's: nobody else reaches the fleet there", *path),
                       "become that user; or --control, when it listens on tcp:// (vfleet up --listen)");
      }
      return give_up(ExitStatus::no_control, "no_control",
                     fmt::format("no control process answers in {}", *path),
                     "vfleet up FILE " + run_dir_words(*path));
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
    message += fmt::format("\n  {}  (control is pid {})", run_dir_words(dir.path), dir.pid);
  return give_up(ExitStatus::usage, "several_fleets", std::move(message));
}

Outcome<RunDir> find_run_dir_with_boards(const Environment& env, const std::optional<std::string>& option) {
  auto found = find_run_dir(env, option);
  if (found || found.error().status != ExitStatus::no_control) return found;
  if (const auto path = named_run_dir(env, option)) {
    if (!board::list(*path).empty()) return read_run_dir(*path);
    return found;
  }
  std::vector<RunDir> with_boards;
  for (const fs::path& place : usual_places(env)) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(place, ignored)) {
      if (!board::list(entry.path().string()).empty()) with_boards.push_back(read_run_dir(entry.path()));
    }
  }
  if (with_boards.size() == 1) return with_boards.front();
  return found;
}

std::string RunDir::control() const {
  if (remote) return "control at " + remote->endpoint;
  return fmt::format("control{} in {}", pid > 0 ? fmt::format(" (pid {})", pid) : "", path.string());
}

std::string RunDir::where_to_look() const {
  if (remote) return "is control there, and are the port and the network right?";
  return fmt::format("look into {}", (path / "control.log").string());
}

Outcome<std::optional<RunDir>> find_remote(const Environment& env, const std::optional<std::string>& control,
                                           const std::optional<std::string>& keys, bool insecure) {
  const auto or_variable = [&env](const std::optional<std::string>& option, std::string_view variable) {
    if (option) return option;
    auto value = env.variable(variable);
    return value && !value->empty() ? value : std::nullopt;
  };
  const auto endpoint = or_variable(control, "VFLEET_CONTROL");
  if (!endpoint) {
    return keys ? wrong_usage("--keys is for --control tcp://HOST:PORT")
                : Outcome<std::optional<RunDir>>(std::nullopt);
  }
  auto endpoints = bus::control_endpoints(*endpoint);
  if (!endpoints) return wrong_usage(endpoints.error().detail);
  auto remote = std::make_shared<Remote>();
  remote->endpoint = std::move(endpoints->operators);
  const auto key_file = or_variable(keys, "VFLEET_KEYS");
  if (key_file && !insecure) {
    auto loaded = bus::load_client_keys(*key_file, bus::Role::operator_);
    if (!loaded) return give_up(ExitStatus::usage, "keys", loaded.error().detail);
    remote->keys = std::move(*loaded);
  } else if (!insecure) {
    return wrong_usage(
        "--control needs --keys FILE (or VFLEET_KEYS): what passes a network is signed and secret",
        "vfleet keygen --help; without keys it is --insecure");
  }
  return RunDir{.path = {}, .fleet = {}, .pid = 0, .remote = std::move(remote)};
}

Outcome<fs::path> run_dir_for(const Environment& env, const std::optional<std::string>& option,
                              const std::string& fleet) {
  fs::path path;
  if (const auto name = named_run_dir(env, option)) {
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

namespace {

Outcome<void> check_unused(const fs::path& path) {
  for (const char* name : {"control", "up"}) {
    const auto pid = live_pid(path, name);
    if (!pid) continue;
    return give_up(ExitStatus::usage, "run_dir_in_use",
                   fmt::format("a fleet runs in {} already ({} is pid {})", path.string(), name, *pid),
                   fmt::format("vfleet stop {}, or another --run-dir", run_dir_words(path)));
  }
  if (is_listening(path / "operator.sock")) {
    return give_up(ExitStatus::usage, "run_dir_in_use",
                   fmt::format("a control process listens in {}", path.string()),
                   fmt::format("vfleet stop {}, or another --run-dir", run_dir_words(path)));
  }
  return {};
}

Failure used(const fs::path& path, bool journal) {
  if (!journal) {
    return {ExitStatus::usage, "run_dir_used",
            fmt::format("{} holds files of an earlier run (nothing runs there now)", path.string()),
            "--fresh removes them and starts anew"};
  }
  return {ExitStatus::usage, "run_dir_used",
          fmt::format("{} holds the journal of an earlier run, last written {} (nothing runs there now)",
                      path.string(), age_text(path / kJournal)),
          "--resume goes on where that run was, with every change made to it; --fresh starts anew"};
}

}  // namespace

Outcome<bool> prepare_run_dir(const fs::path& path, EarlierRun earlier) {
  if (auto owner = check_owner(
          path.parent_path().filename().string().starts_with("vfleet") ? path.parent_path() : path);
      !owner) {
    return tl::unexpected<Failure>(owner.error());
  }
  if (auto owner = check_owner(path); !owner) return tl::unexpected<Failure>(owner.error());
  if (auto unused = check_unused(path); !unused) return tl::unexpected<Failure>(unused.error());

  std::error_code error;
  std::vector<fs::path> left;
  for (const auto& entry : fs::directory_iterator(path, error)) left.push_back(entry.path());
  const bool journal = fs::exists(path / kJournal, error);
  if (!left.empty() && earlier == EarlierRun::refuse) return tl::unexpected(used(path, journal));
  if (earlier == EarlierRun::resume && !journal) {
    return wrong_usage(fmt::format("there is no journal in {}: nothing to resume", path.string()),
                       left.empty() ? "the same without --resume" : "--fresh starts anew");
  }
  std::vector<fs::path> stale;
  for (const fs::path& each : left) {
    if (earlier == EarlierRun::resume) {
      if (is_of_the_moment(each)) stale.push_back(each);
    } else if (!is_ours(each)) {
      return wrong_usage(fmt::format("{} is not a file of vfleet: --fresh does not touch it", each.string()),
                         "--run-dir with a directory of its own");
    } else if (!is_journal(each)) {
      stale.push_back(each);
    }
  }
  if (earlier == EarlierRun::fresh) board::remove_all(path.string());
  for (const fs::path& each : stale) {
    fs::remove_all(each, error);
    if (error) return wrong_usage(fmt::format("cannot remove {}: {}", each.string(), error.message()));
  }

  const mode_t before = ::umask(077);
  fs::create_directories(path, error);
  ::umask(before);
  if (error)
    return wrong_usage(fmt::format("cannot make the run directory {}: {}", path.string(), error.message()),
                       "--run-dir (or VFLEET_RUN_DIR) with a directory in a place where you may write");
  fs::permissions(path, fs::perms::owner_all, error);
  return journal;
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
