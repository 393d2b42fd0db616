#include "tests/integration/ocpp/node.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace vfleet::ocpp_test {

std::vector<std::string> node(const std::string& script, const std::vector<std::string>& arguments) {
  const std::string peer = "tests/integration/ocpp/peer/";
  EXPECT_TRUE(std::filesystem::exists(peer + "node_modules/ocpp-rpc"))
      << "the OCPP peers are not installed; scripts/test does that before it runs anything";
  // From the PATH: Debian has one in /usr/bin, others elsewhere.
  std::vector<std::string> words{"/usr/bin/env", "node", peer + script};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return words;
}

}  // namespace vfleet::ocpp_test
