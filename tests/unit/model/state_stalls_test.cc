// SPDX-License-Identifier: Apache-2.0
// Stalls of a service's loop, as State tells them.
#include <gtest/gtest.h>

#include "unit/model/loop_traffic.h"
#include "unit/model/world.h"

namespace tickwire::model {
namespace {

constexpr std::uint32_t kPlayers = 8;

// Reads the loop's sends once a second; the events of kind stall.
std::vector<Event> stalls_of(const Loop& loop, nanoseconds until) {
  const std::vector<Burst> bursts = bursts_of(loop.sends(until));
  World world;
  std::vector<ConnectionChange> players;
  for (std::uint32_t slot = 0; slot < kPlayers; ++slot)
    players.push_back(new_connection({slot, 0}, kWorldNumber, milliseconds(1)));
  auto burst = bursts.begin();
  EventLog log;
  for (nanoseconds now = seconds(1); now <= until; now += seconds(1)) {
    world.tick.has_bursts = true;
    while (burst != bursts.end() && burst->end + nanoseconds(TW_BURST_GAP_NS) <= now) world.tick.bursts.push_back(*burst++);
    world.tick.burst_gains = {
        {.service = kWorldNumber, .first = 0, .count = static_cast<std::uint32_t>(world.tick.bursts.size()), .missed = 0}};
    for (ConnectionChange& player : players)
      player.traffic = {Traffic{.packets = 30, .bytes = 300}, Traffic{.packets = 30, .bytes = 300}};
    log = world.apply(now, players).events;
    for (ConnectionChange& player : players) player = next(player);
  }
  std::vector<Event> stalls;
  for (std::uint64_t sequence = log.oldest(); sequence <= log.newest(); ++sequence) {
    if (log.find(sequence)->kind() == EventKind::kStall) stalls.push_back(*log.find(sequence));
  }
  return stalls;
}

TEST(StateStalls, AreToldOnceWithTheirServiceAndNoConnection) {
  const Loop loop{.rate_hz = 20, .players = kPlayers, .noise = nanoseconds(1), .stalls = {{seconds(5), milliseconds(200)}}};
  const auto stalls = stalls_of(loop, seconds(12));
  ASSERT_EQ(stalls.size(), 1U);
  EXPECT_EQ(*stalls[0].service, kWorld);
  EXPECT_EQ(stalls[0].connection, std::nullopt);
  EXPECT_NEAR(static_cast<double>(stalls[0].at.count()), 5.2e9, 1e6);
  const Stalled& stalled = std::get<Stalled>(stalls[0].what);
  EXPECT_NEAR(static_cast<double>(stalled.interval.count()), 250e6, 1e6);
  EXPECT_NEAR(static_cast<double>(stalled.period.count()), 50e6, 1e6);
}

TEST(StateStalls, AreNotToldOfASteadyLoop) {
  EXPECT_TRUE(stalls_of({.rate_hz = 20, .players = kPlayers, .noise = nanoseconds(1)}, seconds(12)).empty());
}

}  // namespace
}  // namespace tickwire::model
