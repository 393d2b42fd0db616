#include "simulator/child/exec_child.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace vfleet::child {

int exec_child(const std::vector<std::string>& words) {
  if (words.size() < 2) return 2;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The parent may have died before prctl: then nobody would ever send that signal.
  if (std::to_string(::getppid()) != words[0]) return 1;
  std::vector<std::string> program(words.begin() + 1, words.end());
  std::vector<char*> argv;
  for (std::string& word : program) argv.push_back(word.data());
  argv.push_back(nullptr);
  ::execvp(argv[0], argv.data());
  std::fprintf(stderr, "cannot start %s: %s\n", argv[0], std::strerror(errno));
  return 127;
}

}  // namespace vfleet::child
