#include "simulator/bus/key_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace vfleet::bus {
namespace {

class KeyFileTest : public ::testing::Test {
 protected:
  KeyFileTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "vfleet-keys-XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~KeyFileTest() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text, mode_t mode = 0600) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path) << text;
    ::chmod(path.c_str(), mode);
    return path;
  }
  static KeyFile key(const std::string& name, Role role, const std::string& server = {}) {
    return {name, role, make_key_pair().value(), server};
  }

  std::string folder_;
};

TEST(Curve, AKeyPairBelongsTogetherAndIsNeverTheSame) {
  const auto one = make_key_pair();
  const auto other = make_key_pair();
  ASSERT_TRUE(one && other);
  EXPECT_EQ(one->public_key.size(), kKeyBytes);
  EXPECT_EQ(public_key_of(one->secret_key).value(), one->public_key);
  EXPECT_NE(one->secret_key, other->secret_key);
  EXPECT_EQ(key_from_hex(to_hex(one->public_key)).value(), one->public_key);
  EXPECT_EQ(fingerprint(one->public_key), to_hex(one->public_key).substr(0, 16));
}

TEST(Curve, HexThatIsNoKeyIsRefused) {
  EXPECT_FALSE(key_from_hex(""));
  EXPECT_FALSE(key_from_hex(std::string(63, 'a')));
  EXPECT_FALSE(key_from_hex(std::string(65, 'a')));
  EXPECT_FALSE(key_from_hex(std::string(63, 'a') + "g"));
  EXPECT_TRUE(key_from_hex(std::string(32, 'a') + std::string(32, 'F')));
}

TEST_F(KeyFileTest, WhatIsWrittenIsReadAgain) {
  const KeyFile made = key("host-b", Role::worker, make_key_pair()->public_key);
  const auto read = parse_key_file(render(made, true));
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(read->name, "host-b");
  EXPECT_EQ(read->role, Role::worker);
  EXPECT_EQ(read->keys.secret_key, made.keys.secret_key);
  EXPECT_EQ(read->server_key, made.server_key);
  const std::string open = render(made, false);
  EXPECT_EQ(open.find(to_hex(made.keys.secret_key)), std::string::npos) << "no secret in the public file";
  EXPECT_TRUE(parse_key_file(open)->keys.secret_key.empty());
}

TEST_F(KeyFileTest, AMistakeIsNamedWithItsLine) {
  const std::string good = render(key("a", Role::viewer), true);
  for (const auto& [text, why] : std::vector<std::pair<std::string, std::string>>{
           {"", "name, role and public"},
           {"name: a\nnonsense", "line 2"},
           {"name: ../a", "line 1"},
           {"role: king", "no role 'king'"},
           {"public: 1234", "64 hex digits"},
           {"colour: red", "line 1"},
           {good + "secret: " + std::string(64, '1') + "\n", "twice"}}) {
    const auto read = parse_key_file(text);
    ASSERT_FALSE(read) << text;
    EXPECT_NE(read.error().detail.find(why), std::string::npos) << read.error().detail;
    EXPECT_EQ(read.error().code, Errc::malformed);
  }
}

TEST_F(KeyFileTest, ASecretThatDoesNotBelongToThePublicKeyIsRefused) {
  KeyFile mixed = key("a", Role::viewer);
  mixed.keys.secret_key = make_key_pair()->secret_key;
  EXPECT_FALSE(parse_key_file(render(mixed, true)));
}

TEST_F(KeyFileTest, ASecretThatOthersMayReadIsRefusedWithWhatToDo) {
  const std::string text = render(key("a", Role::operator_, make_key_pair()->public_key), true);
  for (const mode_t mode : {0644, 0640, 0604, 0660}) {
    const auto read = load_secret(write("a.key", text, mode));
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, Errc::rejected);
    EXPECT_NE(read.error().detail.find("chmod 600"), std::string::npos) << read.error().detail;
  }
  EXPECT_TRUE(load_secret(write("a.key", text, 0600)));
  EXPECT_TRUE(load_secret(write("a.key", text, 0400)));
}

TEST_F(KeyFileTest, AFolderWithOneClientKeyIsEnough) {
  const std::string server = make_key_pair()->public_key;
  write("server.key", render({"server", Role::server, make_key_pair().value(), {}}, true));
  const auto none = load_client_keys(folder_, Role::worker);
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().detail.find("vfleet keygen"), std::string::npos) << none.error().detail;
  write("a.key", render(key("a", Role::worker, server), true));
  EXPECT_EQ(load_client_keys(folder_, Role::worker)->name, "a");
  write("b.key", render(key("b", Role::operator_, server), true));
  EXPECT_EQ(load_client_keys(folder_, Role::worker)->name, "a") << "the only worker's";
  EXPECT_EQ(load_client_keys(folder_, Role::operator_)->name, "b");
  write("c.key", render(key("c", Role::worker, server), true));
  const auto two = load_client_keys(folder_, Role::worker);
  ASSERT_FALSE(two);
  EXPECT_NE(two.error().detail.find("c.key"), std::string::npos) << two.error().detail;
  EXPECT_EQ(load_client_keys(folder_ + "/c.key", Role::worker)->curve.server_key, server);
}

TEST_F(KeyFileTest, ControlsKeyMayStandBesideTheClients) {
  const std::string path = write("a.key", render(key("a", Role::worker), true));
  const auto alone = load_client_keys(path, Role::worker);
  ASSERT_FALSE(alone);
  EXPECT_NE(alone.error().detail.find("server.pub"), std::string::npos) << alone.error().detail;
  const KeyFile server{"server", Role::server, make_key_pair().value(), {}};
  write("server.pub", render(server, false), 0644);
  EXPECT_EQ(load_client_keys(path, Role::worker)->curve.server_key, server.keys.public_key);
  EXPECT_FALSE(load_client_keys(write("server.key", render(server, true)), Role::worker))
      << "control's key is no client's";
}

TEST_F(KeyFileTest, WhatIsNoKeyFileIsRefused) {
  EXPECT_EQ(load_secret(folder_ + "/none.key").error().code, Errc::not_found);
  EXPECT_EQ(load_secret(folder_).error().code, Errc::unavailable) << "a folder";
  EXPECT_EQ(load_secret(write("big.key", std::string(20'000, 'x'))).error().code, Errc::too_large);
  EXPECT_EQ(load_secret(write("pub.key", render(key("a", Role::worker), false))).error().code,
            Errc::invalid_argument);
}

}  // namespace
}  // namespace vfleet::bus
