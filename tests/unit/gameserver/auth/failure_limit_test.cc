// SPDX-License-Identifier: Apache-2.0
#include "gameserver/auth/failure_limit.h"

#include <gtest/gtest.h>

namespace tickwire::game {
namespace {

using std::chrono::seconds;

const LimitKey kAlice = limit_key("alice");
const LimitKey kBob = limit_key("bob");

LimitKey key_of(const std::string& host) { return limit_key(*Endpoint::resolve(host, 4000)); }

TEST(FailureLimit, LetsABurstThrough) {
  FailureLimit limit({3, seconds(10)}, 8);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(limit.wait_for(kAlice, seconds(100)), seconds(0));
    limit.failed(kAlice, seconds(100));
  }
  EXPECT_EQ(limit.wait_for(kAlice, seconds(100)), seconds(10));
  EXPECT_EQ(limit.wait_for(kBob, seconds(100)), seconds(0));
}

TEST(FailureLimit, AllowsOneMoreWithEachRefill) {
  FailureLimit limit({3, seconds(10)}, 8);
  for (int i = 0; i < 3; ++i) limit.failed(kAlice, seconds(100));
  EXPECT_EQ(limit.wait_for(kAlice, seconds(109)), seconds(1));
  EXPECT_EQ(limit.wait_for(kAlice, seconds(110)), seconds(0));
  limit.failed(kAlice, seconds(110));
  EXPECT_EQ(limit.wait_for(kAlice, seconds(110)), seconds(10));
}

TEST(FailureLimit, CountsFailuresBeyondTheBurstAsADebt) {
  FailureLimit limit({3, seconds(10)}, 8);
  for (int i = 0; i < 5; ++i) limit.failed(kAlice, seconds(100));
  EXPECT_EQ(limit.wait_for(kAlice, seconds(100)), seconds(30));
}

TEST(FailureLimit, ForgivesEverythingInTime) {
  FailureLimit limit({3, seconds(10)}, 8);
  for (int i = 0; i < 3; ++i) limit.failed(kAlice, seconds(100));
  limit.failed(kBob, seconds(129));
  EXPECT_EQ(limit.size(), 2U);
  limit.failed(kBob, seconds(130));
  EXPECT_EQ(limit.size(), 1U);
  EXPECT_EQ(limit.evicted(), 0U);
  for (int i = 0; i < 2; ++i) limit.failed(kAlice, seconds(1000));
  EXPECT_EQ(limit.wait_for(kAlice, seconds(1000)), seconds(0));
}

TEST(FailureLimit, ForgetsTheLeastGuiltyWhenItIsFull) {
  FailureLimit limit({2, seconds(10)}, 2);
  for (int i = 0; i < 2; ++i) limit.failed(kAlice, seconds(100));
  for (const char* name : {"b", "c", "d"}) limit.failed(limit_key(name), seconds(101));
  EXPECT_EQ(limit.size(), 2U);
  EXPECT_EQ(limit.evicted(), 2U);
  EXPECT_EQ(limit.wait_for(kAlice, seconds(101)), seconds(9));
}

TEST(LimitKey, IsAnAddressWithoutItsPort) {
  EXPECT_EQ(key_of("192.0.2.1"), limit_key(*Endpoint::resolve("192.0.2.1", 1)));
  EXPECT_NE(key_of("192.0.2.1"), key_of("192.0.2.2"));
  EXPECT_EQ(key_of("192.0.2.1"), key_of("::ffff:192.0.2.1"));
}

TEST(LimitKey, IsTheFirstHalfOfAnIpv6Address) {
  EXPECT_EQ(key_of("2001:db8::1"), key_of("2001:db8::2:3:4:5"));
  EXPECT_NE(key_of("2001:db8::1"), key_of("2001:db8:0:1::1"));
}

TEST(LimitKey, IsAName) {
  EXPECT_NE(kAlice, kBob);
  EXPECT_EQ(limit_key("alice"), kAlice);
  EXPECT_NE(limit_key("Alice"), kAlice);
}

}  // namespace
}  // namespace tickwire::game
