#include "control/api/caller.h"

#include <gtest/gtest.h>

namespace vfleet::control::api {
namespace {

TEST(Caller, OnlyVerbsThatLookAreForViewers) {
  for (const char* verb :
       {"ls", "get", "watch", "renew", "describe", "status", "results", "logs", "history", "diff", "jobs"}) {
    EXPECT_TRUE(only_looks(verb)) << verb;
  }
  for (const char* verb :
       {"set", "unset", "pause", "resume", "connect", "disconnect", "reboot", "do", "trigger", "cancel",
        "reload", "scale", "rollback", "stop", "note", "trace", "", "LS", "ls ", "nonsense"}) {
    EXPECT_FALSE(only_looks(verb)) << verb;
  }
}

TEST(Caller, WhoComesOverTheRunDirectoryIsAnOperator) {
  EXPECT_EQ(Caller().role, bus::Role::operator_);
}

}  // namespace
}  // namespace vfleet::control::api
