#pragma once

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

namespace vfleet::child {

/// File actions and attributes of a posix_spawn, destroyed together. The child leads a process group of its
/// own, blocks no signal and handles every signal by default. The owner adds what becomes of its descriptors.
struct SpawnPlan {
  SpawnPlan() {
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawnattr_init(&attributes);
    sigset_t none;
    sigset_t defaults;
    ::sigemptyset(&none);
    ::sigfillset(&defaults);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &defaults);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setflags(&attributes,
                               POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&files);
    ::posix_spawnattr_destroy(&attributes);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  /// The child reads nothing: /dev/null is its standard input.
  void no_input() { ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0); }
  /// `fd` becomes the child's `as`.
  void give(int fd, int as) { ::posix_spawn_file_actions_adddup2(&files, fd, as); }

  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
};

}  // namespace vfleet::child
