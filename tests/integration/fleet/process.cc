#include "tests/integration/fleet/process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "simulator/core/clock.h"

namespace vfleet::fleet_test {
namespace {

constexpr milliseconds kBetweenLooks{20};

}  // namespace

std::string program(const std::string& name) {
  const char* folder = std::getenv("VFLEET_BIN_DIR");
  return std::string(folder == nullptr ? "build/dev/bin" : folder) + "/" + name;
}

bool eventually(const std::function<bool()>& holds, milliseconds patience) {
  const RealClock clock;
  const TimePoint deadline = clock.now() + patience;
  for (;;) {
    if (holds()) return true;
    if (clock.now() >= deadline) return false;
    std::this_thread::sleep_for(kBetweenLooks);
  }
}

TempDir::TempDir() {
  std::string name = (std::filesystem::temp_directory_path() / "vfleet-test-XXXXXX").string();
  if (::mkdtemp(name.data()) != nullptr) path_ = name;
  EXPECT_FALSE(path_.empty()) << "no temporary folder";
}

TempDir::~TempDir() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

Process::Process(std::vector<std::string> arguments, const std::string& out_file, const std::string& err_file,
                 const Variables& variables) {
  std::vector<std::string> environment;
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string entry = *each;
    const std::string name = entry.substr(0, entry.find('='));
    bool replaced = name == "VFLEET_RUN_DIR";
    for (const auto& variable : variables) replaced = replaced || variable.first == name;
    if (!replaced) environment.push_back(entry);
  }
  for (const auto& [name, value] : variables) environment.push_back(name + "=" + value);

  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  std::vector<char*> envp;
  for (std::string& entry : environment) envp.push_back(entry.data());
  envp.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                   0600);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, err_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                   0600);
  if (::posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), envp.data()) != 0) pid_ = -1;
  posix_spawn_file_actions_destroy(&actions);
  EXPECT_GT(pid_, 0) << "cannot start " << arguments[0];
  if (pid_ > 0) pidfd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
}

Process::~Process() {
  if (pid_ > 0 && running()) {
    signal(SIGKILL);
    wait(seconds(10));
  }
  if (pidfd_ >= 0) ::close(pidfd_);
}

void Process::signal(int number) const {
  if (pid_ > 0 && !ended_) ::kill(pid_, number);
}

std::optional<int> Process::wait(milliseconds patience) {
  if (ended_ || pid_ <= 0) return ended_;
  pollfd poll{pidfd_, POLLIN, 0};
  if (::poll(&poll, 1, static_cast<int>(patience.count())) <= 0) return std::nullopt;
  int status = 0;
  if (::waitpid(pid_, &status, 0) != pid_) return std::nullopt;
  ended_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  return ended_;
}

std::string read_file(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
}

}  // namespace vfleet::fleet_test
