// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bus/latest.h"

#include <gtest/gtest.h>

#include <thread>

namespace tickwire::game {
namespace {

TEST(Latest, GivesTheNewestValueOnce) {
  Latest<int> frames("frames");
  frames.publish(std::make_shared<int>(1));
  frames.publish(std::make_shared<int>(2));
  EXPECT_EQ(*frames.take(), 2);
  EXPECT_EQ(frames.take(), nullptr);
}

TEST(Latest, HasNothingBeforeTheFirst) {
  Latest<int> frames("frames");
  EXPECT_EQ(frames.take(), nullptr);
  EXPECT_EQ(frames.counts(), (QueueCounts{.capacity = 1}));
}

TEST(Latest, CountsWhatNobodyTook) {
  Latest<int> frames("frames");
  for (int i = 0; i < 3; ++i) frames.publish(std::make_shared<int>(i));
  EXPECT_EQ(frames.counts(), (QueueCounts{.pushed = 3, .replaced = 2, .depth = 1, .high_water = 1, .capacity = 1}));
  EXPECT_EQ(*frames.take(), 2);
  EXPECT_EQ(frames.counts(), (QueueCounts{.pushed = 3, .popped = 1, .replaced = 2, .high_water = 1, .capacity = 1}));
}

TEST(Latest, LetsGoOfAReplacedValue) {
  Latest<int> frames("frames");
  const auto first = std::make_shared<int>(1);
  frames.publish(first);
  EXPECT_EQ(first.use_count(), 2);
  frames.publish(std::make_shared<int>(2));
  EXPECT_EQ(first.use_count(), 1);
}

TEST(Latest, WakesWhenAValueComesAndNoneWaits) {
  const auto wake = *Wake::open();
  Latest<int> frames("frames", wake);
  frames.publish(std::make_shared<int>(1));
  EXPECT_TRUE(wake->wait_until(Nanoseconds::zero()));
  wake->drain();
  frames.publish(std::make_shared<int>(2));
  EXPECT_FALSE(wake->wait_until(Nanoseconds::zero()));
  EXPECT_EQ(*frames.take(), 2);
  frames.publish(std::make_shared<int>(3));
  EXPECT_TRUE(wake->wait_until(Nanoseconds::zero()));
}

TEST(Latest, NeverGoesBackBetweenThreads) {
  constexpr int kLast = 5000;
  const auto wake = *Wake::open();
  Latest<int> frames("frames", wake);
  std::jthread world([&frames] {
    for (int i = 1; i <= kLast; ++i) frames.publish(std::make_shared<int>(i));
  });
  const auto deadline = monotonic_now() + std::chrono::minutes(1);
  for (int newest = 0; newest < kLast;) {
    ASSERT_TRUE(wake->wait_until(deadline));
    wake->drain();
    const auto frame = frames.take();
    if (!frame) continue;
    EXPECT_GT(*frame, newest);
    newest = *frame;
  }
  EXPECT_EQ(frames.counts().pushed, static_cast<std::uint64_t>(kLast));
}

}  // namespace
}  // namespace tickwire::game
