#include "simulator/platform/sequence_checker.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "simulator/core/random.h"

namespace vfleet::platform {
namespace {

struct Feed {
  SequenceChecker checker;
  SequenceCounts counts;
  Verdict see(std::uint64_t boot, std::uint64_t seq, Outcome outcome = Outcome::accepted) {
    return checker.see({boot, seq}, outcome, counts);
  }
  Verdict see_sent(std::uint64_t boot, std::uint64_t seq, std::int64_t sent_us) {
    return checker.see({boot, seq, sent_us}, Outcome::accepted, counts);
  }
};

TEST(SequenceChecker, IsContentWithNumbersInOrder) {
  Feed feed;
  for (std::uint64_t seq = 1; seq <= 1000; ++seq) ASSERT_EQ(feed.see(1, seq), Verdict::in_order);
  EXPECT_EQ(feed.counts, SequenceCounts());
  EXPECT_EQ(feed.checker.last_seq(), 1000U);
}

TEST(SequenceChecker, CountsWhatAGapLeavesOut) {
  Feed feed;
  feed.see(1, 1);
  EXPECT_EQ(feed.see(1, 5), Verdict::after_gap);
  EXPECT_EQ(feed.counts, (SequenceCounts{.gaps = 1, .missing = 3}));
}

TEST(SequenceChecker, StartsFromOneInEachBoot) {
  Feed feed;
  EXPECT_EQ(feed.see(1, 3), Verdict::after_gap);
  EXPECT_EQ(feed.counts.missing, 2U);
  EXPECT_EQ(feed.see(2, 1), Verdict::in_order);
  EXPECT_EQ(feed.see(2, 3), Verdict::after_gap);
  EXPECT_EQ(feed.counts.missing, 3U);
  EXPECT_EQ(feed.checker.boot(), 2U);
}

TEST(SequenceChecker, ALateNumberFillsItsGap) {
  Feed feed;
  feed.see(1, 1);
  feed.see(1, 3);
  EXPECT_EQ(feed.see(1, 2), Verdict::reordered);
  EXPECT_EQ(feed.counts, (SequenceCounts{.gaps = 1, .missing = 0, .reordered = 1}));
  EXPECT_EQ(feed.see(1, 2), Verdict::duplicate);
  EXPECT_EQ(feed.counts.duplicates, 1U);
}

TEST(SequenceChecker, WhatWasRefusedAndComesAgainIsNoDuplicate) {
  Feed feed;
  EXPECT_EQ(feed.see(1, 1), Verdict::in_order);
  EXPECT_EQ(feed.see(1, 2, Outcome::refused), Verdict::in_order);
  EXPECT_EQ(feed.see(1, 3), Verdict::in_order);
  EXPECT_EQ(feed.see(1, 2, Outcome::refused), Verdict::duplicate) << "and refused it stays";
  EXPECT_EQ(feed.see(1, 2), Verdict::after_refusal);
  EXPECT_EQ(feed.counts, SequenceCounts()) << "each was accepted at most once";
  EXPECT_EQ(feed.see(1, 2), Verdict::duplicate);
  EXPECT_EQ(feed.see(1, 3, Outcome::refused), Verdict::duplicate) << "it had been accepted";
  EXPECT_EQ(feed.see(1, 3), Verdict::duplicate);
  EXPECT_EQ(feed.counts, (SequenceCounts{.duplicates = 2}));
  // One that fills a gap and is refused may come once more.
  feed.see(1, 6);
  EXPECT_EQ(feed.see(1, 5, Outcome::refused), Verdict::reordered);
  EXPECT_EQ(feed.see(1, 5), Verdict::after_refusal);
  EXPECT_EQ(feed.counts, (SequenceCounts{.gaps = 1, .missing = 1, .duplicates = 2, .reordered = 1}));
}

TEST(SequenceChecker, AFleetThatIsStartedAnewSendsNoDuplicates) {
  Feed feed;
  for (std::uint64_t seq = 1; seq <= 10; ++seq) feed.see_sent(1, seq, 1'000 + static_cast<std::int64_t>(seq));
  // What is sent again was made when it was made.
  EXPECT_EQ(feed.see_sent(1, 10, 1'010), Verdict::duplicate);
  EXPECT_EQ(feed.see_sent(1, 9, 1'009), Verdict::duplicate);
  EXPECT_EQ(feed.counts, (SequenceCounts{.duplicates = 2}));
  // The same devices once more, and again after a restart of their worker.
  EXPECT_EQ(feed.see_sent(1, 1, 2'000), Verdict::in_order);
  EXPECT_EQ(feed.see_sent(1, 2, 2'001), Verdict::in_order);
  EXPECT_EQ(feed.see_sent(2, 3, 2'005), Verdict::in_order);
  EXPECT_EQ(feed.see_sent(1, 2, 2'001), Verdict::duplicate);
  EXPECT_EQ(feed.see_sent(1, 1, 3'000), Verdict::in_order);
  EXPECT_EQ(feed.see_sent(1, 2, 3'001), Verdict::in_order);
  EXPECT_EQ(feed.see_sent(1, 2, 3'001), Verdict::duplicate);
  EXPECT_EQ(feed.counts, (SequenceCounts{.duplicates = 4}));
}

TEST(SequenceChecker, TheBootBeforeMayStillTrickleIn) {
  Feed feed;
  feed.see(1, 1);
  feed.see(1, 3);
  feed.see(2, 1);
  EXPECT_EQ(feed.see(1, 2), Verdict::reordered);
  EXPECT_EQ(feed.counts.missing, 0U);
  feed.see(3, 1);
  EXPECT_EQ(feed.see(1, 4), Verdict::stale);
}

TEST(SequenceChecker, WhatIsOlderThanTheWindowIsStale) {
  Feed feed;
  feed.see(1, 1);
  feed.see(1, 2 + SequenceChecker::kWindow);
  EXPECT_EQ(feed.see(1, 2), Verdict::stale);
  EXPECT_EQ(feed.see(1, 3), Verdict::reordered);
  EXPECT_EQ(feed.counts.missing, SequenceChecker::kWindow - 1);
}

TEST(SequenceChecker, WhatWasForgivenIsNotTakenOffAgain) {
  Feed feed;
  feed.see(1, 1);
  feed.see(1, 4);
  feed.checker.forgive();
  feed.counts = {};
  EXPECT_EQ(feed.see(1, 2), Verdict::reordered);
  EXPECT_EQ(feed.counts.missing, 0U);
  EXPECT_EQ(feed.see(1, 6), Verdict::after_gap);
  EXPECT_EQ(feed.see(1, 5), Verdict::reordered);
  EXPECT_EQ(feed.counts, (SequenceCounts{.gaps = 1, .missing = 0, .reordered = 2}));
}

// Remembers everything.
struct Oracle {
  std::map<std::uint64_t, std::set<std::uint64_t>> seen;
  std::map<std::uint64_t, std::set<std::uint64_t>> accepted;
  std::set<std::uint64_t> boots;  // the last two
  SequenceCounts counts;

  void see(std::uint64_t boot, std::uint64_t seq, Outcome outcome) {
    if (!boots.contains(boot)) {
      if (boots.size() == 2 && boot < *boots.begin()) {
        ++counts.stale;
        return;
      }
      boots.insert(boot);
      if (boots.size() > 2) boots.erase(boots.begin());
    }
    auto& numbers = seen[boot];
    const std::uint64_t top = numbers.empty() ? 0 : *numbers.rbegin();
    if (seq > top) {
      if (seq > top + 1) ++counts.gaps;
    } else if (top - seq >= SequenceChecker::kWindow) {
      ++counts.stale;
      return;
    } else if (numbers.contains(seq)) {
      if (outcome == Outcome::accepted && accepted[boot].contains(seq)) ++counts.duplicates;
    } else {
      ++counts.reordered;
    }
    numbers.insert(seq);
    if (outcome == Outcome::accepted) accepted[boot].insert(seq);
    counts.missing = 0;
    for (const auto& [number, of_boot] : seen) counts.missing += *of_boot.rbegin() - of_boot.size();
  }
};

TEST(SequenceChecker, AgreesWithAnOracleThatRemembersEverything) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Random random(seed, 0, "sequence");
    Feed feed;
    Oracle oracle;
    std::uint64_t boot = 1;
    std::uint64_t next = 1;
    for (int step = 0; step < 300; ++step) {
      if (random.chance(0.01)) {
        boot += random.below(3);
        next = 1;
      }
      std::uint64_t of_boot = boot;
      std::uint64_t seq = next;
      if (random.chance(0.3)) {
        seq = next > 100 ? next - random.below(100) : 1 + random.below(next);  // again, or late
      } else {
        if (random.chance(0.2)) seq += random.below(random.chance(0.1) ? 200 : 5);
        next = seq + 1;
      }
      if (random.chance(0.05) && of_boot > 1)
        of_boot -= 1 + random.below(std::min<std::uint64_t>(of_boot - 1, 2));
      // A boot that goes on with the numbers is for the tests below.
      if (of_boot > feed.checker.boot() && feed.checker.boot() != 0 && seq > feed.checker.last_seq())
        continue;
      const Outcome outcome = random.chance(0.2) ? Outcome::refused : Outcome::accepted;
      feed.see(of_boot, seq, outcome);
      oracle.see(of_boot, seq, outcome);
      ASSERT_EQ(feed.counts, oracle.counts) << "seed " << seed << " step " << step;
    }
  }
}

TEST(SequenceChecker, ADeviceThatKeptItsNumberGoesOnWithItInTheNextBoot) {
  Feed feed;
  for (std::uint64_t seq = 1; seq <= 10; ++seq) feed.see(1, seq);
  EXPECT_EQ(feed.see(2, 11), Verdict::in_order);
  EXPECT_EQ(feed.see(3, 12), Verdict::in_order);
  EXPECT_EQ(feed.counts, SequenceCounts());
  EXPECT_EQ(feed.checker.boot(), 3U);
}

TEST(SequenceChecker, WhatWasLostWithABootIsMissing) {
  Feed feed;
  for (std::uint64_t seq = 1; seq <= 10; ++seq) feed.see(1, seq);
  // 11 to 13 were sent and died with the worker.
  EXPECT_EQ(feed.see(2, 14), Verdict::after_gap);
  EXPECT_EQ(feed.counts, (SequenceCounts{.gaps = 1, .missing = 3}));
  // 12 was still on its way.
  EXPECT_EQ(feed.see(1, 12), Verdict::reordered);
  EXPECT_EQ(feed.see(1, 9), Verdict::duplicate);
  EXPECT_EQ(feed.counts, (SequenceCounts{.gaps = 1, .missing = 2, .duplicates = 1, .reordered = 1}));
}

}  // namespace
}  // namespace vfleet::platform
