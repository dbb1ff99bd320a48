// SPDX-License-Identifier: Apache-2.0
#include "gameserver/gateway/outbox.h"

#include <gtest/gtest.h>

#include "unit/gameserver/protocol/bytes_of.h"

namespace tickwire::game {
namespace {

using std::chrono::seconds;

std::vector<std::byte> pending(const Outbox& outbox) { return {outbox.pending().begin(), outbox.pending().end()}; }

TEST(Outbox, KeepsTheOrderOfMessages) {
  Outbox outbox;
  EXPECT_TRUE(outbox.push(bytes_of({1, 2}), {}));
  EXPECT_TRUE(outbox.push(bytes_of({3}), {}));
  EXPECT_EQ(pending(outbox), bytes_of({1, 2, 3}));
}

TEST(Outbox, GivesTheRestOfAMessageThatWasTakenInPart) {
  Outbox outbox;
  EXPECT_TRUE(outbox.push(bytes_of({1, 2, 3}), {}));
  outbox.consume(2, {});
  EXPECT_TRUE(outbox.push(bytes_of({4}), {}));
  EXPECT_EQ(pending(outbox), bytes_of({3, 4}));
}

TEST(Outbox, TakesExactlyItsBound) {
  Outbox outbox;
  EXPECT_TRUE(outbox.push(std::vector<std::byte>(Outbox::kMaxBytes), {}));
  EXPECT_FALSE(outbox.push(bytes_of({1}), {}));
  EXPECT_EQ(outbox.pending().size(), Outbox::kMaxBytes);
  outbox.consume(1, {});
  EXPECT_TRUE(outbox.push(bytes_of({1}), {}));
}

TEST(Outbox, SendsASnapshotAtOnceWhenNothingWaits) {
  Outbox outbox;
  EXPECT_FALSE(outbox.offer_snapshot(bytes_of({1}), {}));
  EXPECT_EQ(pending(outbox), bytes_of({1}));
}

TEST(Outbox, KeepsOnlyTheNewestSnapshotThatWaits) {
  Outbox outbox;
  EXPECT_FALSE(outbox.offer_snapshot(bytes_of({1, 1}), {}));
  EXPECT_FALSE(outbox.offer_snapshot(bytes_of({2}), {}));
  EXPECT_TRUE(outbox.offer_snapshot(bytes_of({3}), {}));
  outbox.consume(1, {});
  EXPECT_EQ(pending(outbox), bytes_of({1}));
  outbox.consume(1, {});
  EXPECT_EQ(pending(outbox), bytes_of({3}));
  outbox.consume(1, {});
  EXPECT_TRUE(outbox.pending().empty());
}

TEST(Outbox, IsStuckSinceTheLastByteWasTaken) {
  Outbox outbox;
  EXPECT_EQ(outbox.stuck_for(seconds(9)), seconds(0));
  EXPECT_TRUE(outbox.push(bytes_of({1, 2}), seconds(10)));
  EXPECT_TRUE(outbox.push(bytes_of({3}), seconds(11)));
  EXPECT_EQ(outbox.stuck_for(seconds(12)), seconds(2));
  outbox.consume(1, seconds(13));
  EXPECT_EQ(outbox.stuck_for(seconds(14)), seconds(1));
  outbox.consume(2, seconds(15));
  EXPECT_EQ(outbox.stuck_for(seconds(99)), seconds(0));
}

}  // namespace
}  // namespace tickwire::game
