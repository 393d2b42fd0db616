#include "simulator/core/base64.h"

#include <gtest/gtest.h>

#include "simulator/core/random.h"

namespace vfleet {
namespace {

TEST(Base64, FollowsTheVectorsOfRfc4648) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, text] : vectors) {
    EXPECT_EQ(base64_encode(plain), text);
    EXPECT_EQ(base64_decode(text), std::string(plain));
  }
}

TEST(Base64, AnyBytesReadBackTheSame) {
  Random random(1, 1, "base64");
  for (int round = 0; round < 300; ++round) {
    std::string bytes(random.below(70), '\0');
    for (char& c : bytes) c = static_cast<char>(random.next());
    EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes);
  }
}

TEST(Base64, RefusesWhatIsNone) {
  for (const char* bad : {"A", "AAA", "A===", "=AAA", "AA=A", "AA A", "AA\nA", "AAA*"})
    EXPECT_FALSE(base64_decode(bad)) << bad;
}

}  // namespace
}  // namespace vfleet
