// SPDX-License-Identifier: Apache-2.0
#include "gameserver/lockstep/client.h"

#include <gtest/gtest.h>

#include "gameserver/lockstep/room.h"
#include "unit/gameserver/lockstep/lockstep_values.h"

namespace tickwire::game {
namespace {

// A room at 10 Hz with one player, and his client.
struct LockstepClientTest : testing::Test {
  LockstepClientTest() {
    EXPECT_TRUE(room.join(7));
    advance();
    EXPECT_TRUE(client.take(state()));
  }
  void advance() {
    window = room.advance(std::vector<BoardEntry>{pressed(7, static_cast<std::uint16_t>(window ? window->end() % 32 : 0))});
  }
  [[nodiscard]] RoomState state() const { return {.frame = window->end() - 1, .content = window->state}; }
  // These frames, as a message.
  Frames frames(std::uint32_t first, std::uint32_t last) {
    content.clear();
    for (std::uint32_t number = first; number <= last; ++number) {
      const auto& frame = *window->frames[number - window->first];
      content.insert(content.end(), frame.begin(), frame.end());
    }
    return {.first = first, .count = static_cast<std::uint8_t>(last - first + 1), .content = content};
  }

  LockstepStats stats;
  LockstepRoom room{10, 1, stats};
  std::shared_ptr<const LockstepWindow> window;
  std::vector<std::byte> content;
  LockstepClient client{10};
};

TEST_F(LockstepClientTest, HasNoUseForFramesBeforeTheState) {
  LockstepClient newcomer(10);
  EXPECT_FALSE(newcomer.take(frames(1, 1)));
  EXPECT_EQ(newcomer.counts().unusable, 1U);
  EXPECT_EQ(newcomer.simulation(), nullptr);
  EXPECT_TRUE(newcomer.take(state()));
  EXPECT_EQ(*newcomer.simulation(), room.simulation());
}

TEST_F(LockstepClientTest, AppliesFramesOnce) {
  for (int i = 0; i < 4; ++i) advance();
  EXPECT_TRUE(client.take(frames(2, 3)));
  EXPECT_TRUE(client.take(frames(2, 5)));
  EXPECT_EQ(*client.simulation(), room.simulation());
  EXPECT_EQ(client.counts().applied, 4U);
  EXPECT_EQ(client.counts().repeated, 2U);
}

TEST_F(LockstepClientTest, HasNoUseForFramesBehindAGap) {
  for (int i = 0; i < 3; ++i) advance();
  EXPECT_FALSE(client.take(frames(3, 4)));
  EXPECT_EQ(client.simulation()->frame(), 1U);
  EXPECT_TRUE(client.take(frames(2, 4)));
}

TEST_F(LockstepClientTest, AppliesNothingOfAMessageThatIsBroken) {
  for (int i = 0; i < 2; ++i) advance();
  auto broken = frames(2, 3);
  broken.count = 3;
  EXPECT_FALSE(client.take(broken));
  broken.count = 1;
  EXPECT_FALSE(client.take(broken)) << "bytes behind the last frame";
  EXPECT_EQ(client.counts().malformed, 2U);
  EXPECT_EQ(client.simulation()->frame(), 1U);
}

TEST_F(LockstepClientTest, TakesNoStateThatIsOlderOrNone) {
  const auto old_window = window;
  advance();
  ASSERT_TRUE(client.take(frames(2, 2)));
  EXPECT_FALSE(client.take(RoomState{.frame = 1, .content = old_window->state}));
  EXPECT_EQ(client.counts().stale_states, 1U);
  EXPECT_FALSE(client.take(RoomState{.frame = 3, .content = window->state})) << "says another frame than it is of";
  EXPECT_FALSE(client.take(RoomState{.frame = 2, .content = {}}));
  EXPECT_EQ(client.counts().malformed, 2U);
  EXPECT_EQ(*client.simulation(), room.simulation());
}

TEST_F(LockstepClientTest, SaysItsHashOnceASecond) {
  for (int i = 0; i < 11; ++i) advance();
  ASSERT_TRUE(client.take(frames(2, 9)));
  EXPECT_EQ(client.take_hash(), std::nullopt);
  ASSERT_TRUE(client.take(frames(10, 10)));
  const auto hash = client.take_hash();
  ASSERT_TRUE(hash.has_value());
  EXPECT_EQ(hash->frame, 10U);
  EXPECT_FALSE(room.check(7, *hash).diverged.has_value());
  EXPECT_EQ(client.take_hash(), std::nullopt);
  EXPECT_EQ(stats.agreed_hashes.value(), 1U);
}

TEST_F(LockstepClientTest, DivergesWhenItIsToldToAndIsHealedByTheState) {
  client.corrupt();
  EXPECT_NE(*client.simulation(), room.simulation());
  for (int i = 0; i < 11; ++i) advance();
  ASSERT_TRUE(client.take(frames(2, 11)));
  const auto verdict = room.check(7, client.take_hash().value());
  ASSERT_TRUE(verdict.diverged.has_value());
  client.take(*verdict.diverged);
  EXPECT_EQ(client.counts().divergences, 1U);
  EXPECT_FALSE(client.take(frames(12, 12))) << "on what is wrong nothing is built";
  EXPECT_TRUE(client.take(state()));
  EXPECT_EQ(*client.simulation(), room.simulation());
}

}  // namespace
}  // namespace tickwire::game
