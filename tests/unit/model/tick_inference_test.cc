// SPDX-License-Identifier: Apache-2.0
#include "model/tick_inference.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <tuple>

#include "unit/model/loop_traffic.h"

namespace tickwire::model {
namespace {

nanoseconds period_of(double rate_hz) { return nanoseconds(std::llround(1e9 / rate_hz)); }

// By how much of the truth the period is off.
double error_of(const LoopTick& tick, nanoseconds truth) {
  if (!tick.period) return 1.0;
  return std::abs(static_cast<double>((*tick.period - truth).count())) / static_cast<double>(truth.count());
}

// Rate, players, deadlines or sleeps.
class TickOf : public testing::TestWithParam<std::tuple<double, std::uint32_t, bool>> {
 protected:
  [[nodiscard]] static Loop loop(unsigned seed) {
    const auto [rate_hz, players, absolute] = GetParam();
    return {.rate_hz = rate_hz, .players = players, .absolute = absolute, .seed = seed};
  }
  [[nodiscard]] static nanoseconds period() { return period_of(std::get<0>(GetParam())); }
};

TEST_P(TickOf, IsFoundWithinOnePercentWhileTheSchedulerIsLate) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    const std::vector<Send> sends = loop(seed).sends(seconds(30));
    const Observed observed(sends);
    EXPECT_EQ(observed.tick().confidence, TickConfidence::kHigh) << observed.tick().reason;
    EXPECT_EQ(observed.tick().players, loop(seed).players);
    // A loop that sleeps a period is slower by what the sleep takes longer: the truth is what it did.
    const std::size_t players = loop(seed).players;
    const std::size_t ticks = sends.size() / players;
    const nanoseconds truth = (sends[(ticks - 1) * players].at - sends.front().at) / static_cast<std::int64_t>(ticks - 1);
    EXPECT_LT(error_of(observed.tick(), truth), 0.01);
  }
}

TEST_P(TickOf, StallsNeverInAQuietMinute) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    const Observed observed(loop(seed).sends(seconds(60)));
    EXPECT_EQ(observed.tick().stalls, 0U);
    EXPECT_EQ(observed.tick().longest_stall, nanoseconds{0});
  }
}

