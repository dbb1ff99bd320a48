// SPDX-License-Identifier: Apache-2.0
#include "gameserver/world/frame.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>

namespace tickwire::game {
namespace {

using testing::ElementsAre;

FramePlayer at(PlayerId id, std::int32_t x_mm, std::int32_t y_mm) { return {.state = {.id = id, .x_mm = x_mm, .y_mm = y_mm}}; }

WorldFrame frame_of(std::vector<FramePlayer> players, std::int32_t radius_mm) {
  return {1, std::move(players), radius_mm, nullptr, nullptr};
}

// The viewer's id, and then the others' in sight, ordered.
std::vector<PlayerId> sight(const WorldFrame& frame, PlayerId viewer, std::size_t most = WorldFrame::kMostInSight) {
  std::vector<std::uint16_t> places{77};
  static_cast<void>(frame.in_sight(*frame.find(viewer), most, places));
  std::vector<PlayerId> ids;
  for (const auto place : places) ids.push_back(frame.players()[place].state.id);
  std::ranges::sort(ids.begin() + 1, ids.end());
  return ids;
}

bool complete(const WorldFrame& frame, PlayerId viewer, std::size_t most) {
  std::vector<std::uint16_t> places;
  return frame.in_sight(*frame.find(viewer), most, places);
}

TEST(WorldFrame, OrdersPlayersById) {
  const auto frame = frame_of({at(5, 0, 0), at(2, 1, 0), at(9, 2, 0)}, 10);
  EXPECT_EQ(frame.players()[0].state.id, 2U);
  EXPECT_EQ(frame.find(2), 0U);
  EXPECT_EQ(frame.find(5), 1U);
  EXPECT_EQ(frame.find(9), 2U);
  EXPECT_EQ(frame.find(1), std::nullopt);
  EXPECT_EQ(frame.find(6), std::nullopt);
  EXPECT_EQ(frame.find(10), std::nullopt);
}

TEST(WorldFrame, ShowsTheViewerFirst) {
  const auto frame = frame_of({at(1, 0, 0), at(2, 30, 0), at(3, 0, -10), at(4, 20, 0)}, 100);
  EXPECT_THAT(sight(frame, 1), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(sight(frame, 3), ElementsAre(3, 1, 2, 4));
}

TEST(WorldFrame, ChoosesTheNearestAndSettlesEqualDistancesById) {
  const auto frame = frame_of({at(1, 0, 0), at(2, 0, 11), at(5, 0, 10), at(3, -10, 0), at(4, 10, 0)}, 100);
  EXPECT_THAT(sight(frame, 1, 3), ElementsAre(1, 3, 4));
  EXPECT_THAT(sight(frame, 1, 4), ElementsAre(1, 3, 4, 5));
}

TEST(WorldFrame, ShowsWhoStandsExactlyAtTheRadiusAndNobodyBehindIt) {
  const auto frame = frame_of({at(1, 0, 0), at(2, 300, 400), at(3, 300, 401)}, 500);
  EXPECT_THAT(sight(frame, 1), ElementsAre(1, 2));
  EXPECT_TRUE(complete(frame, 1, 2));
}

TEST(WorldFrame, SaysThatSomebodyWasLeftOut) {
  const auto frame = frame_of({at(1, 0, 0), at(2, 10, 0), at(3, 20, 0)}, 100);
  EXPECT_TRUE(complete(frame, 1, 3));
  EXPECT_FALSE(complete(frame, 1, 2));
  EXPECT_THAT(sight(frame, 1, 2), ElementsAre(1, 2));
  EXPECT_FALSE(complete(frame, 1, 1));
  EXPECT_THAT(sight(frame, 1, 1), ElementsAre(1));
}

TEST(WorldFrame, ShowsNobodyToAndOfTheLockstepRoom) {
  auto lockstep = at(2, 0, 0);
  lockstep.lockstep = true;
  const auto frame = frame_of({at(1, 5, 5), lockstep, at(3, 6, 6)}, 100);
  EXPECT_THAT(sight(frame, 1), ElementsAre(1, 3));
  EXPECT_THAT(sight(frame, 2), ElementsAre(2));
  EXPECT_TRUE(complete(frame, 2, 1));
  EXPECT_EQ(frame.players().size(), 3U);
}

TEST(WorldFrame, IsEmptyWithoutPlayers) {
  const auto frame = frame_of({}, 100);
  EXPECT_TRUE(frame.players().empty());
  EXPECT_EQ(frame.find(1), std::nullopt);
  EXPECT_TRUE(frame.presence().events.empty());
  EXPECT_EQ(frame.lockstep(), nullptr);
}

// A frame of so many players in the whole arena, and what its grid finds against looking at everybody.
void compare_with_looking_at_everybody(unsigned seed, std::size_t count, std::int32_t radius_mm, std::size_t most) {
  std::mt19937 random(seed);
  std::uniform_int_distribution<std::int32_t> place(-50'000, 50'000);
  std::vector<FramePlayer> players;
  for (PlayerId id = 1; id <= count; ++id) players.push_back(at(3 * id, place(random), place(random)));
  std::ranges::shuffle(players, random);
  const auto frame = frame_of(players, radius_mm);
  for (std::size_t viewer = 0; viewer < count; viewer += 7) {
    const auto& eye = frame.players()[viewer].state;
    std::vector<std::pair<std::int64_t, PlayerId>> expected;
    for (const auto& player : frame.players()) {
      const std::int64_t x = player.state.x_mm - eye.x_mm;
      const std::int64_t y = player.state.y_mm - eye.y_mm;
      const auto distance = x * x + y * y;
      if (player.state.id != eye.id && distance <= std::int64_t{radius_mm} * radius_mm)
        expected.emplace_back(distance, player.state.id);
    }
    std::ranges::sort(expected);
    EXPECT_EQ(complete(frame, eye.id, most), expected.size() < most);
    std::vector<PlayerId> ids{eye.id};
    for (const auto& [distance, id] : expected) {
      if (ids.size() < most) ids.push_back(id);
    }
    std::ranges::sort(ids.begin() + 1, ids.end());
    ASSERT_EQ(sight(frame, eye.id, most), ids) << "seed " << seed << " radius " << radius_mm;
  }
}

TEST(WorldFrame, FindsWhatLookingAtEverybodyFinds) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    for (const std::int32_t radius_mm : {1, 40, 1'000, 15'000, 150'000}) {
      compare_with_looking_at_everybody(seed, 1, radius_mm, 75);
      compare_with_looking_at_everybody(seed, 500, radius_mm, 75);
    }
  }
}

TEST(WorldFrame, ChoosesByIdAmongThoseWhoStandInOnePlace) {
  std::vector<FramePlayer> players;
  for (PlayerId id = 1; id <= 2'000; ++id) players.push_back(at(id, 7, 7));
  const auto frame = frame_of(players, 100);
  std::vector<PlayerId> expected{1'500};
  for (PlayerId id = 1; id <= 74; ++id) expected.push_back(id);
  EXPECT_EQ(sight(frame, 1'500, 75), expected);
}

TEST(WorldFrame, ChoosesTheNearestOfMoreThanItsBufferHolds) {
  compare_with_looking_at_everybody(1, 4'000, 150'000, 75);
  compare_with_looking_at_everybody(2, 4'000, 150'000, WorldFrame::kMostInSight);
}

}  // namespace
}  // namespace tickwire::game
