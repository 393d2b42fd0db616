#include "simulator/bus/control_endpoints.h"

#include <gtest/gtest.h>

#include "simulator/bus/keep_trying.h"
#include "simulator/bus/messages.h"

namespace vfleet::bus {
namespace {

TEST(ControlEndpoints, PeopleNameOnePortOfThree) {
  const auto endpoints = control_endpoints("tcp://control.example:7700");
  ASSERT_TRUE(endpoints);
  EXPECT_EQ(endpoints->operators, "tcp://control.example:7700");
  EXPECT_EQ(endpoints->publish, "tcp://control.example:7701");
  EXPECT_EQ(endpoints->workers, "tcp://control.example:7702");
}

TEST(ControlEndpoints, WhatIsNoEndpointIsRefused) {
  for (const char* text :
       {"", "host:7700", "tcp://host", "tcp://:1", "tcp://h:0", "tcp://h:65534", "tcp://h:1x", "ipc:///x"})
    EXPECT_FALSE(control_endpoints(text)) << text;
}

TEST(WorkerIdentity, MayCarryALifeThatNobodyCanGuess) {
  EXPECT_EQ(shard_of_identity("worker-7").value(), 7U);
  EXPECT_EQ(shard_of_identity("worker-7.0123456789abcdef").value(), 7U);
  for (const char* wrong :
       {"worker-7.", "worker-7.0123456789abcde", "worker-7.0123456789abcdefa", "worker-7.0123456789ABCDEF",
        "worker-7x0123456789abcdef", "worker-.0123456789abcdef", "worker-7.0123456789abcdef.0"}) {
    EXPECT_FALSE(shard_of_identity(wrong)) << wrong;
  }
}

TEST(Explain, EachFailureSaysWhatToDo) {
  ClientKeys keys{"bob", Role::viewer, {{std::string(32, '\x01'), {}}, std::string(32, '\x02')}};
  const std::string denied = explain(Handshake::denied, "tcp://h:1", keys);
  for (const char* part :
       {"tcp://h:1", "bob", "viewer", "0101010101010101", "vfleet keygen", "--public bob.pub"})
    EXPECT_NE(denied.find(part), std::string::npos) << denied;
  EXPECT_NE(explain(Handshake::broken_off, "tcp://h:1", keys).find("0202020202020202"), std::string::npos);
  EXPECT_NE(explain(Handshake::protocol, "tcp://h:1", keys).find("--insecure"), std::string::npos);
  EXPECT_NE(explain(Handshake::protocol, "tcp://h:1", std::nullopt).find("--keys"), std::string::npos);
}

}  // namespace
}  // namespace vfleet::bus
