#pragma once

#include <cstdint>
#include <string>

#include "simulator/codec/ykc/body_reader.h"
#include "simulator/platform/roles/ykc/pile.h"
#include "simulator/platform/roles/ykc/tariff.h"

namespace vfleet::platform::ykc {

/// What is wrong with a bill (0x3B, 0x3D), for people; empty: it adds up. Its parts must make its sums, its
/// meter and its periods agree, prices must be the tariff's (null: they are not known, and not looked at),
/// periods must lie between begin and end, and it must be no less than what 0x13 told of the order (null: the
/// order is not known) while it ran, and not far more.
[[nodiscard]] std::string mistake_in(const codec::ykc::BodyReader& bill, const Tariff* tariff,
                                     const Order* order);

/// What is wrong with energy and cost that 0x13 tells of an order; empty: nothing.
[[nodiscard]] std::string mistake_in(const Tariff* tariff, std::int64_t energy, std::int64_t cost);

}  // namespace vfleet::platform::ykc
