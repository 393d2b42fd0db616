#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "simulator/core/result.h"

/// Where boards lie: RUN_DIR/board is a link to /dev/shm/vfleet-UID-HASH (HASH of the run directory's path;
/// mode 0700), so that a board is memory and never a write to a disk. Boards in it are called NAME.PID.board.
namespace vfleet::board {

/// Makes the directory and the link to it, unless they are there. Returns RUN_DIR/board.
/// Errors: unavailable (also: the place in /dev/shm belongs to somebody else).
[[nodiscard]] Result<std::string> make_directory(const std::string& run_dir);

struct Entry {
  std::string path;
  std::string name;  ///< "worker-0"
  std::int64_t pid = 0;
};
/// The boards of a run directory, sorted by name and pid; none when there is no directory.
[[nodiscard]] std::vector<Entry> list(const std::string& run_dir);

/// Whether the process that wrote this board still lives: it holds the file's lock. False too when there is
/// no such file. Never waits.
[[nodiscard]] bool writer_lives(const std::string& path);

void remove(const Entry& entry);
/// Removes all boards whose writer has died or has ended in order, then the directory and its link when
/// nothing is left in it. For the end of a run, and for the begin of a fresh one.
void remove_all(const std::string& run_dir);
/// Removes board directories of this user whose run directory is gone and whose writers are dead: what a run
/// that was killed as a whole has left. Returns how many.
std::size_t remove_orphans();

/// Takes the lock that writer_lives() looks at; it goes with the descriptor. False: somebody holds it.
[[nodiscard]] bool lock(int file);

}  // namespace vfleet::board