TEST_P(TickOf, StallsOnceForEachStallOfTwoPeriodsOrMore) {
  for (unsigned seed = 11; seed <= 15; ++seed) {
    Loop stalling = loop(seed);
    for (int i = 0; i < 10; ++i) stalling.stalls.push_back({seconds(5) + milliseconds(5'013 * i), (2 + i % 3) * period()});
    const Observed observed(stalling.sends(seconds(60)));
    EXPECT_EQ(observed.tick().stalls, 10U);
    // From the tick before to the one that was held up for four periods; noise makes it a little more or less.
    EXPECT_GE(observed.tick().longest_stall, 4 * period());
    EXPECT_LE(observed.tick().longest_stall, 5 * period() + milliseconds(3));
    EXPECT_LT(error_of(observed.tick(), period()), std::get<2>(GetParam()) ? 0.01 : 0.08);
  }
}

INSTANTIATE_TEST_SUITE_P(Loops, TickOf,
                         testing::Combine(testing::Values(10.0, 20.0, 30.0, 60.0, 128.0), testing::Values(3U, 8U, 50U),
                                          testing::Bool()),
                         [](const auto& tested) {
                           return std::to_string(std::lround(std::get<0>(tested.param))) + "HzFor" +
                                  std::to_string(std::get<1>(tested.param)) +
                                  (std::get<2>(tested.param) ? "ByDeadline" : "BySleep");
                         });

TEST(Tick, IsTheSameHoweverOftenTheBurstsAreRead) {
  Loop loop{.rate_hz = 60, .stalls = {{seconds(6), milliseconds(120)}}};
  const std::vector<Send> sends = loop.sends(seconds(20));
  const Observed slow(sends);
  const Observed fast(sends, milliseconds(50));
  EXPECT_EQ(slow.tick().stalls, 1U);
  EXPECT_EQ(fast.tick().stalls, 1U);
  EXPECT_EQ(fast.tick().longest_stall, slow.tick().longest_stall);
  ASSERT_TRUE(slow.tick().intervals);
  EXPECT_EQ(*fast.tick().intervals, *slow.tick().intervals);
}

TEST(Tick, StallsOnceWhereOneTickIsCaughtUp) {
  // 120 ms at 30 Hz: the tick that was held up, one that is caught up at once, and two that are given up.
  const Loop loop{
      .rate_hz = 30, .noise = nanoseconds(1), .send_cost = milliseconds(1), .stalls = {{seconds(5), milliseconds(120)}}};
  const Observed observed(loop.sends(seconds(10)));
  EXPECT_EQ(observed.tick().stalls, 1U);
  EXPECT_NEAR(static_cast<double>(observed.tick().longest_stall.count()), 153.3e6, 1e6);
}

TEST(Tick, CountsEachIntervalOnce) {
  const Loop loop{.rate_hz = 20, .noise = nanoseconds(1)};
  const Observed observed(loop.sends(seconds(20)));
  ASSERT_TRUE(observed.tick().intervals);
  EXPECT_EQ(observed.tick().intervals->samples(), 399U);
  EXPECT_NEAR(static_cast<double>(observed.tick().intervals->sum().count()), 19.95e9, 10);
}

TEST(Tick, IsLateByMoreThanThePeriodAfterTheTickBefore) {
  // Every tenth tick comes 4 ms late, and the one after it in time again.
  std::vector<Send> sends;
  for (int i = 0; i < 300; ++i) {
    const nanoseconds start = milliseconds(33) * i + (i % 10 == 9 ? milliseconds(4) : nanoseconds{0});
    for (std::uint32_t player = 0; player < 8; ++player) sends.push_back({start + microseconds(10) * player, player});
  }
  const LoopTick tick = Observed(sends).tick();
  EXPECT_EQ(tick.period, milliseconds(33));
  EXPECT_EQ(tick.interval_p50, milliseconds(33));
  EXPECT_EQ(tick.interval_p99, milliseconds(37));
  EXPECT_EQ(tick.lateness_p50, nanoseconds{0});
  EXPECT_EQ(tick.lateness_p99, milliseconds(4));
}

TEST(Tick, HasNoP99BelowAHundredIntervals) {
  const Loop loop{.rate_hz = 10};
  const Observed observed(loop.sends(seconds(8)));
  EXPECT_TRUE(observed.tick().interval_p50);
  EXPECT_FALSE(observed.tick().interval_p99);
  EXPECT_FALSE(observed.tick().lateness_p99);
}

TEST(Tick, IsOneWhereItsSendsTakeHalfOfIt) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    // 50 players, 0.3 ms of work for each, and now and then another process has the processor for 2 ms.
    const Loop loop{.rate_hz = 30, .players = 50, .send_cost = microseconds(300), .pause_chance = 0.01, .seed = seed};
    const Observed observed(loop.sends(seconds(30)));
    EXPECT_LT(error_of(observed.tick(), period_of(30)), 0.01) << observed.tick().reason;
    EXPECT_EQ(observed.tick().stalls, 0U);
  }
}

TEST(Tick, IsFoundAmongAnswersThatLeaveAtOnce) {
  // Each player pings at 60 Hz and is answered within 100 us, also while the loop stalls.
  const Loop loop{.rate_hz = 30, .stalls = {{seconds(5), milliseconds(120)}}};
  const std::vector<Send> answers = Clients{.rate_hz = 60, .players = 8, .service = microseconds(100)}.answers(seconds(20));
  const Observed observed(merged({loop.sends(seconds(20)), answers}));
  EXPECT_LT(error_of(observed.tick(), period_of(30)), 0.01) << observed.tick().reason;
  EXPECT_EQ(observed.tick().stalls, 1U);
}

TEST(Tick, IsKeptWhileTheLoopStallsAgainAndAgain) {
  // From the fifth second on every third tick takes three periods.
  Loop loop{.rate_hz = 60};
  for (nanoseconds at = seconds(5); at < seconds(20); at += milliseconds(100)) loop.stalls.push_back({at, milliseconds(50)});
  const Observed observed(loop.sends(seconds(20)));
  for (std::size_t second = 2; second < 20; ++second) {
    EXPECT_LT(error_of(observed.history()[second], period_of(60)), 0.02) << second << ": " << observed.history()[second].reason;
  }
  EXPECT_EQ(observed.tick().stalls, 150U);
}

TEST(Tick, FollowsTheLoopToAHigherRateWithoutAStall) {
  std::vector<Send> sends = Loop{.rate_hz = 30}.sends(seconds(20));
  for (const Send& send : Loop{.rate_hz = 60, .seed = 2}.sends(seconds(20)))
    sends.push_back({send.at + seconds(20), send.player});
  const Observed observed(sends);
  EXPECT_LT(error_of(observed.history()[18], period_of(30)), 0.01);
  EXPECT_LT(error_of(observed.tick(), period_of(60)), 0.01);
  EXPECT_EQ(observed.tick().stalls, 0U);
}

TEST(Tick, FollowsTheLoopToALowerRate) {
  std::vector<Send> sends = Loop{.rate_hz = 60}.sends(seconds(20));
  for (const Send& send : Loop{.rate_hz = 30, .seed = 2}.sends(seconds(20)))
    sends.push_back({send.at + seconds(20), send.player});
  const Observed observed(sends);
  EXPECT_LT(error_of(observed.history()[18], period_of(60)), 0.01);
  EXPECT_LT(error_of(observed.tick(), period_of(30)), 0.01);
}

}  // namespace
}  // namespace tickwire::model
