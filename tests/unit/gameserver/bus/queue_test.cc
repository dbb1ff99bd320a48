// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bus/queue.h"

#include <gmock/gmock.h>

#include <memory>
#include <thread>

namespace tickwire::game {
namespace {

using std::chrono::minutes;
using testing::ElementsAre;
using testing::IsEmpty;
using Refusing = BoundedQueue<int, FullPolicy::kRefuse>;
using Dropping = BoundedQueue<int, FullPolicy::kDropOldest>;
using Blocking = BoundedQueue<int, FullPolicy::kBlock>;

template <typename Queue>
std::vector<int> drained(Queue& queue) {
  std::vector<int> out{77};
  queue.drain(out);
  return out;
}

bool is_readable(const Wake& wake) { return wake.wait_until(Nanoseconds::zero()); }

TEST(RefusingQueue, GivesEverythingInTheOrderInWhichItCame) {
  Refusing queue("joins", 3);
  EXPECT_TRUE(queue.push(1));
  EXPECT_TRUE(queue.push(2));
  EXPECT_THAT(drained(queue), ElementsAre(1, 2));
  EXPECT_THAT(drained(queue), IsEmpty());
}

TEST(RefusingQueue, LeavesAValueThatItHasNoRoomForToTheProducer) {
  BoundedQueue<std::unique_ptr<int>, FullPolicy::kRefuse> queue("joins", 1);
  EXPECT_TRUE(queue.push(std::make_unique<int>(1)));
  auto kept = std::make_unique<int>(2);
  EXPECT_FALSE(queue.push(std::move(kept)));
  ASSERT_NE(kept, nullptr);  // NOLINT(bugprone-use-after-move): this is what is promised
  EXPECT_EQ(*kept, 2);
}

TEST(RefusingQueue, SaysWhetherItHasRoom) {
  Refusing queue("joins", 1);
  EXPECT_TRUE(queue.has_room());
  EXPECT_TRUE(queue.push(1));
  EXPECT_FALSE(queue.has_room());
  drained(queue);
  EXPECT_TRUE(queue.has_room());
}

TEST(RefusingQueue, CountsWhatCameAndWent) {
  Refusing queue("joins", 2);
  for (int i = 0; i < 5; ++i) static_cast<void>(queue.push(int{i}));
  EXPECT_EQ(queue.counts(), (QueueCounts{.pushed = 2, .refused = 3, .depth = 2, .high_water = 2, .capacity = 2}));
  drained(queue);
  EXPECT_EQ(queue.counts(), (QueueCounts{.pushed = 2, .popped = 2, .refused = 3, .high_water = 2, .capacity = 2}));
  EXPECT_EQ(queue.name(), "joins");
}

TEST(RefusingQueue, HoldsOneValueAtLeast) {
  Refusing queue("joins", 0);
  EXPECT_TRUE(queue.push(1));
  EXPECT_FALSE(queue.push(2));
}

TEST(RefusingQueue, AllocatesNothingAfterTheFirstDrain) {
  Refusing queue("joins", 100);
  std::vector<int> out;
  queue.drain(out);
  const auto* const first = out.data();
  EXPECT_TRUE(queue.push(1));
  queue.drain(out);
  const auto* const second = out.data();
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(queue.push(int{i}));
  queue.drain(out);
  EXPECT_EQ(out.data(), first);
  queue.drain(out);
  EXPECT_EQ(out.data(), second);
}

TEST(DroppingQueue, DropsWhatHasWaitedLongest) {
  Dropping queue("chat", 3);
  for (int i = 1; i <= 5; ++i) queue.push(i);
  EXPECT_THAT(drained(queue), ElementsAre(3, 4, 5));
}

TEST(DroppingQueue, DropsNothingThatHasRoom) {
  Dropping queue("chat", 3);
  for (int i = 1; i <= 3; ++i) queue.push(i);
  EXPECT_THAT(drained(queue), ElementsAre(1, 2, 3));
  EXPECT_EQ(queue.counts().dropped_oldest, 0U);
}

TEST(DroppingQueue, KeepsTheOrderAfterManyRounds) {
  Dropping queue("chat", 3);
  for (int i = 1; i <= 11; ++i) queue.push(i);
  EXPECT_THAT(drained(queue), ElementsAre(9, 10, 11));
  for (int i = 12; i <= 13; ++i) queue.push(i);
  EXPECT_THAT(drained(queue), ElementsAre(12, 13));
}

TEST(DroppingQueue, CountsWhatItDropped) {
  Dropping queue("chat", 2);
  for (int i = 1; i <= 5; ++i) queue.push(i);
  drained(queue);
  EXPECT_EQ(queue.counts(), (QueueCounts{.pushed = 5, .popped = 2, .dropped_oldest = 3, .high_water = 2, .capacity = 2}));
}

TEST(BlockingQueue, TimesOutWhenTheDeadlineHasPassed) {
  Blocking queue("writes", 1);
  EXPECT_TRUE(queue.push_until(1, Nanoseconds::zero()));
  EXPECT_FALSE(queue.push_until(2, Nanoseconds::zero()));
  EXPECT_THAT(drained(queue), ElementsAre(1));
  EXPECT_EQ(queue.counts(), (QueueCounts{.pushed = 1, .popped = 1, .timed_out = 1, .high_water = 1, .capacity = 1}));
}

TEST(BlockingQueue, WaitsForRoom) {
  Blocking queue("writes", 2);
  std::jthread producer([&queue] {
    for (int i = 0; i < 1000; ++i) EXPECT_TRUE(queue.push_until(int{i}, monotonic_now() + minutes(1)));
  });
  std::vector<int> all;
  std::vector<int> some;
  while (all.size() < 1000) {
    queue.drain(some);
    all.insert(all.end(), some.begin(), some.end());
    std::this_thread::yield();
  }
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(all[static_cast<std::size_t>(i)], i);
  EXPECT_LE(queue.counts().high_water, 2U);
  EXPECT_EQ(queue.counts().timed_out, 0U);
}

TEST(BoundedQueue, WakesItsConsumerWhenItIsNoLongerEmpty) {
  const auto wake = *Wake::open();
  Refusing queue("joins", 8, wake);
  EXPECT_FALSE(is_readable(*wake));
  EXPECT_TRUE(queue.push(1));
  EXPECT_TRUE(is_readable(*wake));
}

TEST(BoundedQueue, WakesAgainForWhatComesAfterADrain) {
  const auto wake = *Wake::open();
  Dropping queue("chat", 8, wake);
  queue.push(1);
  wake->drain();
  drained(queue);
  EXPECT_FALSE(is_readable(*wake));
  queue.push(2);
  EXPECT_TRUE(is_readable(*wake));
}

TEST(BoundedQueue, LosesNothingBetweenManyProducersAndASleepingConsumer) {
  constexpr int kProducers = 4;
  constexpr int kEach = 5000;
  const auto wake = *Wake::open();
  Refusing queue("joins", 64, wake);
  std::vector<std::jthread> producers;
  for (int producer = 0; producer < kProducers; ++producer) {
    producers.emplace_back([&queue, producer] {
      for (int i = 0; i < kEach;) {
        if (queue.push(producer * kEach + i)) {
          ++i;
        } else {
          std::this_thread::yield();
        }
      }
    });
  }
  std::vector<int> next(kProducers, 0);
  std::vector<int> out;
  const auto deadline = monotonic_now() + minutes(1);
  for (int received = 0; received < kProducers * kEach; received += static_cast<int>(out.size())) {
    ASSERT_TRUE(wake->wait_until(deadline));
    wake->drain();
    queue.drain(out);
    // Each producer's values come in its order, and none is missing.
    for (const int value : out) EXPECT_EQ(value % kEach, next[static_cast<std::size_t>(value / kEach)]++);
  }
  EXPECT_EQ(queue.counts().pushed, static_cast<std::uint64_t>(kProducers * kEach));
  EXPECT_EQ(queue.counts().depth, 0U);
}

}  // namespace
}  // namespace tickwire::game
