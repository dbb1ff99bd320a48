// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "unit/model/world.h"

namespace tickwire::model {
namespace {

using namespace std::chrono_literals;

constexpr ConnectionId kPlayer{1, 0};

// The next change of the player: one packet in, and these counts as they stand.
ConnectionChange with_detail(World& world, ConnectionChange change, DetailChange detail) {
  change.traffic[0] = {.packets = 1, .bytes = 10};
  change.detail = static_cast<std::uint32_t>(world.tick.details.size());
  world.tick.details.push_back(std::move(detail));
  return change;
}

DetailChange taken(std::uint64_t datagrams) {
  DetailChange detail;
  detail.socket = SocketCounts{.taken = datagrams};
  detail.followed = FollowedCounts{.followed = datagrams, .completed = datagrams - 1};
  detail.pace[0].jitter = 3ms;
  return detail;
}

TEST(StateStageTotals, AddUpWhatTheConnectionsOfAServiceGain) {
  World world;
  const ConnectionChange first = new_connection(kPlayer, kWorldNumber, 100s);
  const ConnectionChange second = new_connection({2, 0}, kWorldNumber, 100s);
  world.apply(101s, {with_detail(world, first, taken(5)), with_detail(world, second, taken(7))});
  const Snapshot snapshot = world.apply(102s, {with_detail(world, next(first), taken(9))});
  const StageTotals& totals = service_in(snapshot, kWorld).stages;
  EXPECT_EQ(totals.socket->taken, 16U);
  EXPECT_EQ(totals.followed->followed, 16U);
  EXPECT_EQ(totals.followed->completed, 14U);
  EXPECT_FALSE(service_in(snapshot, kLobby).stages.socket);
}

TEST(StateStageTotals, SampleTheJitterOfEachPlayerOnceASecond) {
  World world;
  const ConnectionChange player = new_connection(kPlayer, kWorldNumber, 100s);
  Snapshot snapshot = world.apply(100s + 50ms, {with_detail(world, player, taken(1))});
  for (std::chrono::nanoseconds now = 100s + 100ms; now <= 103s; now += 50ms) {
    snapshot = world.apply(now, {with_detail(world, next(player), taken(1))});
  }
  const auto& jitter = service_in(snapshot, kWorld).stages.jitter;
  ASSERT_NE(jitter[0], nullptr);
  EXPECT_EQ(jitter[0]->samples(), 3U);
  EXPECT_EQ(jitter[0]->sum(), 9ms);
  EXPECT_EQ(jitter[1], nullptr);
  EXPECT_EQ(jitter[2], nullptr);
}

TEST(StateStageTotals, SampleNoJitterOfASilentPlayer) {
  World world;
  const ConnectionChange player = new_connection(kPlayer, kWorldNumber, 100s);
  world.apply(101s, {with_detail(world, player, taken(1))});
  Snapshot snapshot;
  for (std::chrono::nanoseconds now = 102s; now <= 110s; now += 1s) snapshot = world.apply(now, {});
  EXPECT_EQ(service_in(snapshot, kWorld).stages.jitter[0]->samples(), 1U);
}

TEST(StateStageTotals, AreNoneWithoutStages) {
  World world;
  ConnectionChange player = new_connection(kPlayer, kWorldNumber, 100s);
  player.traffic[0] = {.packets = 1, .bytes = 10};
  const Snapshot snapshot = world.apply(101s, {player});
  const StageTotals& totals = service_in(snapshot, kWorld).stages;
  EXPECT_FALSE(totals.socket);
  EXPECT_FALSE(totals.followed);
  EXPECT_EQ(totals.jitter[0], nullptr);
}

}  // namespace
}  // namespace tickwire::model
