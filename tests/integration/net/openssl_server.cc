#include "tests/integration/net/openssl_server.h"

#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <charconv>

extern char** environ;

namespace vfleet::test {

OpensslServer::OpensslServer(const std::vector<std::string>& words) {
  std::vector<std::string> all = {"openssl", "s_server", "-accept", "127.0.0.1:0", "-rev"};
  all.insert(all.end(), words.begin(), words.end());
  std::vector<char*> argv;
  for (std::string& each : all) argv.push_back(each.data());
  argv.push_back(nullptr);
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return;
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", 0, 0);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
  ::posix_spawn_file_actions_addclose(&actions, ends[0]);
  const int failed = ::posix_spawnp(&pid_, "openssl", &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  pipe_ = ends[0];
  if (failed != 0) {
    pid_ = -1;
    output_ = "cannot start openssl";
    return;
  }
  // "ACCEPT 127.0.0.1:40123"
  constexpr int kPatienceMs = 20'000;
  pollfd readable{pipe_, POLLIN, 0};
  std::array<char, 512> buffer{};
  while (port_ == 0 && ::poll(&readable, 1, kPatienceMs) > 0) {
    const ssize_t size = ::read(pipe_, buffer.data(), buffer.size());
    if (size <= 0) return;
    output_.append(buffer.data(), static_cast<std::size_t>(size));
    const std::size_t line = output_.find("ACCEPT ");
    const std::size_t end = line == std::string::npos ? line : output_.find('\n', line);
    if (end == std::string::npos) continue;
    const std::size_t colon = output_.rfind(':', end);
    std::from_chars(output_.data() + colon + 1, output_.data() + end, port_);
  }
}

OpensslServer::~OpensslServer() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  if (pipe_ >= 0) ::close(pipe_);
}

}  // namespace vfleet::test
