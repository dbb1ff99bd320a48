// SPDX-License-Identifier: Apache-2.0
#include "gameserver/common/duration.h"

#include <gtest/gtest.h>

#include "gameserver/common/recurrence.h"

namespace tickwire::game {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Duration, IsReadInEveryUnit) {
  EXPECT_EQ(parse_duration("7ns"), Nanoseconds(7));
  EXPECT_EQ(parse_duration("250us"), Nanoseconds(250'000));
  EXPECT_EQ(parse_duration("1.5ms"), Nanoseconds(1'500'000));
  EXPECT_EQ(parse_duration("5s"), seconds(5));
  EXPECT_EQ(parse_duration("2m"), seconds(120));
  EXPECT_EQ(parse_duration("0"), Nanoseconds(0));
}

TEST(Duration, IsNothingElse) {
  for (const char* text :
       {"", "120", "ms", "-1ms", "1 ms", "1h", "1msx", "nan", "infs", "1e3ms", "1441m", "99999999999999999999s"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
  EXPECT_EQ(parse_duration("12").error(), "'12' is no duration such as 250us, 120ms or 5s");
}

TEST(Duration, IsWrittenInTheLargestWholeUnit) {
  EXPECT_EQ(duration_text(Nanoseconds(0)), "0s");
  EXPECT_EQ(duration_text(milliseconds(120)), "120ms");
  EXPECT_EQ(duration_text(Nanoseconds(1'500'000)), "1500us");
  EXPECT_EQ(duration_text(seconds(90)), "90s");
  EXPECT_EQ(duration_text(seconds(120)), "2m");
}

TEST(Recurrence, IsNeverDueUnlessStarted) {
  Recurrence recurrence;
  EXPECT_EQ(recurrence.take(seconds(100)), std::nullopt);
  EXPECT_EQ(recurrence.next_mono(), Nanoseconds::max());
  recurrence.start({.length = Nanoseconds(0), .every = seconds(1)}, seconds(1));
  EXPECT_EQ(recurrence.take(seconds(100)), std::nullopt);
}

TEST(Recurrence, IsDueAtItsFixedTimes) {
  Recurrence recurrence;
  recurrence.start({.length = milliseconds(120), .every = seconds(5)}, seconds(5));
  EXPECT_EQ(recurrence.take(seconds(5) - Nanoseconds(1)), std::nullopt);
  EXPECT_EQ(recurrence.take(seconds(5) + milliseconds(30)), milliseconds(120));
  EXPECT_EQ(recurrence.take(seconds(5) + milliseconds(30)), std::nullopt);
  EXPECT_EQ(recurrence.next_mono(), seconds(10));
}

TEST(Recurrence, GivesUpBeginsThatPassed) {
  Recurrence recurrence;
  recurrence.start({.length = milliseconds(1), .every = seconds(1)}, seconds(1));
  EXPECT_EQ(recurrence.take(seconds(4)), milliseconds(1));
  EXPECT_EQ(recurrence.next_mono(), seconds(5));
}

TEST(Recurrence, WithoutAnIntervalIsDueOnce) {
  Recurrence recurrence;
  recurrence.start({.length = milliseconds(1)}, seconds(1));
  EXPECT_EQ(recurrence.take(seconds(1)), milliseconds(1));
  EXPECT_EQ(recurrence.take(seconds(9)), std::nullopt);
}

TEST(Recurrence, EndsWhenItIsStopped) {
  Recurrence recurrence;
  recurrence.start({.length = milliseconds(1), .every = seconds(1)}, seconds(1));
  recurrence.stop();
  EXPECT_EQ(recurrence.take(seconds(9)), std::nullopt);
}

}  // namespace
}  // namespace tickwire::game
