// SPDX-License-Identifier: Apache-2.0
#include "gameserver/world/world.h"

#include <gtest/gtest.h>

#include <cmath>

namespace tickwire::game {
namespace {

constexpr WorldConfig kConfig;  // 5 m/s in an arena of 100 m by 100 m

std::pair<int, int> place(const World& world, PlayerId id) {
  const auto& state = world.find(id)->state;
  return {state.x_mm, state.y_mm};
}

std::uint16_t towards_middle(const World& world, PlayerId id) {
  return world.find(id)->state.x_mm > 0 ? kButtonLeft : kButtonRight;
}

// Where one step at 10 Hz takes a player who presses these buttons, relative to the start.
std::pair<int, int> moved(std::uint16_t buttons) {
  World world(10, 4, kConfig);
  const PlayerId id = *world.join(false);
  const auto [x, y] = place(world, id);
  EXPECT_EQ(world.press(id, {.input_seq = 1, .buttons = buttons}), World::Press::kTaken);
  world.step();
  const auto [new_x, new_y] = place(world, id);
  return {new_x - x, new_y - y};
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

class WorldAtRate : public ::testing::TestWithParam<unsigned> {};

TEST_P(WorldAtRate, WalksAsFarInAMinuteAsAtAnyOtherRate) {
  WorldConfig config;
  config.walking_speed_mm_s = 833;
  World world(GetParam(), 1, config);
  const PlayerId id = *world.join(false);
  for (int i = 0; i < 7; ++i) world.step();
  const auto button = towards_middle(world, id);
  const int start = world.find(id)->state.x_mm;
  static_cast<void>(world.press(id, {.input_seq = 1, .buttons = button}));
  for (unsigned tick = 0; tick < 60 * GetParam(); ++tick) world.step();
  EXPECT_EQ(std::abs(world.find(id)->state.x_mm - start), 60 * 833);
  EXPECT_EQ(world.walked_mm(id), 60U * 833U);
}

INSTANTIATE_TEST_SUITE_P(Rates, WorldAtRate, ::testing::Values(1U, 10U, 20U, 30U, 60U, 128U, 999U, 1000U));

TEST(World, HoldsButtonsUntilTheNextPress) {
  World world(10, 4, kConfig);
  const PlayerId id = *world.join(false);
  const auto button = towards_middle(world, id);
  const int start = world.find(id)->state.x_mm;
  const int direction = button == kButtonRight ? 1 : -1;
  static_cast<void>(world.press(id, {.input_seq = 1, .buttons = button}));
  world.step();
  world.step();
  EXPECT_EQ(world.find(id)->state.x_mm, start + direction * 1000);
  static_cast<void>(world.press(id, {.input_seq = 2, .buttons = 0}));
  world.step();
  EXPECT_EQ(world.find(id)->state.x_mm, start + direction * 1000);
}

TEST(World, TakesNoInputThatIsNotNewer) {
  World world(10, 1, kConfig);
  const PlayerId id = *world.join(false);
  EXPECT_FALSE(world.find(id)->has_input);
  EXPECT_EQ(world.press(id, {.input_seq = 65535, .buttons = kButtonUp}), World::Press::kTaken);
  EXPECT_EQ(world.press(id, {.input_seq = 65535}), World::Press::kStale);
  EXPECT_EQ(world.press(id, {.input_seq = 65534}), World::Press::kStale);
  EXPECT_EQ(world.find(id)->last_input, 65535);
  EXPECT_EQ(world.press(id, {.input_seq = 0}), World::Press::kTaken);
  EXPECT_EQ(world.find(id)->last_input, 0);
  EXPECT_TRUE(world.find(id)->has_input);
}

TEST(World, KnowsNoInputOfNobody) {
  World world(10, 1, kConfig);
  EXPECT_EQ(world.press(1, {.input_seq = 1}), World::Press::kUnknown);
}

TEST(World, StopsAPlayerAtTheEdge) {
  World world(1, 1, kConfig);
  const PlayerId id = *world.join(false);
  const auto [x, y] = place(world, id);
  static_cast<void>(world.press(id, {.input_seq = 1, .buttons = kButtonRight}));
  for (int i = 0; i < 100; ++i) world.step();
  EXPECT_EQ(place(world, id), std::pair(50'000, y));
  EXPECT_EQ(world.walked_mm(id), static_cast<std::uint64_t>(50'000 - x));
}

TEST(World, MeasuresTheWayAlongADiagonal) {
  World world(10, 1, kConfig);
  const PlayerId id = *world.join(false);
  static_cast<void>(world.press(id, {.input_seq = 1, .buttons = kButtonRight | kButtonUp}));
  world.step();
  EXPECT_EQ(world.walked_mm(id), 707U);
}

TEST(World, ShowsMovingAndFiringInTheStatus) {
  World world(10, 1, kConfig);
  const PlayerId id = *world.join(false);
  static_cast<void>(world.press(id, {.input_seq = 1, .buttons = kButtonFire}));
  world.step();
  EXPECT_EQ(world.find(id)->state.status, 2);
  static_cast<void>(world.press(id, {.input_seq = 2, .buttons = kButtonFire | kButtonUp}));
  world.step();
  EXPECT_EQ(world.find(id)->state.status, 3);
}

TEST(World, TakesNoMoreThanItsPlayersAndGivesNoIdTwice) {
  World world(10, 2, kConfig);
  EXPECT_EQ(world.join(false), 1U);
  EXPECT_EQ(world.join(true), 2U);
  EXPECT_EQ(world.join(false).error(), Reason::kServerFull);
  EXPECT_TRUE(world.leave(1));
  EXPECT_EQ(world.join(false), 3U);
}

TEST(World, KeepsTheOthersWhenOneLeaves) {
  World world(10, 3, kConfig);
  for (int i = 0; i < 3; ++i) static_cast<void>(world.join(false));
  const auto third = place(world, 3);
  EXPECT_TRUE(world.leave(1));
  EXPECT_FALSE(world.leave(1));
  EXPECT_FALSE(world.leave(77));
  EXPECT_EQ(world.find(1), nullptr);
  EXPECT_EQ(place(world, 3), third);
  const auto players = world.players();
  ASSERT_EQ(players.size(), 2U);
  EXPECT_EQ(players[0].state.id, 2U);
  EXPECT_EQ(players[1].state.id, 3U);
}

TEST(World, LetsPlayersOfTheLockstepRoomStayWhereTheyAre) {
  World world(10, 1, kConfig);
  const PlayerId id = *world.join(true);
  EXPECT_TRUE(world.find(id)->lockstep);
  EXPECT_EQ(world.press(id, {.input_seq = 9, .buttons = kButtonUp}), World::Press::kTaken);
  world.step();
  EXPECT_EQ(world.find(id)->state, (PlayerState{.id = id, .hp = 100}));
  EXPECT_EQ(world.find(id)->last_input, 9);
}

TEST(World, TakesNewRulesWhileItRuns) {
  World world(10, 2, kConfig);
  const PlayerId id = *world.join(false);
  WorldConfig config;
  config.arena_half_size_mm = 1'000;
  config.full_hp = 7;
  world.configure(config);
  world.step();
  EXPECT_LE(std::abs(world.find(id)->state.x_mm), 1'000);
  EXPECT_LE(std::abs(world.find(id)->state.y_mm), 1'000);
  EXPECT_EQ(world.walked_mm(id), 0U);
  EXPECT_EQ(world.find(*world.join(false))->state.hp, 7);
}

}  // namespace
}  // namespace tickwire::game
