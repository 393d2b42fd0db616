#pragma once

#include <gtest/gtest.h>

#include <string_view>

#include "simulator/codec/ocpp/date_time.h"

namespace vfleet::pile::ocpp16 {

/// The moment that a dateTime says; the test fails when it says none.
inline WallTime at(std::string_view text) {
  const auto read = codec::ocpp::read_date_time(text);
  EXPECT_TRUE(read) << text;
  return read ? read->at : WallTime();
}

}  // namespace vfleet::pile::ocpp16
