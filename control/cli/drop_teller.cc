#include "control/cli/drop_teller.h"

#include <fmt/format.h>

#include <algorithm>

namespace vfleet::cli {

void DropTeller::now(std::uint64_t dropped) {
  constexpr Duration kEvery = std::chrono::seconds(2);
  dropped_ = std::max(dropped_, dropped);
  if (dropped_ == told_ || clock_.now() < next_) return;
  next_ = clock_.now() + kEvery;
  told_ = dropped_;
  out_.note(fmt::format("({} dropped so far: --rate shows more, a narrower selector needs fewer)", dropped_));
}

void DropTeller::end() {
  if (dropped_ > 0) out_.note(fmt::format("({} dropped in all)", dropped_));
}

}  // namespace vfleet::cli
