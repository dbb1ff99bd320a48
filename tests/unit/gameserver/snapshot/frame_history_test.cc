// SPDX-License-Identifier: Apache-2.0
#include "gameserver/snapshot/frame_history.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "unit/gameserver/snapshot/snapshot_values.h"

namespace tickwire::game {
namespace {

std::shared_ptr<const WorldFrame> frame_at(std::uint32_t tick) {
  return frame_of(tick, {player_at(4, static_cast<std::int32_t>(tick), 0), player_at(7, 0, 0)});
}

// A record as it stands in a delta, without its id, which is 1.
std::vector<std::byte> bytes_of_change(const Change& change) {
  DeltaBuilder delta;
  delta.add(1, change);
  const auto content = delta.content();
  return content.empty() ? std::vector<std::byte>{} : std::vector<std::byte>(content.begin() + 1, content.end());
}

TEST(FrameHistory, BeginsEmpty) {
  const FrameHistory history;
  EXPECT_EQ(history.newest(), nullptr);
  EXPECT_EQ(history.find(0), nullptr);
}

TEST(FrameHistory, KeepsTheFramesOfTheLast32Ticks) {
  FrameHistory history;
  for (std::uint32_t tick = 1; tick <= 40; ++tick) history.push(frame_at(tick));
  EXPECT_EQ(history.newest()->tick(), 40U);
  EXPECT_EQ(history.find(8), nullptr);
  ASSERT_NE(history.find(9), nullptr);
  EXPECT_EQ(history.find(9)->tick(), 9U);
  EXPECT_EQ(history.find(41), nullptr);
}

TEST(FrameHistory, HasNoFrameOfATickThatWasSkipped) {
  FrameHistory history;
  history.push(frame_at(10));
  history.push(frame_at(12));
  EXPECT_EQ(history.find(11), nullptr);
  EXPECT_NE(history.find(10), nullptr);
}

TEST(FrameHistory, ReleasesFramesThatItNoLongerKeeps) {
  FrameHistory history;
  const std::weak_ptr<const WorldFrame> first = [&history] {
    auto frame = frame_at(1);
    history.push(frame);
    return frame;
  }();
  for (std::uint32_t tick = 2; tick <= 32; ++tick) history.push(frame_at(tick));
  EXPECT_FALSE(first.expired());
  history.push(frame_at(33));
  EXPECT_TRUE(first.expired());
}

TEST(FrameHistory, GivesTheChangeSinceEachFrame) {
  FrameHistory history;
  for (std::uint32_t tick = 1; tick <= 3; ++tick) history.push(frame_at(tick));
  EXPECT_EQ(bytes_of_change(history.change(1, 0, 0)), bytes_of({kChangeX, 4}));
  EXPECT_EQ(bytes_of_change(history.change(2, 0, 0)), bytes_of({kChangeX, 2}));
  EXPECT_TRUE(history.change(1, 1, 1).is_empty());
  // x 3, hp 100 and status 1, from nothing.
  EXPECT_EQ(bytes_of_change(history.change_from_nothing(0)), bytes_of({0x4d, 6, 0xc8, 0x01, 1}));
}

TEST(FrameHistory, ForgetsChangesWhenAnotherFrameIsTheNewest) {
  FrameHistory history;
  history.push(frame_at(1));
  history.push(frame_at(2));
  EXPECT_EQ(bytes_of_change(history.change(1, 0, 0)), bytes_of({kChangeX, 2}));
  EXPECT_EQ(bytes_of_change(history.change_from_nothing(0)).at(1), std::byte{4});
  history.push(frame_at(9));
  EXPECT_EQ(bytes_of_change(history.change(1, 0, 0)), bytes_of({kChangeX, 16}));
  EXPECT_EQ(bytes_of_change(history.change_from_nothing(0)).at(1), std::byte{18});
}

TEST(FrameHistory, FindsPlayersWhosePlaceHasMoved) {
  FrameHistory history;
  history.push(frame_of(1, {player_at(2, 0, 0), player_at(4, 10, 0)}));
  history.push(frame_of(2, {player_at(4, 13, 0)}));
  EXPECT_EQ(bytes_of_change(history.change(1, 0, 1)), bytes_of({kChangeX, 6}));
}

}  // namespace
}  // namespace tickwire::game
