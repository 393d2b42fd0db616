#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>

#include "simulator/board/board.h"
#include "simulator/board/directory.h"
#include "simulator/board/snapshot.h"

namespace vfleet::board {

inline constexpr std::uint32_t kSent = cell_of(kShardFields, "sent");
inline constexpr std::uint32_t kAcked = cell_of(kShardFields, "acked");

/// A run directory of its own, which leaves nothing behind, in /dev/shm neither.
class BoardFixture : public testing::Test {
 protected:
  BoardFixture() {
    std::string pattern = (std::filesystem::temp_directory_path() / "vfleet-board-XXXXXX").string();
    run_dir = ::mkdtemp(pattern.data());
  }
  ~BoardFixture() override {
    remove_all(run_dir);
    std::filesystem::remove_all(run_dir);
  }

  [[nodiscard]] Board make(std::uint32_t shard = 0) const {
    auto made = Board::create({.run_dir = run_dir,
                               .name = "worker-" + std::to_string(shard),
                               .shard = shard,
                               .started = WallTime(std::chrono::microseconds(1'000'000))});
    EXPECT_TRUE(made) << (made ? "" : made.error().detail);
    return std::move(*made);
  }
  [[nodiscard]] std::string memory_dir() const {
    return std::filesystem::read_symlink(std::filesystem::path(run_dir) / "board").string();
  }

  std::string run_dir;
};

}  // namespace vfleet::board
