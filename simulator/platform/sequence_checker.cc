#include "simulator/platform/sequence_checker.h"

#include <utility>

namespace vfleet::platform {

Verdict SequenceChecker::see(std::uint64_t boot, std::uint64_t seq, SequenceCounts& counts) {
  if (current_.top != 0 && boot == current_.number) return current_.see(seq, counts);
  if (continued_ != 0 && boot == continued_) return current_.see(seq, counts);
  if (previous_.top != 0 && boot == previous_.number) return previous_.see(seq, counts);
  if (current_.top == 0) {
    current_ = Boot{.number = boot};
    return current_.see(seq, counts);
  }
  if (boot > current_.number) {
    // A device that counts anew begins below where it was.
    if (seq > current_.top) {
      continued_ = std::exchange(current_.number, boot);
      return current_.see(seq, counts);
    }
    continued_ = 0;
    previous_ = current_;
    current_ = Boot{.number = boot};
    return current_.see(seq, counts);
  }
  if (previous_.top == 0 || boot > previous_.number) {
    previous_ = Boot{.number = boot};
    return previous_.see(seq, counts);
  }
  ++counts.stale;
  return Verdict::stale;
}

void SequenceChecker::forgive() {
  current_.forgiven = current_.top;
  previous_.forgiven = previous_.top;
}

Verdict SequenceChecker::Boot::see(std::uint64_t seq, SequenceCounts& counts) {
  if (seq > top) {
    const std::uint64_t step = seq - top;
    top = seq;
    seen = step < kWindow ? (seen << step) | 1 : 1;
    if (step == 1) return Verdict::in_order;
    ++counts.gaps;
    counts.missing += step - 1;
    return Verdict::after_gap;
  }
  const std::uint64_t age = top - seq;
  if (age >= kWindow) {
    ++counts.stale;
    return Verdict::stale;
  }
  const std::uint64_t bit = 1ULL << age;
  if ((seen & bit) != 0) {
    ++counts.duplicates;
    return Verdict::duplicate;
  }
  seen |= bit;
  ++counts.reordered;
  if (seq > forgiven) --counts.missing;
  return Verdict::reordered;
}

}  // namespace vfleet::platform
