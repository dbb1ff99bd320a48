// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bus/wake.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <thread>

namespace tickwire::game {
namespace {

using std::chrono::minutes;

bool is_readable(const Wake& wake) { return wake.wait_until(Nanoseconds::zero()); }

TEST(Wake, IsReadableOnceItWasNotified) {
  const auto wake = *Wake::open();
  EXPECT_FALSE(is_readable(*wake));
  wake->notify();
  EXPECT_TRUE(is_readable(*wake));
}

TEST(Wake, StaysReadableUntilItIsDrained) {
  const auto wake = *Wake::open();
  wake->notify();
  EXPECT_TRUE(is_readable(*wake));
  EXPECT_TRUE(is_readable(*wake));
  wake->drain();
  EXPECT_FALSE(is_readable(*wake));
}

TEST(Wake, WritesOnceForManyNotifications) {
  const auto wake = *Wake::open();
  for (int i = 0; i < 1000; ++i) wake->notify();
  std::uint64_t writes = 0;
  ASSERT_EQ(::read(wake->fd(), &writes, sizeof writes), static_cast<ssize_t>(sizeof writes));
  EXPECT_EQ(writes, 1U);
}

TEST(Wake, CanBeNotifiedAgainAfterADrain) {
  const auto wake = *Wake::open();
  wake->notify();
  wake->drain();
  wake->notify();
  EXPECT_TRUE(is_readable(*wake));
}

TEST(Wake, DrainsWithoutHavingBeenNotified) {
  const auto wake = *Wake::open();
  wake->drain();
  wake->notify();
  EXPECT_TRUE(is_readable(*wake));
}

TEST(Wake, EndsAWaitWithoutADeadline) {
  const auto wake = *Wake::open();
  std::jthread other([&wake] { wake->notify(); });
  EXPECT_TRUE(wake->wait_until(Nanoseconds::max()));
}

// A wake-up between the two halves of drain() must not be lost: the flag that the other thread set is then seen.
TEST(Wake, LosesNoWakeUpAgainstADrainOnAnotherThread) {
  constexpr int kRounds = 20'000;
  const auto wake = *Wake::open();
  std::atomic<int> published = 0;
  std::jthread other([&] {
    for (int i = 1; i <= kRounds; ++i) {
      published.store(i, std::memory_order_relaxed);
      wake->notify();
    }
  });
  const auto deadline = monotonic_now() + minutes(1);
  for (int seen = 0; seen < kRounds; seen = published.load(std::memory_order_relaxed)) {
    ASSERT_TRUE(wake->wait_until(deadline));
    wake->drain();
  }
}

}  // namespace
}  // namespace tickwire::game
