// SPDX-License-Identifier: Apache-2.0
// Traffic that has no tick, or none that can be told: there must be no number, for it would be wrong. And what is no stall.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "unit/model/loop_traffic.h"

namespace tickwire::model {
namespace {

using testing::HasSubstr;

// Never, after none of the readings, was there a tick; says the last reason.
std::string reason_of(const std::vector<Send>& sends) {
  const Observed observed(sends);
  for (const LoopTick& tick : observed.history()) {
    EXPECT_EQ(tick.confidence, TickConfidence::kNone);
    EXPECT_FALSE(tick.period || tick.interval_p50 || tick.interval_p99 || tick.lateness_p50 || tick.lateness_p99);
    EXPECT_EQ(tick.players, 0U);
    EXPECT_FALSE(tick.intervals);
    EXPECT_NE(tick.reason, "");
  }
  EXPECT_EQ(observed.tick().stalls, 0U);
  return observed.tick().reason;
}

std::vector<Send> two_rooms(Loop first, Loop second) {
  second.first_player = 1'000;
  second.seed = first.seed + 100;
  return merged({first.sends(seconds(20)), second.sends(seconds(20))});
}

class Rooms : public testing::TestWithParam<double> {};

TEST_P(Rooms, OfOneRateAndAnotherPhaseHaveNoTick) {
  const double rate_hz = GetParam();
  for (const double part : {0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7}) {
    const auto phase = nanoseconds(static_cast<std::int64_t>(part * 1e9 / rate_hz));
    reason_of(two_rooms({.rate_hz = rate_hz}, {.rate_hz = rate_hz, .phase = phase}));
    reason_of(two_rooms({.rate_hz = rate_hz}, {.rate_hz = rate_hz, .players = 3, .phase = phase}));
  }
}

TEST_P(Rooms, OfAnotherRateHaveNoTick) {
  const double rate_hz = GetParam();
  for (const double times : {0.37, 0.5, 0.66, 0.9}) {
    reason_of(two_rooms({.rate_hz = rate_hz}, {.rate_hz = rate_hz * times, .phase = microseconds(3'300)}));
  }
}

INSTANTIATE_TEST_SUITE_P(Rates, Rooms, testing::Values(10.0, 20.0, 30.0, 60.0, 128.0));

TEST(Rooms, ThatTakeTurnsEvenlyAreToldByThePlayersOfABurst) {
  EXPECT_EQ(reason_of(two_rooms({.rate_hz = 20}, {.rate_hz = 20, .phase = milliseconds(25)})),
            "a burst serves 8 of 16 players: several rooms, or rates that differ");
}

TEST(Rooms, ThatFollowEachOtherClosely) {
  // 3 ms apart, less than a pause within a tick may be.
  EXPECT_THAT(reason_of(two_rooms({.rate_hz = 20}, {.rate_hz = 20, .phase = milliseconds(3)})),
              HasSubstr("pause, and mostly behind the same players"));
}

TEST(Rooms, OfFourHaveNoTick) {
  std::vector<std::vector<Send>> rooms;
  for (std::uint32_t room = 0; room < 4; ++room) {
    rooms.push_back(
        Loop{.rate_hz = 30, .first_player = 100 * room, .phase = microseconds(7'100) * room, .seed = room}.sends(seconds(20)));
  }
  reason_of(merged(rooms));
}

TEST(EventDriven, ServersThatAnswerAtOnceHaveNoTick) {
  for (const double rate_hz : {1.0, 10.0, 60.0}) {
    for (const std::uint32_t players : {1U, 2U, 8U, 50U}) {
      EXPECT_THAT(reason_of(Clients{.rate_hz = rate_hz, .players = players}.answers(seconds(20))),
                  HasSubstr("100% of the packets out answer a request within 1.00ms"));
    }
  }
}

TEST(EventDriven, ServersThatWorkForFiveMillisecondsHaveNoTick) {
  for (unsigned seed = 1; seed <= 10; ++seed) {
    for (const double rate_hz : {10.0, 30.0}) {
      reason_of(Clients{.rate_hz = rate_hz, .players = 8, .service = milliseconds(5), .seed = seed}.answers(seconds(20)));
    }
  }
}

TEST(EventDriven, RequestsAtRandomHaveNoTick) {
  for (const double rate_hz : {5.0, 50.0, 500.0, 5'000.0}) {
    std::mt19937_64 random(7);
    std::exponential_distribution<double> gap(rate_hz);
    std::vector<Send> sends;
    for (double at = gap(random); at < 20; at += gap(random)) {
      sends.push_back({nanoseconds(static_cast<std::int64_t>(at * 1e9)), static_cast<std::uint32_t>(random() % 20)});
    }
    reason_of(sends);
  }
}

TEST(SteadySender, HasNoTickWithOnePlayer) {
  EXPECT_EQ(reason_of(Loop{.rate_hz = 30, .players = 1}.sends(seconds(20))),
            "one player: any sender at a steady rate would look the same");
}

TEST(SteadySender, HasNoTickWhereThreePlayersAreServedAMillisecondApart) {
  EXPECT_EQ(
      reason_of(Loop{.rate_hz = 50, .players = 3, .noise = nanoseconds(1), .send_cost = microseconds(900)}.sends(seconds(20))),
      "3 players are served within 1.80ms of 20.0ms: independent senders might be as close together");
}

TEST(AdaptiveSender, HasNoTickWhileItsRateWanders) {
  std::vector<Send> sends;
  std::mt19937_64 random(3);
  std::uniform_int_distribution<int> wait_ms(10, 60);
  for (nanoseconds at{}; at < seconds(20); at += milliseconds(wait_ms(random))) {
    for (std::uint32_t player = 0; player < 8; ++player) sends.push_back({at + microseconds(10) * player, player});
  }
  EXPECT_THAT(reason_of(sends), HasSubstr("the intervals differ"));
}

TEST(AdaptiveSender, HasNoTickWhereFarPlayersAreServedLess) {
  // Eight players at 30 Hz, eight at 10 Hz, together with every third of those.
  std::vector<Send> sends;
  for (int i = 0; i < 600; ++i) {
    for (std::uint32_t player = 0; player < (i % 3 == 0 ? 16U : 8U); ++player) {
      sends.push_back({milliseconds(33) * i + microseconds(10) * player, player});
    }
  }
  EXPECT_EQ(reason_of(sends), "a burst serves 8 of 16 players: several rooms, or rates that differ");
}

TEST(Doubt, LastsUntilThereAreTwentyIntervals) {
  const std::vector<Send> sends = Loop{.rate_hz = 10, .noise = nanoseconds(1)}.sends(seconds(4));
  const Observed observed(sends);
  EXPECT_EQ(observed.history()[0].reason, "9 intervals between bursts of packets out in 10.0s, 20 are wanted");
  EXPECT_EQ(observed.history()[1].confidence, TickConfidence::kNone);
  EXPECT_EQ(observed.history()[2].confidence, TickConfidence::kHigh);
}

TEST(Doubt, ReturnsTenSecondsAfterTheLastBurst) {
  TickInference inference;
  const std::vector<Burst> bursts = bursts_of(Loop{.rate_hz = 20}.sends(seconds(10)));
  inference.apply({.now = seconds(10), .bursts = bursts, .packets_in = 1, .receivers = 8});
  EXPECT_EQ(inference.tick().confidence, TickConfidence::kHigh);
  inference.apply({.now = seconds(15), .packets_in = 1});
  EXPECT_EQ(inference.tick().confidence, TickConfidence::kHigh);
  inference.apply({.now = seconds(20), .packets_in = 1});
  EXPECT_EQ(inference.tick().confidence, TickConfidence::kNone);
  ASSERT_TRUE(inference.tick().intervals);
  EXPECT_EQ(inference.tick().intervals->samples(), 199U);
}

TEST(Doubt, IsLittleWhereFewIntervalsDiffer) {
  std::vector<Send> sends;
  nanoseconds at{};
  for (int i = 0; i < 600; ++i) {
    at += milliseconds(i % 10 == 0 ? 50 : 33);
    for (std::uint32_t player = 0; player < 8; ++player) sends.push_back({at + microseconds(10) * player, player});
  }
  const LoopTick tick = Observed(sends).tick();
  EXPECT_EQ(tick.confidence, TickConfidence::kLow);
  EXPECT_EQ(tick.reason, "90% of the intervals are within a quarter of their median");
  EXPECT_EQ(tick.period, milliseconds(33));
}

// Twenty ticks a second until 10 s, and again from 14 s on.
class Gap : public testing::Test {
 protected:
  void play(std::uint64_t packets_in_between, bool missed) {
    inference.apply({.now = seconds(10), .bursts = before, .packets_in = 60, .receivers = 8});
    for (int second = 11; second < 14; ++second) inference.apply({.now = seconds(second), .packets_in = packets_in_between});
    inference.apply({.now = seconds(20), .bursts = after, .missed = missed, .packets_in = 60, .receivers = 8});
  }
  static std::vector<Burst> ticks(nanoseconds from, int count) {
    std::vector<Burst> bursts;
    for (int i = 0; i < count; ++i) {
      const nanoseconds start = from + milliseconds(50) * i;
      bursts.push_back({.start = start, .end = start + microseconds(80), .players = 8});
    }
    return bursts;
  }
  TickInference inference;
  std::vector<Burst> before = ticks(nanoseconds{0}, 200);
  std::vector<Burst> after = ticks(seconds(14), 100);
};

TEST_F(Gap, IsAStallWhilePlayersGoOnSending) {
  play(60, false);
  EXPECT_EQ(inference.tick().stalls, 1U);
  EXPECT_EQ(inference.tick().longest_stall, milliseconds(4'050));
}

TEST_F(Gap, IsNoStallWhileNobodyPlays) {
  play(0, false);
  EXPECT_EQ(inference.tick().stalls, 0U);
  EXPECT_EQ(inference.tick().confidence, TickConfidence::kHigh);
}

TEST_F(Gap, IsNoStallWhereBurstsWereMissed) {
  play(60, true);
  EXPECT_EQ(inference.tick().stalls, 0U);
}

TEST_F(Gap, IsNoStallWhereTheServiceWasNotWatched) {
  inference.apply({.now = seconds(10), .bursts = before, .packets_in = 60, .receivers = 8});
  inference.interrupt();
  inference.apply({.now = seconds(20), .bursts = after, .packets_in = 60, .receivers = 8});
  EXPECT_EQ(inference.tick().stalls, 0U);
  EXPECT_EQ(inference.tick().intervals->samples(), 199U + 99U);
}

TEST_F(Gap, BeforeTheLoopRunsSteadilyIsNoStall) {
  // A level is loaded: one burst every 300 ms, then the loop begins.
  std::vector<Burst> bursts;
  for (int i = 0; i < 4; ++i) bursts.push_back({.start = milliseconds(300) * i, .end = milliseconds(300) * i, .players = 8});
  for (const Burst& burst : ticks(milliseconds(1'200), 100)) bursts.push_back(burst);
  inference.apply({.now = seconds(7), .bursts = bursts, .packets_in = 60, .receivers = 8});
  EXPECT_EQ(inference.tick().confidence, TickConfidence::kHigh);
  EXPECT_EQ(inference.tick().stalls, 0U);
  EXPECT_EQ(inference.tick().intervals->samples(), 99U);
}

}  // namespace
}  // namespace tickwire::model
