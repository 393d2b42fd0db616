#include "simulator/platform/sequence_checker.h"

#include <utility>

namespace vfleet::platform {

Verdict SequenceChecker::see(const Number& number, Outcome outcome, SequenceCounts& counts) {
  if (begins_anew(number)) {
    continued_ = 0;
    previous_ = {};
    current_ = Boot{.number = number.boot};
  }
  const Verdict verdict = see_number(number, outcome, counts);
  if (number.boot == current_.number && number.seq == current_.top) newest_us_ = number.sent_us;
  return verdict;
}

bool SequenceChecker::begins_anew(const Number& number) const {
  if (current_.top == 0 || number.sent_us <= newest_us_) return false;
  return number.boot == current_.number ? number.seq <= current_.top
                                        : number.boot < current_.number && number.seq == 1;
}

Verdict SequenceChecker::see_number(const Number& number, Outcome outcome, SequenceCounts& counts) {
  const std::uint64_t boot = number.boot;
  const std::uint64_t seq = number.seq;
  if (current_.top != 0 && boot == current_.number) return current_.see(seq, outcome, counts);
  if (continued_ != 0 && boot == continued_) return current_.see(seq, outcome, counts);
  if (previous_.top != 0 && boot == previous_.number) return previous_.see(seq, outcome, counts);
  if (current_.top == 0) {
    current_ = Boot{.number = boot};
    return current_.see(seq, outcome, counts);
  }
  if (boot > current_.number) {
    // A device that counts anew begins below where it was.
    if (seq > current_.top) {
      continued_ = std::exchange(current_.number, boot);
      return current_.see(seq, outcome, counts);
    }
    continued_ = 0;
    previous_ = current_;
    current_ = Boot{.number = boot};
    return current_.see(seq, outcome, counts);
  }
  if (previous_.top == 0 || boot > previous_.number) {
    previous_ = Boot{.number = boot};
    return previous_.see(seq, outcome, counts);
  }
  ++counts.stale;
  return Verdict::stale;
}

void SequenceChecker::forgive() {
  current_.forgiven = current_.top;
  previous_.forgiven = previous_.top;
}

Verdict SequenceChecker::Boot::see(std::uint64_t seq, Outcome outcome, SequenceCounts& counts) {
  const std::uint64_t turned_away = outcome == Outcome::refused ? 1 : 0;
  if (seq > top) {
    const std::uint64_t step = seq - top;
    top = seq;
    seen = step < kWindow ? (seen << step) | 1 : 1;
    refused = (step < kWindow ? refused << step : 0) | turned_away;
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
    if (outcome == Outcome::refused) return Verdict::duplicate;
    if ((refused & bit) != 0) {
      refused &= ~bit;
      return Verdict::after_refusal;
    }
    ++counts.duplicates;
    return Verdict::duplicate;
  }
  seen |= bit;
  refused |= turned_away << age;
  ++counts.reordered;
  if (seq > forgiven) --counts.missing;
  return Verdict::reordered;
}

}  // namespace vfleet::platform
