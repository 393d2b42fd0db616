#include "simulator/state/packed.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "simulator/core/random.h"

namespace vfleet::state {
namespace {

using Bytes = std::vector<std::byte>;

Bytes packed(const Bytes& plain) {
  Bytes out(packed_most(plain.size()));
  out.resize(pack(plain, out));
  return out;
}

/// `zeros` of a hundred bytes are zero.
Bytes some(Random& random, std::size_t size, std::uint64_t zeros) {
  Bytes out(size);
  for (std::byte& each : out) {
    each = random.below(100) < zeros ? std::byte{0} : static_cast<std::byte>(1 + random.below(255));
  }
  return out;
}

TEST(Packed, EveryLengthComesBackAsItWas) {
  Random random(1, 1, "packed");
  for (const std::uint64_t zeros : {0, 50, 90, 100}) {
    for (std::size_t size = 0; size < 300; ++size) {
      const Bytes plain = some(random, size, zeros);
      const Bytes small = packed(plain);
      ASSERT_LE(small.size(), packed_most(size));
      Bytes again(size, std::byte{0xee});
      ASSERT_TRUE(unpack(small, again)) << size;
      ASSERT_EQ(again, plain) << size;
    }
  }
}

TEST(Packed, SmallNumbersAndEmptyRoomTakeLittle) {
  struct Record {
    std::int64_t at_us = 1'790'000'000'000'000;
    std::int64_t energy = 12'345;
    std::uint32_t sessions = 3;
    std::uint32_t flags = 0;
    char card[40] = "CARD-0001";
    std::int64_t reserved[4] = {};
  };
  Bytes plain(sizeof(Record));
  const Record record;
  std::memcpy(plain.data(), &record, sizeof record);
  // 7 of the time, 2 of the energy, 1 of the sessions, 9 of the card, and a byte for each two of 12 words.
  EXPECT_EQ(packed(plain).size(), 7u + 2 + 1 + 9 + 6);
}

TEST(Packed, WhatWasCutOrLengthenedOrIsOfAnotherLengthIsRefused) {
  Random random(2, 1, "packed");
  const Bytes plain = some(random, 100, 40);
  const Bytes small = packed(plain);
  Bytes out(plain.size());
  for (std::size_t cut = 0; cut < small.size(); ++cut)
    EXPECT_FALSE(unpack(std::span(small).first(cut), out)) << cut;
  Bytes longer = small;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(unpack(longer, out));
  Bytes more(plain.size() + 16);
  EXPECT_FALSE(unpack(small, more));
  Bytes fewer(plain.size() - 16);
  EXPECT_FALSE(unpack(small, fewer));
}

TEST(Packed, AnyBytesAreReadOrRefusedWithinTheirBounds) {
  Random random(3, 1, "packed");
  for (int i = 0; i < 20000; ++i) {
    const Bytes any = some(random, random.below(60), 30);
    Bytes out(random.below(120), std::byte{0});
    (void)unpack(any, out);
  }
}

}  // namespace
}  // namespace vfleet::state
