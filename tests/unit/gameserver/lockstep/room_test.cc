// SPDX-License-Identifier: Apache-2.0
#include "gameserver/lockstep/room.h"

#include <gtest/gtest.h>

#include "unit/gameserver/lockstep/lockstep_values.h"

namespace tickwire::game {
namespace {

using Kind = Command::Kind;

// At 10 Hz.
struct LockstepRoomTest : testing::Test {
  // The commands of the next frame.
  std::vector<Command> advance(const std::vector<BoardEntry>& inputs = {}) {
    window = room.advance(inputs);
    std::span<const std::byte> content = *window->frames.back();
    std::vector<Command> commands;
    EXPECT_TRUE(decode_frame(content, commands));
    EXPECT_TRUE(content.empty());
    return commands;
  }
  // Up to this frame; its hash.
  std::uint64_t advance_to(std::uint32_t frame) {
    while (room.simulation().frame() < frame) advance();
    return room.simulation().hash();
  }

  LockstepStats stats;
  LockstepRoom room{10, 1, stats};
  std::shared_ptr<const LockstepWindow> window;
};

TEST_F(LockstepRoomTest, GivesAFrameEachTick) {
  EXPECT_TRUE(advance().empty());
  EXPECT_EQ(window->first, 1U);
  EXPECT_EQ(window->end(), 2U);
  advance();
  EXPECT_EQ(window->end(), 3U);
  EXPECT_EQ(room.simulation().frame(), 2U);
  EXPECT_EQ(stats.frames.value(), 2U);
}

TEST_F(LockstepRoomTest, CarriesTheStateBehindTheNewestFrame) {
  ASSERT_TRUE(room.join(7));
  advance();
  const auto state = LockstepSimulation::decode(window->state);
  ASSERT_TRUE(state.has_value());
  EXPECT_EQ(*state, room.simulation());
  EXPECT_EQ(state->seats()[0].player, 7U);
}

TEST_F(LockstepRoomTest, KeepsTheNewest256Frames) {
  advance_to(256);
  EXPECT_EQ(window->first, 1U);
  EXPECT_EQ(window->frames.size(), 256U);
  advance();
  EXPECT_EQ(window->first, 2U);
  EXPECT_EQ(window->frames.size(), 256U);
}

TEST_F(LockstepRoomTest, SaysWhoJoinsAndLeaves) {
  ASSERT_TRUE(room.join(7));
  EXPECT_EQ(advance(), (std::vector<Command>{{.seat = 0, .kind = Kind::kJoin, .player = 7}}));
  EXPECT_TRUE(advance().empty());
  room.leave(7);
  EXPECT_EQ(advance(), (std::vector<Command>{{.seat = 0, .kind = Kind::kLeave}}));
}

TEST_F(LockstepRoomTest, GivesASeatAwayInTheFrameInWhichItBecomesFree) {
  ASSERT_TRUE(room.join(7));
  advance();
  room.leave(7);
  ASSERT_TRUE(room.join(8));
  EXPECT_EQ(advance({pressed(8, 4)}), (std::vector<Command>{{.seat = 0, .kind = Kind::kLeave},
                                                            {.seat = 0, .kind = Kind::kJoin, .player = 8},
                                                            {.seat = 0, .kind = Kind::kButtons, .buttons = 4}}));
}

TEST_F(LockstepRoomTest, SaysNothingOfWhoCameAndWentBetweenTwoFrames) {
  ASSERT_TRUE(room.join(7));
  room.leave(7);
  EXPECT_TRUE(advance().empty());
  ASSERT_TRUE(room.join(8));
  advance();
  room.leave(8);
  ASSERT_TRUE(room.join(9));
  room.leave(9);
  EXPECT_EQ(advance(), (std::vector<Command>{{.seat = 0, .kind = Kind::kLeave}}));
}

TEST_F(LockstepRoomTest, SaysButtonsOnceWhenTheyChange) {
  ASSERT_TRUE(room.join(7));
  EXPECT_EQ(advance({pressed(7, 0)}).size(), 1U) << "the join alone: nothing is pressed at first";
  EXPECT_EQ(advance({pressed(7, 5)}), (std::vector<Command>{{.seat = 0, .kind = Kind::kButtons, .buttons = 5}}));
  EXPECT_TRUE(advance({pressed(7, 5)}).empty());
  EXPECT_EQ(advance({pressed(7, 0)}).size(), 1U);
  EXPECT_EQ(stats.commands.value(), 3U);
}

TEST_F(LockstepRoomTest, IgnoresInputsOfStrangers) {
  ASSERT_TRUE(room.join(7));
  advance();
  EXPECT_TRUE(advance({pressed(8, 5), pressed(0, 5)}).empty());
}

TEST_F(LockstepRoomTest, Has32Seats) {
  for (PlayerId player = 1; player <= 32; ++player) EXPECT_TRUE(room.join(player));
  EXPECT_TRUE(room.join(32)) << "sits already";
  EXPECT_FALSE(room.join(33));
  EXPECT_EQ(stats.refused_joins.value(), 1U);
  room.leave(5);
  EXPECT_TRUE(room.join(33));
}

TEST_F(LockstepRoomTest, AgreesWithItsOwnHash) {
  ASSERT_TRUE(room.join(7));
  const auto hash = advance_to(10);
  advance_to(15);
  EXPECT_FALSE(room.check(7, {.frame = 10, .hash = hash}).diverged.has_value());
  EXPECT_EQ(stats.agreed_hashes.value(), 1U);
}

TEST_F(LockstepRoomTest, TellsWhoHasAnother) {
  ASSERT_TRUE(room.join(7));
  const auto hash = advance_to(10);
  advance_to(15);
  const auto verdict = room.check(7, {.frame = 10, .hash = hash ^ 1});
  EXPECT_EQ(verdict.diverged, (Diverged{.frame = 10, .expected = hash, .received = hash ^ 1}));
  EXPECT_FALSE(verdict.evict);
  EXPECT_EQ(stats.diverged_hashes.value(), 1U);
}

TEST_F(LockstepRoomTest, DoesNotCountOneDivergenceTwice) {
  ASSERT_TRUE(room.join(7));
  advance_to(25);
  EXPECT_TRUE(room.check(7, {.frame = 10, .hash = 1}).diverged.has_value());
  EXPECT_FALSE(room.check(7, {.frame = 20, .hash = 1}).diverged.has_value());
  EXPECT_EQ(stats.repeated_hashes.value(), 1U);
  advance_to(30);
  EXPECT_TRUE(room.check(7, {.frame = 30, .hash = 1}).diverged.has_value());
}

TEST_F(LockstepRoomTest, PutsOutWhoDivergesThreeTimes) {
  ASSERT_TRUE(room.join(7));
  for (const std::uint32_t frame : {10U, 20U}) {
    advance_to(frame);
    EXPECT_FALSE(room.check(7, {.frame = frame, .hash = 1}).evict);
  }
  advance_to(30);
  EXPECT_TRUE(room.check(7, {.frame = 30, .hash = 1}).evict);
  EXPECT_EQ(stats.evictions.value(), 1U);
}

TEST_F(LockstepRoomTest, ForgetsHashesOfFramesLongAgo) {
  ASSERT_TRUE(room.join(7));
  advance_to(10);
  const auto hash = advance_to(20);
  advance_to(275);
  EXPECT_FALSE(room.check(7, {.frame = 20, .hash = hash ^ 1}).diverged == std::nullopt);
  advance_to(276);
  EXPECT_EQ(room.check(7, {.frame = 20, .hash = hash ^ 1}).diverged, std::nullopt);
  EXPECT_EQ(stats.old_hashes.value(), 1U);
}

TEST_F(LockstepRoomTest, TakesNoHashThatNobodyAskedFor) {
  ASSERT_TRUE(room.join(7));
  advance_to(25);
  for (const std::uint32_t frame : {0U, 11U, 30U}) EXPECT_EQ(room.check(7, {.frame = frame, .hash = 1}).diverged, std::nullopt);
  EXPECT_EQ(room.check(8, {.frame = 20, .hash = 1}).diverged, std::nullopt);
  EXPECT_EQ(stats.unasked_hashes.value(), 4U);
}

}  // namespace
}  // namespace tickwire::game
