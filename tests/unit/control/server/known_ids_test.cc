#include "control/server/known_ids.h"

#include <gtest/gtest.h>

namespace vfleet::control::server {
namespace {

TEST(KnownIds, ForgetTheOldestTransientOnes) {
  KnownIds ids(2);
  ids.restore({journal::hash_id("earlier")});
  ids.add("durable", true);
  for (const char* id : {"t1", "t2", "t3"}) ids.add(id, false);
  EXPECT_FALSE(ids.may_know("t1"));
  for (const char* id : {"earlier", "durable", "t2", "t3"}) EXPECT_TRUE(ids.may_know(id)) << id;
  EXPECT_FALSE(ids.may_know("never"));
}

}  // namespace
}  // namespace vfleet::control::server
