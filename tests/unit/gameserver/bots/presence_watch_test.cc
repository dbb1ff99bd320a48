// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bots/presence_watch.h"

#include <gtest/gtest.h>

namespace tickwire::game {
namespace {

// Events first .. first + count - 1; those with an even number are joins.
class PresenceWatchTest : public testing::Test {
 protected:
  Result<void> take(std::uint32_t first, std::uint32_t count, bool partial = false) {
    std::vector<std::byte> events;
    for (std::uint32_t i = 0; i < count; ++i) encode_presence({.joined = (first + i) % 2 == 0, .player_id = first + i}, events);
    return watch_.take({.first = first, .events = events}, partial);
  }
  PresenceWatch watch_;
};

TEST_F(PresenceWatchTest, BeginsWhereTheServerDoes) {
  EXPECT_TRUE(take(100, 3));
  EXPECT_EQ(watch_.joined(), 2U);
  EXPECT_EQ(watch_.left(), 1U);
  EXPECT_EQ(watch_.gaps(), 0U);
}

TEST_F(PresenceWatchTest, CountsAnEventOnce) {
  EXPECT_TRUE(take(0, 4));
  EXPECT_TRUE(take(2, 4));
  EXPECT_TRUE(take(0, 6));
  EXPECT_EQ(watch_.joined(), 3U);
  EXPECT_EQ(watch_.left(), 3U);
  EXPECT_EQ(watch_.repeated(), 8U);
}

TEST_F(PresenceWatchTest, RefusesAGapThatWasNotAnnounced) {
  EXPECT_TRUE(take(0, 4));
  const auto taken = take(5, 1);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error(), "presence 5 came where 4 was next, and no gap was announced");
}

TEST_F(PresenceWatchTest, CountsAGapThatWasAnnounced) {
  EXPECT_TRUE(take(0, 4));
  EXPECT_TRUE(take(50, 2, true));
  EXPECT_TRUE(take(52, 2));
  EXPECT_EQ(watch_.gaps(), 1U);
  EXPECT_EQ(watch_.joined(), 4U);
}

TEST_F(PresenceWatchTest, GoesOnAcrossTheWrapOfNumbers) {
  EXPECT_TRUE(take(0xfffffffe, 2));
  EXPECT_TRUE(take(0, 2));
  EXPECT_EQ(watch_.joined(), 2U);
  EXPECT_FALSE(take(3, 1));
}

}  // namespace
}  // namespace tickwire::game
