// SPDX-License-Identifier: Apache-2.0
#include "gameserver/common/tick_clock.h"

#include <gtest/gtest.h>

namespace tickwire::game {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Nanoseconds kStart = seconds(100);

TEST(TickClock, RunsNothingBeforeTheDeadline) {
  TickClock clock(10, kStart);
  EXPECT_EQ(clock.advance(kStart - Nanoseconds(1)).run, 0);
  EXPECT_EQ(clock.next_deadline_mono(), kStart);
}

TEST(TickClock, RunsOneTickAtItsDeadline) {
  TickClock clock(10, kStart);
  const auto due = clock.advance(kStart);
  EXPECT_EQ(due.run, 1);
  EXPECT_EQ(due.skipped, 0U);
  EXPECT_EQ(due.late_by, Nanoseconds::zero());
  EXPECT_EQ(clock.next_deadline_mono(), kStart + milliseconds(100));
}

TEST(TickClock, KeepsItsDeadlinesWhenATickIsLate) {
  TickClock clock(10, kStart);
  EXPECT_EQ(clock.advance(kStart + milliseconds(30)).late_by, milliseconds(30));
  EXPECT_EQ(clock.next_deadline_mono(), kStart + milliseconds(100));
}

TEST(TickClock, CatchesOneTickUp) {
  TickClock clock(10, kStart);
  const auto due = clock.advance(kStart + milliseconds(150));
  EXPECT_EQ(due.run, 2);
  EXPECT_EQ(due.skipped, 0U);
  EXPECT_EQ(due.late_by, milliseconds(150));
}

TEST(TickClock, SkipsAndCountsWhatIsFurtherBehind) {
  TickClock clock(10, kStart);
  const auto due = clock.advance(kStart + milliseconds(550));
  EXPECT_EQ(due.run, 2);
  EXPECT_EQ(due.skipped, 4U);
  EXPECT_EQ(clock.next_deadline_mono(), kStart + milliseconds(600));
}

TEST(TickClock, RunsEachDeadlineOnce) {
  TickClock clock(10, kStart);
  EXPECT_EQ(clock.advance(kStart + milliseconds(100)).run, 2);
  EXPECT_EQ(clock.advance(kStart + milliseconds(100)).run, 0);
}

TEST(TickClock, DoesNotDriftAtRatesWithoutAWholePeriod) {
  for (const unsigned rate : {30U, 60U, 128U, 999U}) {
    TickClock clock(rate, kStart);
    for (unsigned tick = 0; tick < rate * 100; ++tick) {
      const auto due = clock.advance(clock.next_deadline_mono());
      ASSERT_EQ(due.run, 1);
      ASSERT_EQ(due.skipped, 0U);
    }
    EXPECT_EQ(clock.next_deadline_mono(), kStart + seconds(100)) << rate;
  }
}

TEST(TickClock, SkipsAYearAtOnce) {
  TickClock clock(1000, kStart);
  const auto due = clock.advance(kStart + std::chrono::hours(24 * 365));
  EXPECT_EQ(due.run, 2);
  EXPECT_EQ(due.skipped, 365ULL * 86400 * 1000 + 1 - 2);
}

}  // namespace
}  // namespace tickwire::game
