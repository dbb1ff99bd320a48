// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bus/event_bus.h"

#include <gmock/gmock.h>

#include <set>
#include <thread>

#include "event_values.h"

namespace tickwire::game {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<Event> drained(EventQueue& queue) {
  std::vector<Event> out;
  queue.drain(out);
  return out;
}

TEST(EventBus, TellsEverySubscriber) {
  EventBus bus;
  const auto match = bus.subscribe({.name = "match"});
  const auto store = bus.subscribe({.name = "store"});
  const auto event = event_of(authenticated());
  EXPECT_TRUE(bus.publish(event));
  EXPECT_THAT(drained(*match), ElementsAre(event));
  EXPECT_THAT(drained(*store), ElementsAre(event));
}

TEST(EventBus, TellsASubscriberOnlyWhatItWants) {
  EventBus bus;
  const auto world = bus.subscribe({.name = "world", .kinds = kinds_of(EventKind::kMatchStarted, EventKind::kPlayerLeft)});
  const auto match_started = event_of(started());
  const auto player_left = event_of(left());
  for (const auto& event : {event_of(authenticated()), match_started, player_left}) EXPECT_TRUE(bus.publish(event));
  EXPECT_THAT(drained(*world), ElementsAre(match_started, player_left));
}

TEST(EventBus, TellsNobodyWhenOneHasNoRoom) {
  EventBus bus;
  const auto roomy = bus.subscribe({.name = "match", .capacity = 8});
  const auto tight = bus.subscribe({.name = "store", .capacity = 1});
  const auto first = event_of(left(1));
  const auto second = event_of(left(2));
  EXPECT_TRUE(bus.publish(first));
  EXPECT_FALSE(bus.publish(second));
  EXPECT_THAT(drained(*roomy), ElementsAre(first));
  drained(*tight);
  EXPECT_TRUE(bus.publish(second));
  EXPECT_THAT(drained(*roomy), ElementsAre(second));
  EXPECT_EQ(bus.counts(), (EventBusCounts{.published = {0, 0, 2}, .refused = 1}));
}

TEST(EventBus, IsNotHeldUpByASubscriberThatDoesNotWantTheEvent) {
  EventBus bus;
  const auto tight = bus.subscribe({.name = "store", .capacity = 1, .kinds = kinds_of(EventKind::kPlayerLeft)});
  EXPECT_TRUE(bus.publish(event_of(left())));
  EXPECT_TRUE(bus.publish(event_of(started())));
  EXPECT_FALSE(bus.publish(event_of(left())));
}

TEST(EventBus, ForgetsASubscriberThatHasGone) {
  EventBus bus;
  auto gone = bus.subscribe({.name = "store", .capacity = 1});
  EXPECT_TRUE(bus.publish(event_of(left())));
  EXPECT_FALSE(bus.publish(event_of(left())));
  EXPECT_EQ(bus.queues().size(), 1U);
  gone.reset();
  EXPECT_TRUE(bus.publish(event_of(left())));
  EXPECT_THAT(bus.queues(), IsEmpty());
}

TEST(EventBus, DoesNotSendBackWhatCameFromAnotherProcess) {
  EventBus bus;
  const auto link = bus.subscribe({.name = "link", .local_only = true});
  const auto match = bus.subscribe({.name = "match"});
  const auto theirs = event_of(left(1));
  const auto ours = event_of(left(2));
  EXPECT_TRUE(bus.publish(theirs, EventOrigin::kOtherProcess));
  EXPECT_TRUE(bus.publish(ours));
  EXPECT_THAT(drained(*link), ElementsAre(ours));
  EXPECT_THAT(drained(*match), ElementsAre(theirs, ours));
}

TEST(EventBus, WakesItsSubscriber) {
  const auto wake = *Wake::open();
  EventBus bus;
  const auto match = bus.subscribe({.name = "match", .wake = wake});
  EXPECT_FALSE(wake->wait_until(Nanoseconds::zero()));
  EXPECT_TRUE(bus.publish(event_of(left())));
  EXPECT_TRUE(wake->wait_until(Nanoseconds::zero()));
}

TEST(EventBus, GivesAllSubscribersTheSameOrder) {
  constexpr int kThreads = 3;
  constexpr PlayerId kEach = 500;
  EventBus bus;
  const auto wake = *Wake::open();
  const auto one = bus.subscribe({.name = "one", .capacity = 16, .wake = wake});
  const auto other = bus.subscribe({.name = "other", .capacity = 32, .wake = wake});
  std::vector<std::jthread> publishers;
  for (int i = 0; i < kThreads; ++i) {
    publishers.emplace_back([&bus] {
      for (PlayerId player = 0; player < kEach; ++player) {
        const auto event = event_of(left(player));
        while (!bus.publish(event)) std::this_thread::yield();
      }
    });
  }
  std::vector<std::uint64_t> by_one;
  std::vector<std::uint64_t> by_other;
  const auto deadline = monotonic_now() + std::chrono::minutes(1);
  while (by_one.size() < kThreads * kEach || by_other.size() < kThreads * kEach) {
    ASSERT_TRUE(wake->wait_until(deadline));
    wake->drain();
    for (const auto& event : drained(*one)) by_one.push_back(event.id());
    for (const auto& event : drained(*other)) by_other.push_back(event.id());
  }
  EXPECT_EQ(by_one, by_other);
  EXPECT_EQ(std::set(by_one.begin(), by_one.end()).size(), kThreads * kEach);
}

}  // namespace
}  // namespace tickwire::game
