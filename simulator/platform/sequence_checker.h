#pragma once

#include <cstdint>

namespace vfleet::platform {

/// What the sequence numbers of all devices amount to.
struct SequenceCounts {
  std::uint64_t gaps = 0;        ///< times a number came that was not the last one + 1, but later
  std::uint64_t missing = 0;     ///< numbers that gaps left out and that have not come since
  std::uint64_t duplicates = 0;  ///< numbers that were accepted again
  std::uint64_t reordered = 0;   ///< numbers that came after a later one and filled a gap
  std::uint64_t stale = 0;  ///< numbers too old to tell: 64 or more behind, or of a boot before the last two

  friend bool operator==(const SequenceCounts&, const SequenceCounts&) = default;
};

enum class Verdict : std::uint8_t { in_order, after_gap, reordered, after_refusal, duplicate, stale };

/// What became of a report. A refused one may come again, as a client of MQTT sends it on its next
/// connection: its number was seen, and when it is accepted then it is no duplicate (after_refusal).
enum class Outcome : std::uint8_t { accepted, refused };

/// Checks the sequence numbers of one device: each once, in order. A new boot begins at 1, or - when the
/// device kept its number - goes on where the boot before ended: what is left out between them was lost with
/// it. Remembers the last kWindow numbers of the last two boots; never allocates.
///
/// A fleet that is started anew begins with the same boot and with 1, at a platform that knows its devices. A
/// number of before that was sent after all others is such a beginning: what is sent again says when it was
/// sent first.
class SequenceChecker {
 public:
  static constexpr std::uint64_t kWindow = 64;

  struct Number {
    std::uint64_t boot = 0;
    std::uint64_t seq = 0;     ///< >= 1
    std::int64_t sent_us = 0;  ///< when the report was made, by the device's clock; 0: it does not say
  };
  /// Takes `number` and adds what it means to `counts`.
  Verdict see(const Number& number, Outcome outcome, SequenceCounts& counts);

  /// The counts start again from zero: what is missing now is no longer counted, nor taken off when it comes.
  void forgive();

  /// The latest boot and the highest number seen in it; 0 when nothing was seen.
  [[nodiscard]] std::uint64_t boot() const { return current_.number; }
  [[nodiscard]] std::uint64_t last_seq() const { return current_.top; }

 private:
  [[nodiscard]] bool begins_anew(const Number& number) const;
  Verdict see_number(const Number& number, Outcome outcome, SequenceCounts& counts);

  struct Boot {
    std::uint64_t number = 0;
    std::uint64_t top = 0;       // the highest number seen; 0: this Boot is not in use
    std::uint64_t seen = ~0ULL;  // bit i: top - i was seen (numbers below 1 count as seen)
    std::uint64_t refused = 0;   // bit i: top - i was seen, and refused each time
    std::uint64_t forgiven = 0;  // numbers up to this one are not in counts.missing

    Verdict see(std::uint64_t seq, Outcome outcome, SequenceCounts& counts);
  };

  Boot current_;
  Boot previous_;                // the boot before: its last reports may come after the first of the new one
  std::int64_t newest_us_ = 0;   // when the report with the highest number was sent
  std::uint64_t continued_ = 0;  // the boot whose numbers current_ goes on with; 0: none
};

}  // namespace vfleet::platform
