// SPDX-License-Identifier: Apache-2.0
#include "gameserver/server/world.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace tickwire::game {
namespace {

// The ids in a gathered snapshot, in their order.
std::vector<PlayerId> gathered(const World& world, PlayerId viewer) {
  std::vector<std::byte> states;
  static_cast<void>(world.gather(viewer, states));
  std::vector<PlayerId> ids;
  for (std::size_t at = 0; at < states.size(); at += kStateBytes) {
    ids.push_back(decode_state(std::span(states).subspan(at).first<kStateBytes>()).id);
  }
  return ids;
}

// Where one step takes a player who presses these buttons, relative to the start.
std::pair<int, int> moved(std::uint16_t buttons) {
  World world(10, 4);
  const PlayerId id = *world.join();
  const auto before = *world.state(id);
  world.press(id, buttons);
  world.step();
  const auto after = *world.state(id);
  return {after.x_mm - before.x_mm, after.y_mm - before.y_mm};
}

TEST(World, MovesAPlayerByTheSpeedOverTheTickRate) {
  EXPECT_EQ(moved(kButtonUp), std::pair(0, 500));
  EXPECT_EQ(moved(kButtonDown), std::pair(0, -500));
  EXPECT_EQ(moved(kButtonLeft), std::pair(-500, 0));
  EXPECT_EQ(moved(kButtonRight | kButtonUp), std::pair(500, 500));
}

TEST(World, LeavesAPlayerWhoPressesNothingOrBothWays) {
  EXPECT_EQ(moved(0), std::pair(0, 0));
  EXPECT_EQ(moved(kButtonLeft | kButtonRight), std::pair(0, 0));
}

TEST(World, HoldsButtonsUntilTheNextPress) {
  World world(10, 4);
  const PlayerId id = *world.join();
  const int start = world.state(id)->x_mm;
  const int towards_middle = start > 0 ? -1 : 1;
  world.press(id, towards_middle > 0 ? kButtonRight : kButtonLeft);
  world.step();
  world.step();
  EXPECT_EQ(world.state(id)->x_mm, start + towards_middle * 1000);
  world.press(id, 0);
  world.step();
  EXPECT_EQ(world.state(id)->x_mm, start + towards_middle * 1000);
}

TEST(World, StopsAPlayerAtTheEdge) {
  World world(1, 1);
  const PlayerId id = *world.join();
  world.press(id, kButtonRight | kButtonDown);
  for (int i = 0; i < 100; ++i) world.step();
  EXPECT_EQ(world.state(id)->x_mm, World::kHalfSizeMm);
  EXPECT_EQ(world.state(id)->y_mm, -World::kHalfSizeMm);
}

TEST(World, ShowsMovingAndFiringInTheStatus) {
  World world(10, 1);
  const PlayerId id = *world.join();
  world.press(id, kButtonFire);
  world.step();
  EXPECT_EQ(world.state(id)->status, 2);
  world.press(id, kButtonFire | kButtonUp);
  world.step();
  EXPECT_EQ(world.state(id)->status, 3);
}

TEST(World, TakesNoMoreThanItsPlayersAndGivesNoIdTwice) {
  World world(10, 2);
  EXPECT_EQ(world.join(), 1U);
  EXPECT_EQ(world.join(), 2U);
  EXPECT_EQ(world.join(), std::nullopt);
  world.leave(1);
  EXPECT_EQ(world.join(), 3U);
}

TEST(World, KeepsTheOthersWhenOneLeaves) {
  World world(10, 3);
  for (int i = 0; i < 3; ++i) static_cast<void>(world.join());
  world.leave(1);
  world.leave(77);
  world.step();
  EXPECT_EQ(world.player_count(), 2U);
  EXPECT_EQ(world.state(1), std::nullopt);
  EXPECT_EQ(gathered(world, 2), (std::vector<PlayerId>{2, 3}));
}

TEST(World, GathersTheViewerFirst) {
  World world(10, 3);
  for (int i = 0; i < 3; ++i) static_cast<void>(world.join());
  world.step();
  EXPECT_EQ(gathered(world, 2), (std::vector<PlayerId>{2, 1, 3}));
}

TEST(World, GathersNobodyBeforeTheFirstStep) {
  World world(10, 3);
  const PlayerId id = *world.join();
  EXPECT_TRUE(gathered(world, id).empty());
}

TEST(World, ShowsEverybodyWithinAFewTicksWhenThereAreTooMany) {
  World world(10, 200);
  for (int i = 0; i < 200; ++i) static_cast<void>(world.join());
  std::set<PlayerId> seen;
  for (int tick = 0; tick < 3; ++tick) {
    world.step();
    const auto ids = gathered(world, 5);
    ASSERT_EQ(ids.size(), kMaxStates);
    EXPECT_EQ(ids.front(), 5U);
    EXPECT_EQ(std::ranges::count(ids, 5U), 1);
    seen.insert(ids.begin(), ids.end());
  }
  EXPECT_EQ(seen.size(), 200U);
}

TEST(World, SaysWhetherSomebodyIsLeftOut) {
  std::vector<std::byte> states;
  World world(10, kMaxStates + 1);
  for (std::size_t i = 0; i < kMaxStates; ++i) static_cast<void>(world.join());
  world.step();
  EXPECT_TRUE(world.gather(1, states));
  static_cast<void>(world.join());
  world.step();
  EXPECT_FALSE(world.gather(1, states));
}

}  // namespace
}  // namespace tickwire::game
