#include "control/server/run_directory.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace vfleet::control::server {
namespace {

class RunDirectoryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "vfleet-run-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    root_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(root_); }
  std::string root_;
};

TEST_F(RunDirectoryTest, IsMadeForItsOwnerAlone) {
  const auto taken = RunDirectory::take(root_ + "/a/b");
  ASSERT_TRUE(taken) << taken.error().detail;
  struct stat found {};
  ASSERT_EQ(::stat(taken->path().c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0700U);
  EXPECT_EQ(taken->operator_endpoint(), "ipc://" + root_ + "/a/b/operator.sock");
}

TEST_F(RunDirectoryTest, IsHeldByOneAndNamesHim) {
  auto first = RunDirectory::take(root_);
  ASSERT_TRUE(first);
  const auto second = RunDirectory::take(root_ + "/");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::rejected);
  EXPECT_NE(second.error().detail.find("pid " + std::to_string(::getpid())), std::string::npos);
}

TEST_F(RunDirectoryTest, IsFreeAgainAfterwards) {
  { ASSERT_TRUE(RunDirectory::take(root_)); }
  EXPECT_TRUE(RunDirectory::take(root_));
}

TEST_F(RunDirectoryTest, RefusesAPathTooLongForSockets) {
  const auto taken = RunDirectory::take(root_ + "/" + std::string(107, 'x'));
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, Errc::invalid_argument);
  EXPECT_NE(taken.error().detail.find("--run-dir"), std::string::npos);
  EXPECT_TRUE(std::filesystem::is_empty(root_));
}

TEST_F(RunDirectoryTest, RefusesAFile) {
  std::ofstream(root_ + "/file") << "x";
  EXPECT_FALSE(RunDirectory::take(root_ + "/file"));
}

TEST_F(RunDirectoryTest, AnnouncesAndWithdraws) {
  auto taken = RunDirectory::take(root_);
  ASSERT_TRUE(taken);
  ASSERT_TRUE(taken->announce("{\"pid\":1}"));
  std::string line;
  std::getline(std::ifstream(root_ + "/control.json").seekg(0), line);
  EXPECT_EQ(line, "{\"pid\":1}");
  taken->withdraw();
  EXPECT_FALSE(std::filesystem::exists(root_ + "/control.json"));
}

}  // namespace
}  // namespace vfleet::control::server
