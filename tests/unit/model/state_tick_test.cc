// SPDX-License-Identifier: Apache-2.0
// The tick that State infers for a service: from its bursts, from its players, and from what comes in.
#include <gtest/gtest.h>

#include "unit/model/world.h"

namespace tickwire::model {
namespace {

using namespace std::chrono_literals;

// Eight players who are sent to in each reading, and a loop of twenty ticks a second, read once a second.
class Loop : public testing::Test {
 protected:
  Loop() {
    for (std::uint16_t slot = 0; slot < 8; ++slot) players.push_back(new_connection({slot, 1}, kWorldNumber, 1s));
  }
  // One second more, with this number of ticks, each to so many players.
  Snapshot second(int ticks = 20, std::uint32_t served = 8, std::uint16_t number = kWorldNumber) {
    now += 1s;
    world.tick.has_bursts = true;
    for (int i = 0; i < ticks; ++i) {
      const auto start = now - 1s + i * 50ms;
      world.tick.bursts.push_back({.start = start, .end = start + 80us, .players = served});
    }
    if (ticks > 0)
      world.tick.burst_gains.push_back({.service = number, .count = static_cast<std::uint32_t>(ticks), .missed = missed});
    std::vector<ConnectionChange> changes = players;
    for (ConnectionChange& change : changes) change.traffic[1] = {.packets = static_cast<std::uint64_t>(ticks), .bytes = 100};
    for (ConnectionChange& player : players) player = next(player);
    return world.apply(now, changes);
  }
  World world;
  std::vector<ConnectionChange> players;
  std::chrono::nanoseconds now = 10s;
  std::uint64_t missed = 0;
};

TEST_F(Loop, IsKnownAfterTwentyIntervals) {
  EXPECT_EQ(service_in(second(), kWorld).tick->confidence, TickConfidence::kNone);
  const Snapshot snapshot = second();
  EXPECT_EQ(service_in(snapshot, kWorld).tick->period, 50ms);
  EXPECT_EQ(service_in(snapshot, kWorld).tick->players, 8U);
  EXPECT_EQ(service_in(snapshot, kWorld).tick->intervals->samples(), 39U);
}

TEST_F(Loop, IsTheOtherServicesWhoseBurstsTheyAre) {
  second(20, 8, kLobbyNumber);
  const Snapshot snapshot = second(20, 8, kLobbyNumber);
  EXPECT_EQ(service_in(snapshot, kLobby).tick->period, 50ms);
  EXPECT_FALSE(service_in(snapshot, kWorld).tick->period);
}

TEST_F(Loop, IsDoubtedWhereBurstsServeHalfOfTheConnectionsThatAreSentTo) {
  second(20, 4);
  EXPECT_EQ(service_in(second(20, 4), kWorld).tick->reason, "a burst serves 4 of 8 players: several rooms, or rates that differ");
}

TEST_F(Loop, IsNotInferredWithoutBursts) { EXPECT_FALSE(service_in(world.apply(11s), kWorld).tick.has_value()); }

TEST_F(Loop, DoesNotStallWhereBurstsWereMissed) {
  second();
  second();
  now += 500ms;
  missed = 3;
  EXPECT_EQ(service_in(second(), kWorld).tick->stalls, 0U);
}

TEST_F(Loop, StallsWhereNoneWereMissed) {
  second();
  second();
  now += 500ms;
  EXPECT_EQ(service_in(second(), kWorld).tick->stalls, 1U);
  EXPECT_EQ(service_in(world.apply(now + 1s), kWorld).tick->longest_stall, 550ms);
}

TEST_F(Loop, GoesOnAfterTheServiceWasAwayWithoutAStall) {
  second();
  second();
  world.state.remove_service(kWorldNumber, now);
  now += 5s;
  world.state.add_service(kWorldNumber, kWorld);
  const Snapshot snapshot = second();
  EXPECT_EQ(service_in(snapshot, kWorld).tick->stalls, 0U);
  EXPECT_EQ(service_in(snapshot, kWorld).tick->intervals->samples(), 39U + 19U);
}

}  // namespace
}  // namespace tickwire::model
