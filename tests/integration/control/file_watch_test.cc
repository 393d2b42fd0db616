#include "control/server/file_watch.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>

#include "simulator/core/clock.h"
#include "simulator/loop/asio_loop.h"

namespace vfleet::control::server {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class FileWatchTest : public ::testing::Test {
 protected:
  FileWatchTest() {
    std::string pattern = fs::temp_directory_path() / "vfleet-watch-XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~FileWatchTest() override { fs::remove_all(folder_); }

  [[nodiscard]] std::string path(const std::string& name) const { return folder_ / name; }

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }

  /// Runs the loop until something was told; what was told last. Empty when nothing came within `patience`.
  std::vector<std::string> told(Duration patience = 60s) {
    const std::size_t before = tellings_.size();
    bool over = false;
    loop::CallbackTimer limit(loop_, [&] {
      over = true;
      loop_.stop();
    });
    limit.arm_in(patience);
    while (tellings_.size() == before && !over) loop_.run();
    return tellings_.size() == before ? std::vector<std::string>() : tellings_.back();
  }

  RealClock clock_;
  loop::AsioLoop loop_{clock_};
  fs::path folder_;
  std::vector<std::vector<std::string>> tellings_;
  FileWatch watch_{loop_, [this](std::vector<std::string> files) {
                     tellings_.push_back(std::move(files));
                     loop_.stop();
                   }};
};

TEST_F(FileWatchTest, TellsOfAFileThatIsWrittenInPlace) {
  const std::string fleet = write("fleet.yaml", "a");
  watch_.watch({fleet});
  write("fleet.yaml", "bb");
  EXPECT_EQ(told(), std::vector{fleet});
}

TEST_F(FileWatchTest, TellsOfAFileThatIsReplacedByRename) {
  const std::string fleet = write("fleet.yaml", "a");
  watch_.watch({fleet});
  write(".fleet.yaml.swp", "b");
  fs::rename(path(".fleet.yaml.swp"), fleet);
  EXPECT_EQ(told(), std::vector{fleet});
  // Again: the file is another one now.
  write("fleet.yaml", "ccc");
  EXPECT_EQ(told(), std::vector{fleet});
}

TEST_F(FileWatchTest, TellsOnceWhenAnEditorMovesTheOldFileAwayFirst) {
  const std::string fleet = write("fleet.yaml", "a");
  watch_.watch({fleet});
  fs::rename(fleet, path("fleet.yaml~"));
  EXPECT_TRUE(told(300ms).empty()) << "the file is being replaced";
  write("fleet.yaml", "b");
  EXPECT_EQ(told(), std::vector{fleet});
  EXPECT_TRUE(told(600ms).empty());
}

TEST_F(FileWatchTest, TellsOfAFileThatIsGone) {
  const std::string fleet = write("fleet.yaml", "a");
  watch_.watch({fleet});
  fs::remove(fleet);
  EXPECT_EQ(told(), std::vector{fleet});
  write("fleet.yaml", "a");
  EXPECT_EQ(told(), std::vector{fleet});
}

TEST_F(FileWatchTest, TellsOfALinkThatLeadsElsewhere) {
  // As mounted configuration is replaced: FILE -> ..data/FILE, ..data -> another folder.
  fs::create_directory(folder_ / "1");
  fs::create_directory(folder_ / "2");
  write("1/fleet.yaml", "a");
  write("2/fleet.yaml", "b");
  fs::create_directory_symlink("1", folder_ / "..data");
  fs::create_symlink("..data/fleet.yaml", folder_ / "fleet.yaml");
  watch_.watch({path("fleet.yaml")});
  fs::create_directory_symlink("2", folder_ / "..next");
  fs::rename(folder_ / "..next", folder_ / "..data");
  EXPECT_EQ(told(), std::vector{path("fleet.yaml")});
}

TEST_F(FileWatchTest, TellsOfSeveralFilesAtOnce) {
  const std::string fleet = write("fleet.yaml", "a");
  const std::string profile = write("profile.yaml", "a");
  watch_.watch({fleet, profile});
  write("fleet.yaml", "bb");
  write("profile.yaml", "bb");
  EXPECT_EQ(told(), (std::vector{fleet, profile}));
}

TEST_F(FileWatchTest, IsSilentAboutFilesThatAreReadAndAboutOthers) {
  const std::string fleet = write("fleet.yaml", "a");
  watch_.watch({fleet});
  std::ifstream(fleet).get();
  write("notes.txt", "x");
  fs::permissions(fleet, fs::perms::owner_read);
  EXPECT_TRUE(told(600ms).empty());
}

TEST_F(FileWatchTest, FollowsAFolderThatWasReplaced) {
  fs::create_directory(folder_ / "profiles");
  const std::string profile = write("profiles/dc.yaml", "a");
  watch_.watch({profile});
  fs::rename(folder_ / "profiles", folder_ / "old");
  fs::create_directory(folder_ / "profiles");
  write("profiles/dc.yaml", "bb");
  EXPECT_EQ(told(), std::vector{profile});
  write("profiles/dc.yaml", "ccc");
  EXPECT_EQ(told(), std::vector{profile});
}

TEST_F(FileWatchTest, ForgetsWhatIsNotWatchedAnyMore) {
  const std::string fleet = write("fleet.yaml", "a");
  const std::string profile = write("profile.yaml", "a");
  watch_.watch({fleet, profile});
  watch_.watch({fleet});
  write("profile.yaml", "bb");
  EXPECT_TRUE(told(600ms).empty());
}

}  // namespace
}  // namespace vfleet::control::server
