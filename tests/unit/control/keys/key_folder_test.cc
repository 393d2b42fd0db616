#include "control/keys/key_folder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace vfleet::control::keys {
namespace {

namespace fs = std::filesystem;

class KeyFolderTest : public ::testing::Test {
 protected:
  KeyFolderTest() {
    std::string pattern = fs::temp_directory_path() / "vfleet-keys-XXXXXX";
    top_ = mkdtemp(pattern.data());
    folder_ = top_ + "/keys";
  }
  ~KeyFolderTest() override { fs::remove_all(top_); }

  static std::string text(const std::string& path) {
    std::ostringstream out;
    out << std::ifstream(path).rdbuf();
    return out.str();
  }
  static mode_t mode(const std::string& path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 0777 : 0;
  }
  static AllowedKey wanted(const std::string& name, bus::Role role) { return {name, role, {}, {}}; }

  std::string top_;
  std::string folder_;
};

TEST_F(KeyFolderTest, SecretsAreReadableByTheirOwnerOnly) {
  ASSERT_TRUE(make_server_key(folder_));
  const auto made = make_client_key(folder_, wanted("alice", bus::Role::operator_));
  ASSERT_TRUE(made) << made.error().detail;
  EXPECT_EQ(mode(folder_), 0700U);
  EXPECT_EQ(mode(folder_ + "/server.key"), 0600U);
  EXPECT_EQ(mode(made->secret_file), 0600U);
  EXPECT_TRUE(made->key.keys.secret_key.empty());
  EXPECT_EQ(text(made->public_file).find("secret:"), std::string::npos);
}

TEST_F(KeyFolderTest, AMadeKeyIsAdmittedAndKnowsItsServer) {
  const auto server = make_server_key(folder_);
  ASSERT_TRUE(server);
  ASSERT_TRUE(make_client_key(folder_, wanted("alice", bus::Role::operator_)));
  AllowedKey worker = wanted("host-b", bus::Role::worker);
  worker.shards = {{0, 1}};
  ASSERT_TRUE(make_client_key(folder_, worker));
  const auto list = AllowList::load(folder_ + "/allowed.yaml");
  ASSERT_TRUE(list) << list.error().detail;
  ASSERT_EQ(list->keys().size(), 2U);
  const auto keys = bus::load_client_keys(folder_ + "/host-b.key", bus::Role::worker);
  ASSERT_TRUE(keys) << keys.error().detail;
  EXPECT_EQ(keys->curve.server_key, server->key.keys.public_key);
  const AllowedKey* found = list->find(keys->curve.keys.public_key);
  ASSERT_NE(found, nullptr);
  EXPECT_TRUE(found->may_host(1));
  EXPECT_FALSE(found->may_host(2));
}

TEST_F(KeyFolderTest, NoKeyIsEverOverwritten) {
  ASSERT_TRUE(make_server_key(folder_));
  const std::string before = text(folder_ + "/server.key");
  EXPECT_EQ(make_server_key(folder_).error().code, Errc::rejected);
  EXPECT_EQ(text(folder_ + "/server.key"), before);
  ASSERT_TRUE(make_client_key(folder_, wanted("a", bus::Role::viewer)));
  const std::string list = text(folder_ + "/allowed.yaml");
  EXPECT_FALSE(make_client_key(folder_, wanted("a", bus::Role::viewer)));
  EXPECT_FALSE(make_client_key(folder_, wanted("server", bus::Role::viewer)));
  EXPECT_FALSE(make_client_key(folder_, wanted("../a", bus::Role::viewer)));
  EXPECT_EQ(text(folder_ + "/allowed.yaml"), list);
}

TEST_F(KeyFolderTest, AClientWithoutItsServerIsToldWhatToDo) {
  const auto made = make_client_key(folder_, wanted("a", bus::Role::viewer));
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().detail.find("--server"), std::string::npos) << made.error().detail;
}

TEST_F(KeyFolderTest, AKeyMadeElsewhereIsAdmittedByItsPublicFile) {
  ASSERT_TRUE(make_server_key(folder_));
  const std::string elsewhere = top_ + "/elsewhere";
  fs::create_directory(elsewhere);
  fs::copy_file(folder_ + "/server.pub", elsewhere + "/server.pub");
  const auto made = make_client_key(elsewhere, wanted("bob", bus::Role::operator_));
  ASSERT_TRUE(made) << made.error().detail;
  EXPECT_TRUE(made->allowed_file.empty()) << "only control's folder says who is admitted";
  EXPECT_FALSE(admit_public_key(elsewhere, made->public_file, wanted("bob", bus::Role::viewer)));
  const auto admitted = admit_public_key(folder_, made->public_file, wanted("bob", bus::Role::viewer));
  ASSERT_TRUE(admitted) << admitted.error().detail;
  const auto list = AllowList::load(folder_ + "/allowed.yaml");
  ASSERT_TRUE(list);
  const AllowedKey* found = list->find(made->key.keys.public_key);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->role, bus::Role::viewer) << "the role is control's to say, not the file's";
}

TEST_F(KeyFolderTest, AListThatOthersMayWriteIsNotBelieved) {
  ASSERT_TRUE(make_server_key(folder_));
  ::chmod((folder_ + "/allowed.yaml").c_str(), 0666);
  const auto list = AllowList::load(folder_ + "/allowed.yaml");
  ASSERT_FALSE(list);
  EXPECT_NE(list.error().detail.find("chmod go-w"), std::string::npos);
}

TEST_F(KeyFolderTest, AListInAnotherShapeIsNotSpoiled) {
  ASSERT_TRUE(make_server_key(folder_));
  const std::string path = folder_ + "/allowed.yaml";
  const std::string flow = "keys: []\n";
  std::ofstream(path) << flow;
  const auto made = make_client_key(folder_, wanted("a", bus::Role::viewer));
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().detail.find("by hand"), std::string::npos) << made.error().detail;
  EXPECT_EQ(text(path), flow);
  EXPECT_FALSE(fs::exists(folder_ + "/a.key"));
}

}  // namespace
}  // namespace vfleet::control::keys
