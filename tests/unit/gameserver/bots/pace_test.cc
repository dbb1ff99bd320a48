// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bots/pace.h"

#include <gtest/gtest.h>

namespace tickwire::game {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Mode = Pace::Mode;

constexpr Nanoseconds kStart = seconds(100);

TEST(Pace, OfABotWithoutLagReadsWhatArrives) {
  Pace pace({}, true, kStart);
  EXPECT_EQ(pace.at(kStart + seconds(1000)), Mode::kRuns);
  EXPECT_TRUE(pace.reads_on_arrival());
  EXPECT_EQ(pace.next_mono(), Nanoseconds::max());
}

TEST(Pace, HitchesAtFixedTimes) {
  Pace pace({.hitch = {.length = milliseconds(250), .every = seconds(2)}}, false, kStart);
  EXPECT_EQ(pace.at(kStart + seconds(2) - Nanoseconds(1)), Mode::kRuns);
  EXPECT_EQ(pace.next_mono(), kStart + seconds(2));
  EXPECT_EQ(pace.at(kStart + seconds(2)), Mode::kHitches);
  EXPECT_EQ(pace.next_mono(), kStart + milliseconds(2250));
  EXPECT_EQ(pace.at(kStart + milliseconds(2250) - Nanoseconds(1)), Mode::kHitches);
  EXPECT_EQ(pace.at(kStart + milliseconds(2250)), Mode::kRuns);
  EXPECT_EQ(pace.hitch_begin_mono(), kStart + seconds(2));
  EXPECT_EQ(pace.hitch_end_mono(), kStart + milliseconds(2250));
  EXPECT_EQ(pace.next_mono(), kStart + seconds(4));
}

TEST(Pace, HitchesForItsFullLengthWhenItBeginsLate) {
  Pace pace({.hitch = {.length = milliseconds(250), .every = seconds(2)}}, false, kStart);
  EXPECT_EQ(pace.at(kStart + milliseconds(2100)), Mode::kHitches);
  EXPECT_EQ(pace.hitch_end_mono(), kStart + milliseconds(2350));
}

TEST(Pace, ReadsOncePerFrame) {
  Pace pace({.fps = 10}, false, kStart);
  EXPECT_FALSE(pace.reads_on_arrival());
  EXPECT_TRUE(pace.read_due(kStart));
  EXPECT_FALSE(pace.read_due(kStart + milliseconds(99)));
  EXPECT_EQ(pace.next_mono(), kStart + milliseconds(100));
  EXPECT_TRUE(pace.read_due(kStart + milliseconds(100)));
  EXPECT_EQ(pace.read_bytes(), SIZE_MAX);
}

TEST(Pace, ReadsLittleAtATimeAfterItsDelay) {
  Pace pace({.read_delay = milliseconds(250), .read_bytes = 64}, true, kStart);
  EXPECT_FALSE(pace.reads_on_arrival());
  EXPECT_EQ(pace.read_bytes(), 64U);
  EXPECT_FALSE(pace.read_due(kStart + milliseconds(249)));
  EXPECT_TRUE(pace.read_due(kStart + milliseconds(260)));
  EXPECT_FALSE(pace.read_due(kStart + milliseconds(509)));
  EXPECT_TRUE(pace.read_due(kStart + milliseconds(510)));
}

TEST(Pace, LeavesUdpAloneWhenReadsAreDelayed) {
  const Pace pace({.read_delay = milliseconds(250), .read_bytes = 64}, false, kStart);
  EXPECT_TRUE(pace.reads_on_arrival());
}

TEST(Pace, FallsSilentForGood) {
  Pace pace({.hitch = {.length = milliseconds(500), .every = seconds(1)}, .fps = 10, .silent_after = milliseconds(1200)}, false,
            kStart);
  EXPECT_EQ(pace.at(kStart + seconds(1)), Mode::kHitches);
  EXPECT_EQ(pace.next_mono(), kStart + milliseconds(1200));
  EXPECT_EQ(pace.at(kStart + milliseconds(1200)), Mode::kSilent);
  EXPECT_EQ(pace.at(kStart + seconds(9)), Mode::kSilent);
  EXPECT_EQ(pace.next_mono(), Nanoseconds::max());
}

}  // namespace
}  // namespace tickwire::game
